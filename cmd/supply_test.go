package cmd_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// compatible are the licences under which code may be linked into a program
// that is itself under Apache-2.0.
var compatible = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// dependency is a row of the table in SECURITY.md.
type dependency struct{ programs, licence, reason string }

// TestDependenciesAreAccountedFor holds what is linked into the programs to the
// table in SECURITY.md: each module with its licence, as its own files say it,
// and the reason why it is there.
func TestDependenciesAreAccountedFor(t *testing.T) {
	table := dependencies(t)
	linked := linkedModules(t)
	for _, path := range slices.Sorted(maps.Keys(linked)) {
		m := linked[path]
		want := dependency{strings.Join(m.programs, ", "), licence(t, m.dir), ""}
		got, ok := table[path]
		if !ok {
			t.Errorf("SECURITY.md does not say why %s is there; its row would be\n| `%s` | %s | %s | WHY |", path, path, want.programs, want.licence)
			continue
		}
		if got.programs != want.programs || got.licence != want.licence {
			t.Errorf("SECURITY.md on %s: %q, %q; it is in %q under %q", path, got.programs, got.licence, want.programs, want.licence)
		}
		if len(got.reason) < 10 {
			t.Errorf("SECURITY.md gives no reason for %s", path)
		}
		for l := range strings.SplitSeq(want.licence, " and ") {
			if !slices.Contains(compatible, l) {
				t.Errorf("%s is under %q, which is not one of %v", path, l, compatible)
			}
		}
	}
	for path := range table {
		if _, ok := linked[path]; !ok {
			t.Errorf("SECURITY.md names %s, which no program holds", path)
		}
	}
}

func dependencies(t *testing.T) map[string]dependency {
	t.Helper()
	raw, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]dependency{}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out[strings.Trim(cells[1], "`")] = dependency{cells[2], cells[3], cells[4]}
	}
	if len(out) < 10 {
		t.Fatalf("SECURITY.md names only %d modules", len(out))
	}
	return out
}

type linkedModule struct {
	dir      string
	programs []string
}

// linkedModules asks the go command what each program is made of on a Pi.
func linkedModules(t *testing.T) map[string]*linkedModule {
	t.Helper()
	out := map[string]*linkedModule{}
	for _, program := range []string{"notify", "event-source", "audit-webhook", "notify-shoutrrr"} {
		command, tags := program, ""
		if variant, ok := strings.CutPrefix(program, "notify-"); ok {
			command, tags = "notify", variant // and it has no rows for what notify has
		}
		cmd := exec.Command("go", "list", "-deps", "-tags", tags, "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "./"+command)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
		cmd.Stderr = os.Stderr
		raw, err := cmd.Output()
		if err != nil {
			t.Fatalf("list modules of %s: %v", program, err)
		}
		for line := range strings.Lines(string(raw)) {
			path, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
			if !ok {
				continue
			}
			m := out[path]
			if m == nil {
				m = &linkedModule{dir: dir}
				out[path] = m
			}
			if !slices.Contains(m.programs, program) && !slices.Contains(m.programs, command) {
				m.programs = append(m.programs, program)
			}
		}
	}
	return out
}

// phrases are by what a licence is known.
var phrases = map[string]string{
	"Apache-2.0":   "Apache License Version 2.0",
	"MIT":          "Permission is hereby granted, free of charge",
	"ISC":          "Permission to use, copy, modify, and/or distribute this software",
	"BSD-3-Clause": "may be used to endorse or promote products derived from",
	"MPL-2.0":      "Mozilla Public License",
	"GPL":          "GNU GENERAL PUBLIC LICENSE",
	"LGPL":         "GNU LESSER GENERAL PUBLIC LICENSE",
	"AGPL":         "GNU AFFERO GENERAL PUBLIC LICENSE",
}

// licence is what the licence files of a module say.
func licence(t *testing.T, dir string) string {
	t.Helper()
	var text string
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				continue // a folder
			}
			text += strings.Join(strings.Fields(strings.ReplaceAll(string(raw), "*", " ")), " ") + "\n"
		}
	}
	var found []string
	for name, phrase := range phrases {
		if strings.Contains(text, phrase) {
			found = append(found, name)
		}
	}
	if strings.Contains(text, "Redistribution and use in source and binary forms") && !slices.Contains(found, "BSD-3-Clause") {
		found = append(found, "BSD-2-Clause")
	}
	if len(found) == 0 {
		return fmt.Sprintf("unknown (%d bytes)", len(text))
	}
	slices.Sort(found)
	return strings.Join(found, " and ")
}
