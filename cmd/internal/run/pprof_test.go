package run

import (
	"strings"
	"testing"
)

func TestProfilesValidate(t *testing.T) {
	for address, want := range map[string]string{
		"":                 "",
		"0.0.0.0:6060":     "loopback",
		":6060":            "loopback",
		"127.0.0.1":        "loopback",
		"localhost.evil:1": "loopback",
		"127.0.0.1:6060":   "",
		"[::1]:6060":       "",
	} {
		if !profilesBuilt && address != "" {
			want = "-tags pprof"
		}
		err := (&Profiles{Address: address}).Validate()
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", address, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "PPROF_ADDRESS")):
			t.Errorf("%q: got %v, want an error that says %q", address, err, want)
		}
	}
}
