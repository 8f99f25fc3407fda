package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/edgebell/edgebell/deploy/image/oci"
)

// withArchives reads the images of all files and hands them to use; they are
// readable only until use returns.
func withArchives(files []string, use func([]oci.Named) error) error {
	if len(files) == 0 {
		return fmt.Errorf("no archive named")
	}
	dir, err := os.MkdirTemp("", "edgebell-archives-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var all []oci.Named
	for i, file := range files {
		images, err := readArchive(file, filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		all = append(all, images...)
	}
	return use(all)
}

func readArchive(file, dir string) ([]oci.Named, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return oci.ReadArchive(f, dir)
}

func runPush(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("push", flag.ContinueOnError)
	registry := fs.String("registry", "", "where to push, such as registry.example.com/edgebell")
	if err := parse(fs, args, "registry"); err != nil {
		return err
	}
	return withArchives(fs.Args(), func(images []oci.Named) error {
		for _, n := range images {
			if err := push(strings.TrimSuffix(*registry, "/"), n, out); err != nil {
				return err
			}
		}
		return nil
	})
}

// push keeps program and tag and takes the credentials that docker login left.
func push(registry string, n oci.Named, out io.Writer) error {
	ref, err := name.ParseReference(registry + "/" + path.Base(n.Ref))
	if err != nil {
		return fmt.Errorf("name image: %w", err)
	}
	if err := remote.WriteIndex(ref, n.Index, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	digest, on, err := oci.Describe(n.Index)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "pushed %s@%s  %s\n", ref, digest, strings.Join(on, ","))
	return err
}

func runBundle(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("bundle", flag.ContinueOnError)
	arch := fs.String("arch", "", "architecture")
	file := fs.String("o", "", "file to write")
	epoch := fs.Int64("created", 0, "time of the files inside, in seconds since 1970")
	if err := parse(fs, args, "arch", "o"); err != nil {
		return err
	}
	return withArchives(fs.Args(), func(images []oci.Named) error {
		for i, n := range images {
			only, err := oci.Only(n.Index, *arch)
			if err != nil {
				return fmt.Errorf("%s: %w", n.Ref, err)
			}
			images[i].Index = only
		}
		return writeArchive(*file, time.Unix(*epoch, 0).UTC(), images...)
	})
}

func runRootfs(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("rootfs", flag.ContinueOnError)
	arch := fs.String("arch", "", "architecture")
	dir := fs.String("dir", "", "folder to unpack into")
	if err := parse(fs, args, "arch", "dir"); err != nil {
		return err
	}
	return withArchives(fs.Args(), func(images []oci.Named) error {
		for _, n := range images {
			if err := oci.Rootfs(n.Index, *arch, *dir); err != nil {
				return fmt.Errorf("%s: %w", n.Ref, err)
			}
		}
		return nil
	})
}

func runBase(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("base", flag.ContinueOnError)
	dir := fs.String("dir", "", "folder to write into")
	if err := parse(fs, args, "dir"); err != nil {
		return err
	}
	return oci.WriteFiles(*dir, oci.BaseFiles())
}
