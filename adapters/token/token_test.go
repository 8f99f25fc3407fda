package token

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTokens(t *testing.T) {
	long := strings.Repeat("x", longest)
	for _, tc := range []struct {
		name, value string
		good        []string // the first is shown
		wrong       string
	}{
		{"none", "", nil, ""},
		{"one", "sesame", []string{"sesame"}, ""},
		{"every sign", "!az09~+/=,", []string{"!az09~+/=,"}, ""},
		{"line break at the end", "sesame\n", []string{"sesame"}, ""},
		{"new and old", "fresh-one\nsesame", []string{"fresh-one", "sesame"}, ""},
		{"as Windows writes it", "fresh-one\r\nsesame\r\n", []string{"fresh-one", "sesame"}, ""},
		{"empty line between", "fresh-one\n\nsesame", []string{"fresh-one", "sesame"}, ""},
		{"longest", long, []string{long}, ""},
		{"three", "a\nb\nc", nil, "SINK_TOKEN: holds 3 lines; must be one token, or the new one and below it the old one"},
		{"space", "open sesame", nil, "SINK_TOKEN: must be printable ASCII without spaces; only a new token and the old one below it may be two lines"},
		{"space before the break", "fresh-one \nsesame", nil, "SINK_TOKEN: must be printable ASCII without spaces; only a new token and the old one below it may be two lines"},
		{"tab", "sesame\t", nil, "SINK_TOKEN: must be printable ASCII without spaces; only a new token and the old one below it may be two lines"},
		{"umlaut", "sesäme", nil, "SINK_TOKEN: must be printable ASCII without spaces; only a new token and the old one below it may be two lines"},
		{"too long", long + "x", nil, "SINK_TOKEN: is longer than 4096 characters; must fit into a header"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := Check("SINK_TOKEN", tc.value)
			if tc.wrong != "" {
				if err == nil || err.Error() != tc.wrong {
					t.Errorf("%v, want %s", err, tc.wrong)
				}
				return
			}
			if diff := cmp.Diff(tc.good, Each(tc.value)); err != nil || diff != "" {
				t.Errorf("%v, (-want +got):\n%s", err, diff)
			}
			set := Accept(tc.value)
			for _, good := range tc.good {
				if !set.Has(good) {
					t.Errorf("%q is not good", good)
				}
			}
			if set.Empty() != (tc.good == nil) || set.Has("") || set.Has("other") || set.Has(tc.value+"\n") {
				t.Error("what is no token is good")
			}
			if tc.good != nil && Shown(tc.value) != tc.good[0] || tc.good == nil && Shown(tc.value) != "" {
				t.Errorf("%q is shown", Shown(tc.value))
			}
		})
	}
}

func TestWeakness(t *testing.T) {
	strong := strings.Repeat("k", shortest)
	for value, weak := range map[string]bool{"": false, strong: false, strong[1:]: true, strong + "\n" + strong: false, strong + "\nold": true} {
		said := Weakness("AUDIT_TOKEN", value)
		if (said != "") != weak || weak && !strings.HasPrefix(said, "AUDIT_TOKEN is shorter") {
			t.Errorf("%q: %q", value, said)
		}
	}
}
