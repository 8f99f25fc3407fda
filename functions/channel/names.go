package channel

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// tags are the names in the env tags of a struct, fields of embedded structs
// included.
func tags(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		switch {
		case name != "":
			names = append(names, name)
		case f.Type.Kind() == reflect.Struct && f.IsExported():
			names = append(names, tags(f.Type)...)
		}
	}
	return names
}

func (r *reading) know(prefix string, cfg any) {
	if cfg == nil {
		return
	}
	for _, name := range tags(reflect.TypeOf(cfg)) {
		r.known = append(r.known, prefix+name)
	}
}

// fresh is an empty config of a kind, or nil.
func (r *reading) fresh(kind string) any {
	if k, ok := kinds[kind]; ok {
		return k()
	}
	return nil
}

// serviceLink matches what Kubernetes puts into the environment of every
// container for each Service, such as one that is called route-planner.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// unknown are the variables that begin as those of a route do and belong to
// none: a misspelt MATCH would else take everything.
func (r *reading) unknown(environ []string) (errs []error) {
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(entry, "=")
		ours := strings.HasPrefix(name, "ROUTE_") || strings.HasPrefix(name, defaultPrefix)
		if !ours || strings.TrimSpace(value) == "" || slices.Contains(r.known, name) || serviceLink.MatchString(name) {
			continue
		}
		errs = append(errs, errors.New(r.saysUnknown(name)))
	}
	return errs
}

func (r *reading) saysUnknown(name string) string {
	says := name + ": no route of ROUTES has this variable"
	if strings.HasPrefix(name, defaultPrefix) {
		says = name + ": the default route's channel has no such variable"
	}
	for _, prefix := range r.prefixes {
		if strings.HasPrefix(name, prefix) {
			says = fmt.Sprintf("%s: the route has no such variable", name)
		}
	}
	if near := nearest(name, r.known); near != "" {
		says += "; did you mean " + near + "?"
	}
	return says
}

// nearest is the known name that is most like name; empty when none is like it.
func nearest(name string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if n := distance(name, k); n < least {
			best, least = k, n
		}
	}
	return best
}

// distance is how many letters must be changed, added, dropped or swapped with
// the next to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// prefixed puts the prefix before the variable with which each line of an error
// begins.
func prefixed(prefix string, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(prefix + strings.ReplaceAll(err.Error(), "\n", "\n"+prefix))
}

// Variables are the names that begin with CHANNEL_ or ROUTE_<NAME>_, as the
// README lists them: those that routes alone have, and those of channels.
func Variables() (ofRoutes, ofChannels []string) {
	for _, kind := range kinds {
		ofChannels = append(ofChannels, tags(reflect.TypeOf(kind()))...)
	}
	slices.Sort(ofChannels)
	return tags(reflect.TypeFor[settings]()), slices.Compact(ofChannels)
}
