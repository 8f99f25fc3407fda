// Package oci builds Edgebell's container images from finished binaries and
// writes them as OCI archives. It needs no daemon, no registry and no base
// image, asks neither the clock nor the machine, and so gives the same digest
// for the same binaries everywhere. It refuses binaries of another platform.
// Begin with Build, then WriteArchive.
package oci

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// User is the id, of user and group, that the programs run as.
const User = 65532

// File is one entry of a layer. A path that ends in / is a folder.
type File struct {
	Path string
	Mode int64
	Own  int // user and group id
	Body []byte
}

// BaseFiles are what every image holds beside its program: who the user is,
// which authorities sign certificates, and a place for the ledger. Time zones
// are linked into the programs.
func BaseFiles() []File {
	return []File{
		{Path: "etc/", Mode: 0o755},
		{Path: "etc/group", Mode: 0o644, Body: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{Path: "etc/passwd", Mode: 0o644, Body: []byte("root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n")},
		{Path: "etc/ssl/", Mode: 0o755},
		{Path: "etc/ssl/certs/", Mode: 0o755},
		{Path: "etc/ssl/certs/ca-certificates.crt", Mode: 0o644, Body: Authorities()},
		{Path: "tmp/", Mode: 0o1777},
		{Path: "var/", Mode: 0o755},
		{Path: "var/lib/", Mode: 0o755},
		{Path: "var/lib/edgebell/", Mode: 0o700, Own: User},
	}
}

// Authorities is Mozilla's root store as PEM. It comes from a Go module of a
// fixed version and not from the machine that builds, so that two machines
// give the same image. Roots under a condition that PEM cannot carry ("only
// what was issued before") are left out.
func Authorities() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return b.Bytes()
}

// layer packs files, all of the same age, into a gzip-compressed layer.
func layer(files []File, created time.Time) (v1.Layer, error) {
	raw, err := pack(files, created)
	if err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	return tarball.LayerFromOpener(opener,
		tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func pack(files []File, created time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.Path, Mode: f.Mode, Size: int64(len(f.Body)),
			Uid: f.Own, Gid: f.Own, ModTime: created, Format: tar.FormatUSTAR,
		}
		if f.Path[len(f.Path)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
		if _, err := w.Write(f.Body); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack layer: %w", err)
	}
	return b.Bytes(), nil
}

// WriteFiles writes files below dir for a builder that makes its own layers.
// The owner is left to that builder, since only root may set it.
func WriteFiles(dir string, files []File) error {
	for _, f := range files {
		name := filepath.Join(dir, f.Path)
		var err error
		if strings.HasSuffix(f.Path, "/") {
			err = os.MkdirAll(name, 0o755)
		} else {
			err = os.WriteFile(name, f.Body, 0o644)
		}
		if err != nil {
			return fmt.Errorf("write base: %w", err)
		}
		mode := fs.FileMode(f.Mode & 0o777)
		if f.Mode&0o1000 != 0 {
			mode |= fs.ModeSticky
		}
		if err := os.Chmod(name, mode); err != nil {
			return fmt.Errorf("write base: %w", err)
		}
	}
	return nil
}

// plain is l without compression. The image's id stays, since it names the
// uncompressed layers; the manifest's digest changes.
func plain(l v1.Layer) (v1.Layer, error) {
	r, err := l.Uncompressed()
	if err != nil {
		return nil, fmt.Errorf("uncompress layer: %w", err)
	}
	raw, err := io.ReadAll(r)
	if err := firstError(err, r.Close()); err != nil {
		return nil, fmt.Errorf("uncompress layer: %w", err)
	}
	return static.NewLayer(raw, types.OCIUncompressedLayer), nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
