package oci

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The annotations that tell an importer the image's name: containerd reads
// the first, everything else the second.
const (
	annotationName = "io.containerd.image.name"
	annotationRef  = "org.opencontainers.image.ref.name"
)

// Named is an image with its full name, tag included.
type Named struct {
	Ref   string
	Index v1.ImageIndex
}

// WriteArchive writes images as one OCI archive, in the order given; its
// bytes depend on nothing else.
func WriteArchive(w io.Writer, created time.Time, images ...Named) error {
	dir, err := os.MkdirTemp("", "edgebell-oci-")
	if err != nil {
		return fmt.Errorf("make layout: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p, err := layout.Write(dir, mutate.IndexMediaType(empty.Index, types.OCIImageIndex))
	if err != nil {
		return fmt.Errorf("make layout: %w", err)
	}
	for _, n := range images {
		tag := n.Ref[strings.LastIndexByte(n.Ref, ':')+1:]
		if tag == n.Ref || strings.Contains(tag, "/") {
			return fmt.Errorf("image name %q: must end in a tag", n.Ref)
		}
		names := map[string]string{annotationName: n.Ref, annotationRef: tag}
		if err := p.AppendIndex(n.Index, layout.WithAnnotations(names)); err != nil {
			return fmt.Errorf("write %s: %w", n.Ref, err)
		}
	}
	return tarFolder(w, dir, created)
}

// tarFolder writes the files below dir in the order of their names, without
// anything that differs between machines.
func tarFolder(w io.Writer, dir string, created time.Time) error {
	var files []string
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("list layout: %w", err)
	}
	slices.Sort(files)
	t := tar.NewWriter(w)
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read layout: %w", err)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return fmt.Errorf("read layout: %w", err)
		}
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: filepath.ToSlash(rel), Mode: 0o644,
			Size: int64(len(body)), ModTime: created, Format: tar.FormatUSTAR,
		}
		if err := firstError(t.WriteHeader(h), write(t, body)); err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
	}
	if err := t.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

func write(w io.Writer, b []byte) error {
	_, err := w.Write(b)
	return err
}

// ReadArchive unpacks an OCI archive below dir and gives the images in it.
func ReadArchive(r io.Reader, dir string) ([]Named, error) {
	if err := untar(r, dir); err != nil {
		return nil, err
	}
	outer, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("read layout: %w", err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	var images []Named
	for _, d := range manifest.Manifests {
		index, err := outer.ImageIndex(d.Digest)
		if err != nil {
			return nil, fmt.Errorf("read image %s: %w", d.Digest, err)
		}
		images = append(images, Named{Ref: d.Annotations[annotationName], Index: index})
	}
	return images, nil
}

// untar takes only the names that an OCI layout has.
func untar(r io.Reader, dir string) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read archive: %w", err)
		}
		if !filepath.IsLocal(h.Name) || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("read archive: unexpected entry %q", h.Name)
		}
		name := filepath.Join(dir, filepath.FromSlash(path.Clean(h.Name)))
		body, err := io.ReadAll(t)
		if err != nil {
			return fmt.Errorf("read archive: %w", err)
		}
		if err := firstError(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, body, 0o644)); err != nil {
			return fmt.Errorf("unpack archive: %w", err)
		}
	}
}

// Rootfs unpacks the root file system of one architecture below dir, as a
// container's would look.
func Rootfs(index v1.ImageIndex, arch, dir string) error {
	want, err := Platform(arch)
	if err != nil {
		return err
	}
	img, err := find(index, want)
	if err != nil {
		return err
	}
	rc := mutate.Extract(img)
	err = unpack(tar.NewReader(rc), dir)
	return firstError(err, rc.Close())
}

func unpack(t *tar.Reader, dir string) error {
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read layer: %w", err)
		}
		if !filepath.IsLocal(h.Name) {
			return fmt.Errorf("read layer: unexpected entry %q", h.Name)
		}
		name := filepath.Join(dir, h.Name)
		mode := h.FileInfo().Mode()
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(name, 0o755)
		} else {
			var body []byte
			if body, err = io.ReadAll(t); err == nil {
				err = os.WriteFile(name, body, 0o644)
			}
		}
		if err := firstError(err, os.Chmod(name, mode), os.Chown(name, h.Uid, h.Gid)); err != nil {
			return fmt.Errorf("unpack layer: %w", err)
		}
	}
}

// Describe gives the digest and the platforms of an index.
func Describe(index v1.ImageIndex) (digest string, on []string, err error) {
	h, err := index.Digest()
	if err != nil {
		return "", nil, fmt.Errorf("digest index: %w", err)
	}
	images, err := index.IndexManifest()
	if err != nil {
		return "", nil, fmt.Errorf("read index: %w", err)
	}
	for _, d := range images.Manifests {
		on = append(on, d.Platform.String())
	}
	return h.String(), on, nil
}
