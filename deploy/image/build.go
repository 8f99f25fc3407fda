package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgebell/edgebell/deploy/image/oci"
	"github.com/edgebell/edgebell/deploy/image/sbom"
)

type building struct {
	dist, version, revision string
	created                 time.Time
	arches                  []string
}

func runBuild(args []string, out io.Writer) error {
	var (
		b      building
		epoch  int64
		arches string
	)
	fs := flag.NewFlagSet("build", flag.ContinueOnError)
	fs.StringVar(&b.dist, "dist", "dist", "folder with bin/linux-ARCH/PROGRAM; images/ and sbom/ are written there")
	fs.StringVar(&b.version, "version", "", "tag of the images")
	fs.StringVar(&b.revision, "revision", "", "commit that the binaries were built from")
	fs.Int64Var(&epoch, "created", 0, "time of creation in seconds since 1970; the commit's, so that it is the same everywhere")
	fs.StringVar(&arches, "arches", strings.Join(oci.Arches, " "), "architectures")
	if err := parse(fs, args, "version", "arches"); err != nil {
		return err
	}
	b.created, b.arches = time.Unix(epoch, 0).UTC(), strings.Fields(arches)
	if fs.NArg() == 0 {
		return fmt.Errorf("no program named")
	}
	for _, name := range fs.Args() {
		if err := b.one(name, out); err != nil {
			return err
		}
	}
	return nil
}

func (b building) one(name string, out io.Writer) error {
	p, ok := programs[name]
	if !ok {
		return fmt.Errorf("unknown program %q", name)
	}
	spec := oci.Spec{Program: name, Port: p.port, Created: b.created, Labels: b.labels(p), Binaries: map[string][]byte{}}
	for _, arch := range b.arches {
		if _, err := oci.Platform(arch); err != nil {
			return err
		}
		binary, err := os.ReadFile(filepath.Join(b.dist, "bin", "linux-"+arch, name))
		if err != nil {
			return fmt.Errorf("read binary: %w", err)
		}
		spec.Binaries[arch] = binary
		if err := b.bill(name, arch, binary); err != nil {
			return err
		}
	}
	index, err := oci.Build(spec)
	if err != nil {
		return err
	}
	named := oci.Named{Ref: prefix + "/" + name + ":" + b.version, Index: index}
	if err := writeArchive(filepath.Join(b.dist, "images", name+".oci.tar"), b.created, named); err != nil {
		return err
	}
	digest, on, err := oci.Describe(index)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s@%s  %s\n", named.Ref, digest, strings.Join(on, ","))
	return err
}

func (b building) labels(p program) map[string]string {
	l := map[string]string{
		"org.opencontainers.image.title":    p.title,
		"org.opencontainers.image.version":  b.version,
		"org.opencontainers.image.source":   "https://github.com/edgebell/edgebell",
		"org.opencontainers.image.licenses": "Apache-2.0",
		"org.opencontainers.image.created":  b.created.Format(time.RFC3339),
	}
	if b.revision != "" {
		l["org.opencontainers.image.revision"] = b.revision
	}
	return l
}

func (b building) bill(name, arch string, binary []byte) error {
	doc, err := sbom.Of(binary, sbom.About{Program: name, Arch: arch, Version: b.version, Created: b.created})
	if err != nil {
		return err
	}
	path := filepath.Join(b.dist, "sbom", fmt.Sprintf("%s-linux-%s.spdx.json", name, arch))
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(doc)
		return err
	})
}

func writeArchive(path string, created time.Time, images ...oci.Named) error {
	return writeFile(path, func(w io.Writer) error { return oci.WriteArchive(w, created, images...) })
}

// writeFile writes beside path and renames, so that a broken run leaves the
// old file or none.
func writeFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = write(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
