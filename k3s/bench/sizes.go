package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// maxNotify is what the function's program may weigh on a Pi.
const maxNotify = 12_000_000

// sizes builds the programs as they are released, and compresses them.
func (b *bench) sizes() error {
	if !b.opts.sizes {
		return nil
	}
	dir, clean, err := b.folder()
	if err != nil {
		return err
	}
	defer clean()
	for _, arch := range []string{"arm64", "amd64"} {
		for _, name := range []string{"notify", "event-source", "audit-webhook"} {
			if err := b.size(dir, arch, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) size(dir, arch, name string) error {
	path := filepath.Join(dir, name+"-"+arch)
	build := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", path, "./cmd/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s: %w: %s", name, arch, err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	m := Measure{Stage: "size", Process: name, Name: arch + " program", Value: float64(info.Size()), Unit: "B"}
	if name == "notify" && arch == "arm64" {
		m.Target = maxNotify
	}
	b.result.add(m)
	m = Measure{Stage: "size", Process: name, Name: arch + " by zstd -19", Unit: "B"}
	if m.Value, err = b.compressed(path); err != nil {
		m.Note = "not measured: " + err.Error()
	}
	b.result.add(m)
	return nil
}

func (b *bench) compressed(path string) (float64, error) {
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		return 0, fmt.Errorf("zstd is not installed")
	}
	if out, err := exec.CommandContext(b.ctx, zstd, "-19", "-q", "-f", path, "-o", path+".zst").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("zstd: %w: %s", err, out)
	}
	info, err := os.Stat(path + ".zst")
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}
