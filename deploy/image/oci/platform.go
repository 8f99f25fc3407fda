package oci

import (
	"bytes"
	"debug/elf"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Arches are the supported architectures, by their names in file names, in
// the order in which an index lists them: the first is the one that is meant.
var Arches = []string{"arm64", "armv7", "amd64"}

var platforms = map[string]v1.Platform{
	"arm64": {OS: "linux", Architecture: "arm64", Variant: "v8"},
	"armv7": {OS: "linux", Architecture: "arm", Variant: "v7"},
	"amd64": {OS: "linux", Architecture: "amd64"},
}

var machines = map[string]elf.Machine{
	"arm64": elf.EM_AARCH64,
	"armv7": elf.EM_ARM,
	"amd64": elf.EM_X86_64,
}

// Platform is the OCI platform of one of Arches.
func Platform(arch string) (v1.Platform, error) {
	p, ok := platforms[arch]
	if !ok {
		return v1.Platform{}, fmt.Errorf("unknown architecture %q: must be one of %s", arch, strings.Join(Arches, ", "))
	}
	return p, nil
}

// checkBinary refuses what would not start in an image without a C library,
// or on this architecture.
func checkBinary(arch string, binary []byte) error {
	f, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		return fmt.Errorf("read binary for %s: %w", arch, err)
	}
	if f.Machine != machines[arch] {
		return fmt.Errorf("binary is for %s, not for %s", f.Machine, arch)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("binary for %s needs a dynamic linker: build it with CGO_ENABLED=0", arch)
		}
	}
	return nil
}
