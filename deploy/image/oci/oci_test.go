package oci

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var created = time.Unix(1_700_000_000, 0).UTC()

// program is the least that is an ELF file: a header, and the name in place of
// code.
func program(t *testing.T, machine elf.Machine, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if machine == elf.EM_ARM {
		h := elf.Header32{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 52}
		copy(h.Ident[:], elf.ELFMAG)
		h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS32), byte(elf.ELFDATA2LSB), 1
		err = binary.Write(&b, binary.LittleEndian, h)
	} else {
		h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64}
		copy(h.Ident[:], elf.ELFMAG)
		h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
		err = binary.Write(&b, binary.LittleEndian, h)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString(body)
	return b.Bytes()
}

func spec(t *testing.T) Spec {
	return Spec{
		Program: "notify", Port: 8080, Created: created,
		Labels: map[string]string{"org.opencontainers.image.version": "v1.2.3"},
		Binaries: map[string][]byte{
			"amd64": program(t, elf.EM_X86_64, "amd64"),
			"arm64": program(t, elf.EM_AARCH64, "arm64"),
			"armv7": program(t, elf.EM_ARM, "armv7"),
		},
	}
}

func build(t *testing.T) v1.ImageIndex {
	t.Helper()
	index, err := Build(spec(t))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func archive(t *testing.T, images ...Named) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteArchive(&b, created, images...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const ref = "ghcr.io/edgebell/notify:v1.2.3"

func TestTwoBuildsGiveTheSameBytes(t *testing.T) {
	one := archive(t, Named{ref, build(t)})
	t.Setenv("TZ", "Asia/Shanghai")
	t.Setenv("TMPDIR", t.TempDir())
	two := archive(t, Named{ref, build(t)})
	if !bytes.Equal(one, two) {
		t.Error("two archives of the same binaries differ")
	}
}

func TestIndexListsPlatformsArm64First(t *testing.T) {
	_, on, err := Describe(build(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"linux/arm64/v8", "linux/arm/v7", "linux/amd64"}, on); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
}

func TestImageIsValidAndRunsAsNobody(t *testing.T) {
	images, err := ReadArchive(bytes.NewReader(archive(t, Named{ref, build(t)})), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	index := images[0].Index
	if err := validate.Index(index); err != nil {
		t.Fatal(err)
	}
	img, err := find(index, platforms["armv7"])
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		User: "65532:65532", Entrypoint: []string{"/notify"}, WorkingDir: "/", Env: []string{"PATH=/"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Labels:       map[string]string{"org.opencontainers.image.version": "v1.2.3"},
	}
	if diff := cmp.Diff(want, config.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if config.Architecture != "arm" || config.Variant != "v7" || config.OS != "linux" || !config.Created.Equal(created) {
		t.Errorf("config is for %s/%s%s of %s", config.OS, config.Architecture, config.Variant, config.Created)
	}
}

func TestRootFileSystem(t *testing.T) {
	img, err := find(build(t), platforms["arm64"])
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]tar.Header{}
	for _, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		for tr := tar.NewReader(r); ; {
			h, err := tr.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if !h.ModTime.Equal(created) {
				t.Errorf("%s is of %s", h.Name, h.ModTime)
			}
			got[h.Name] = tar.Header{Mode: h.Mode, Uid: h.Uid, Gid: h.Gid}
		}
	}
	want := map[string]tar.Header{
		"etc/": {Mode: 0o755}, "etc/passwd": {Mode: 0o644}, "etc/group": {Mode: 0o644},
		"etc/ssl/": {Mode: 0o755}, "etc/ssl/certs/": {Mode: 0o755}, "etc/ssl/certs/ca-certificates.crt": {Mode: 0o644},
		"tmp/": {Mode: 0o1777}, "var/": {Mode: 0o755}, "var/lib/": {Mode: 0o755},
		"var/lib/edgebell/": {Mode: 0o700, Uid: 65532, Gid: 65532},
		"notify":            {Mode: 0o755},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAuthoritiesAreCertificates(t *testing.T) {
	rest, n := Authorities(), 0
	names := ""
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		n++
		names += c.Subject.String() + "\n"
	}
	if n < 100 {
		t.Errorf("%d certificates, want the whole of Mozilla's store", n)
	}
	// Those that Feishu's and Lark's chains have ended in.
	for _, want := range []string{"DigiCert Global Root G2", "GlobalSign"} {
		if !strings.Contains(names, want) {
			t.Errorf("no certificate of %s", want)
		}
	}
}

func TestRefusesBinaries(t *testing.T) {
	for name, tc := range map[string]struct {
		arch string
		body []byte
		want string
	}{
		"of another machine":      {"arm64", program(t, elf.EM_X86_64, ""), "not for arm64"},
		"that are scripts":        {"arm64", []byte("#!/bin/sh\n"), "read binary for arm64"},
		"of unknown architecture": {"mips", program(t, elf.EM_MIPS, ""), "want a binary for some of"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec(t)
			s.Binaries = map[string][]byte{tc.arch: tc.body}
			_, err := Build(s)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
	t.Run("that want a C library", func(t *testing.T) {
		shell, err := os.ReadFile("/bin/sh")
		if err != nil {
			t.Skip("no /bin/sh here")
		}
		f, err := elf.NewFile(bytes.NewReader(shell))
		if err != nil || f.Machine != elf.EM_X86_64 {
			t.Skip("the shell here is not of amd64")
		}
		if err := checkBinary("amd64", shell); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
			t.Errorf("got %v, want a refusal", err)
		}
	})
}

func TestArchiveNamesAndReadsBack(t *testing.T) {
	raw := archive(t, Named{ref, build(t)})
	dir := t.TempDir()
	images, err := ReadArchive(bytes.NewReader(raw), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(images) != 1 || images[0].Ref != ref {
		t.Fatalf("read back %v", images)
	}
	want, err := build(t).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := images[0].Index.Digest(); err != nil || got != want {
		t.Errorf("digest %s (%v), want %s", got, err, want)
	}
	var outer struct {
		Manifests []struct{ Annotations map[string]string }
	}
	body, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err == nil {
		err = json.Unmarshal(body, &outer)
	}
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"io.containerd.image.name": ref, "org.opencontainers.image.ref.name": "v1.2.3"}
	if diff := cmp.Diff(names, outer.Manifests[0].Annotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}

func TestArchiveWantsATag(t *testing.T) {
	for _, name := range []string{"notify", "registry:5000/notify"} {
		if err := WriteArchive(io.Discard, created, Named{name, build(t)}); err == nil {
			t.Errorf("%s: written without a tag", name)
		}
	}
}

func TestOnlyKeepsTheImage(t *testing.T) {
	whole := build(t)
	only, err := Only(whole, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if _, on, _ := Describe(only); !cmp.Equal(on, []string{"linux/arm64/v8"}) {
		t.Errorf("platforms %v, want arm64 alone", on)
	}
	id := func(index v1.ImageIndex) v1.Hash {
		img, err := find(index, platforms["arm64"])
		if err != nil {
			t.Fatal(err)
		}
		h, err := img.ConfigName()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if got, want := id(only), id(whole); got != want {
		t.Errorf("image id %s, want that of the whole, %s", got, want)
	}
	if _, err := Only(only, "amd64"); err == nil {
		t.Error("found amd64 in an index of arm64")
	}
}

func TestReadArchiveStaysInItsFolder(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "../evil", Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadArchive(&b, t.TempDir()); err == nil || !strings.Contains(err.Error(), "unexpected entry") {
		t.Errorf("got %v, want a refusal", err)
	}
}
