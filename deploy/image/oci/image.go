package oci

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Spec says what one image is.
type Spec struct {
	Program  string // the binary's name, /Program in the image
	Port     int
	Labels   map[string]string
	Created  time.Time
	Binaries map[string][]byte // by architecture
}

// Build makes an index with one image per architecture that s has a binary
// for.
func Build(s Spec) (v1.ImageIndex, error) {
	var adds []mutate.IndexAddendum
	for _, arch := range Arches {
		binary, ok := s.Binaries[arch]
		if !ok {
			continue
		}
		img, err := s.image(arch, binary)
		if err != nil {
			return nil, fmt.Errorf("build %s for %s: %w", s.Program, arch, err)
		}
		adds = append(adds, addendum(img, platforms[arch]))
	}
	if len(adds) != len(s.Binaries) || len(adds) == 0 {
		return nil, fmt.Errorf("build %s: want a binary for some of %v, have %d", s.Program, Arches, len(s.Binaries))
	}
	return indexOf(adds, s.Labels), nil
}

func addendum(img v1.Image, p v1.Platform) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &p}}
}

func indexOf(adds []mutate.IndexAddendum, annotations map[string]string) v1.ImageIndex {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	index = mutate.AppendManifests(index, adds...)
	if len(annotations) == 0 {
		return index
	}
	return mutate.Annotations(index, maps.Clone(annotations)).(v1.ImageIndex)
}

func (s Spec) image(arch string, binary []byte) (v1.Image, error) {
	if err := checkBinary(arch, binary); err != nil {
		return nil, err
	}
	base, err := layer(BaseFiles(), s.Created)
	if err != nil {
		return nil, err
	}
	program, err := layer([]File{{Path: s.Program, Mode: 0o755, Body: binary}}, s.Created)
	if err != nil {
		return nil, err
	}
	img, err := mutate.ConfigFile(blank(), s.config(platforms[arch]))
	if err != nil {
		return nil, fmt.Errorf("set config: %w", err)
	}
	return mutate.Append(img,
		mutate.Addendum{Layer: base, History: s.history("user, certificate authorities, folders")},
		mutate.Addendum{Layer: program, History: s.history(s.Program)})
}

func blank() v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
}

func (s Spec) history(what string) v1.History {
	return v1.History{Created: v1.Time{Time: s.Created}, CreatedBy: "edgebell deploy/image", Comment: what}
}

func (s Spec) config(p v1.Platform) *v1.ConfigFile {
	return &v1.ConfigFile{
		Created: v1.Time{Time: s.Created},
		OS:      p.OS, Architecture: p.Architecture, Variant: p.Variant,
		RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:         fmt.Sprintf("%d:%d", User, User),
			Entrypoint:   []string{"/" + s.Program},
			WorkingDir:   "/",
			Env:          []string{"PATH=/"},
			ExposedPorts: map[string]struct{}{strconv.Itoa(s.Port) + "/tcp": {}},
			Labels:       maps.Clone(s.Labels),
		},
	}
}

// Only reduces index to one architecture, its layers uncompressed, so that
// whoever compresses the whole can do it better and once.
func Only(index v1.ImageIndex, arch string) (v1.ImageIndex, error) {
	want, err := Platform(arch)
	if err != nil {
		return nil, err
	}
	img, err := find(index, want)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, fmt.Errorf("read layers: %w", err)
	}
	config = config.DeepCopy()
	history := config.History
	config.History, config.RootFS.DiffIDs = nil, nil
	out, err := mutate.ConfigFile(blank(), config)
	if err != nil {
		return nil, fmt.Errorf("set config: %w", err)
	}
	for i, l := range layers {
		if l, err = plain(l); err != nil {
			return nil, err
		}
		if out, err = mutate.Append(out, mutate.Addendum{Layer: l, History: history[i]}); err != nil {
			return nil, fmt.Errorf("append layer: %w", err)
		}
	}
	return indexOf([]mutate.IndexAddendum{addendum(out, want)}, nil), nil
}

func find(index v1.ImageIndex, want v1.Platform) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	for _, d := range manifest.Manifests {
		if d.Platform != nil && d.Platform.Equals(want) {
			return index.Image(d.Digest)
		}
	}
	return nil, fmt.Errorf("index has no image for %s", want)
}
