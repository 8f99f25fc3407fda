// Package sbom lists what a Go binary is made of, as an SPDX 2.3 document. It
// reads only the build information inside the binary, so it says what was
// linked and not what was meant. Begin with Of.
package sbom

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// About is what the binary does not know of itself.
type About struct {
	Program string
	Arch    string
	Version string
	Created time.Time
}

type document struct {
	Version       string         `json:"spdxVersion"`
	License       string         `json:"dataLicense"`
	ID            string         `json:"SPDXID"`
	Name          string         `json:"name"`
	Namespace     string         `json:"documentNamespace"`
	Creation      creation       `json:"creationInfo"`
	Packages      []pkg          `json:"packages"`
	Relationships []relationship `json:"relationships"`
}

type creation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type pkg struct {
	ID               string     `json:"SPDXID"`
	Name             string     `json:"name"`
	Version          string     `json:"versionInfo"`
	Location         string     `json:"downloadLocation"`
	Analyzed         bool       `json:"filesAnalyzed"`
	LicenseConcluded string     `json:"licenseConcluded"`
	LicenseDeclared  string     `json:"licenseDeclared"`
	Copyright        string     `json:"copyrightText"`
	Checksums        []checksum `json:"checksums,omitempty"`
	Refs             []ref      `json:"externalRefs,omitempty"`
	Purpose          string     `json:"primaryPackagePurpose,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type ref struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

const noAssertion = "NOASSERTION"

// Of makes the document of a Go binary.
func Of(binary []byte, a About) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, fmt.Errorf("read build information of %s: %w", a.Program, err)
	}
	sum := sha256.Sum256(binary)
	digest := hex.EncodeToString(sum[:])
	name := fmt.Sprintf("%s-%s-linux-%s", a.Program, a.Version, a.Arch)
	d := document{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: name,
		Namespace: "https://" + info.Main.Path + "/sbom/" + name + "/" + digest,
		Creation:  creation{a.Created.UTC().Format(time.RFC3339), []string{"Tool: edgebell-deploy-image"}},
	}
	main := module(info.Main.Path, a.Version)
	main.ID, main.Name, main.Purpose = "SPDXRef-Program", a.Program, "APPLICATION"
	main.LicenseConcluded, main.LicenseDeclared = "Apache-2.0", "Apache-2.0"
	main.Checksums = []checksum{{"SHA256", digest}}
	d.add(main, "SPDXRef-DOCUMENT", "DESCRIBES")
	std := module("stdlib", strings.TrimPrefix(info.GoVersion, "go"))
	d.add(std, main.ID, "DEPENDS_ON")
	for _, dep := range info.Deps {
		d.add(dependency(dep), main.ID, "DEPENDS_ON")
	}
	out, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write SBOM of %s: %w", a.Program, err)
	}
	return append(out, '\n'), nil
}

func (d *document) add(p pkg, by, how string) {
	d.Packages = append(d.Packages, p)
	d.Relationships = append(d.Relationships, relationship{by, how, p.ID})
}

func dependency(m *debug.Module) pkg {
	if m.Replace != nil {
		m = m.Replace
	}
	p := module(m.Path, m.Version)
	// go.sum's h1: is SHA-256 over the list of the module's files.
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(raw) == sha256.Size {
		p.Checksums = []checksum{{"SHA256", hex.EncodeToString(raw)}}
	}
	return p
}

func module(path, version string) pkg {
	p := pkg{
		ID: "SPDXRef-Module-" + idSafe(path+"-"+version), Name: path, Version: version, Location: noAssertion,
		LicenseConcluded: noAssertion, LicenseDeclared: noAssertion, Copyright: noAssertion,
	}
	p.Refs = []ref{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + path + "@" + version}}
	return p
}

// idSafe keeps what SPDX allows in an identifier: letters, digits, . and -.
func idSafe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return '-'
	}, s)
}
