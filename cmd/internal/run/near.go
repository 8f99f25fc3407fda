package run

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// near says of each name that is one slip away from a variable of cfg, and is
// none, which one is probably meant. It cannot refuse what it does not know: an
// environment holds much that is somebody else's.
func near(cfg any, environ []string) (lines []string) {
	known := names(reflect.TypeOf(cfg).Elem())
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		bare := strings.TrimSuffix(name, fileSuffix)
		if slices.Contains(known, name) || slices.Contains(known, bare) {
			continue
		}
		for _, meant := range known {
			if len(meant) > 4 && oneSlip(bare, meant) {
				lines = append(lines, fmt.Sprintf("%s: is no variable of this program; is %s meant?", name, meant+name[len(bare):]))
				break
			}
		}
	}
	return lines
}

// names are the variables of a struct and of the structs in it.
func names(t reflect.Type) (out []string) {
	for f := range t.Fields() {
		if tag, ok := f.Tag.Lookup("env"); ok {
			name, _, _ := strings.Cut(tag, ",")
			out = append(out, name)
		} else if f.Type.Kind() == reflect.Struct {
			out = append(out, names(f.Type)...)
		}
	}
	return out
}

// oneSlip reports whether a is b with one letter missing, doubled, wrong or
// swapped with its neighbour.
func oneSlip(a, b string) bool {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	a, b = a[start:], b[start:]
	switch len(a) - len(b) {
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	case 0:
		return len(a) > 0 && (a[1:] == b[1:] ||
			len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:])
	}
	return false
}
