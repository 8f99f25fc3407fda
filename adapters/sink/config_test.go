package sink_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"github.com/edgebell/edgebell/adapters/sink"
)

func TestConfig(t *testing.T) {
	const u = "http://sink:8080/"
	tests := map[string]struct {
		env  map[string]string
		want sink.Config
		errs []string
	}{
		"least":                 {env: map[string]string{"K_SINK": u}, want: sink.Config{URL: u, Batch: 100}},
		"empty counts as unset": {env: map[string]string{"K_SINK": u, "SINK_BATCH": "", "SINK_TOKEN": ""}, want: sink.Config{URL: u, Batch: 100}},
		"all":                   {env: map[string]string{"K_SINK": "https://sink/in", "SINK_BATCH": "1", "SINK_TOKEN": "abc"}, want: sink.Config{URL: "https://sink/in", Token: "abc", Batch: 1}},
		"nothing":               {errs: []string{"K_SINK: must be the URL"}},
		"all wrong": {
			env:  map[string]string{"K_SINK": "sink:8080", "SINK_BATCH": "-1", "SINK_TOKEN": "a bc"},
			errs: []string{"K_SINK: must begin with http://", "SINK_TOKEN: must be printable", "SINK_BATCH: must be 1 to 1000, is -1"},
		},
		"no host":    {env: map[string]string{"K_SINK": "http:///in"}, errs: []string{"K_SINK: names no host"}},
		"not a URL":  {env: map[string]string{"K_SINK": "http://a b"}, errs: []string{"K_SINK: is not a URL"}},
		"a password": {env: map[string]string{"K_SINK": "http://u:hush@sink/"}, errs: []string{"K_SINK: must not hold a user"}},
		"huge batch": {env: map[string]string{"K_SINK": u, "SINK_BATCH": "1001"}, errs: []string{"SINK_BATCH: must be 1 to 1000, is 1001"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got sink.Config
			if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &got, Lookuper: envconfig.MapLookuper(tt.env)}); err != nil {
				t.Fatal(err)
			}
			err := got.Validate()
			if tt.errs == nil {
				if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
					t.Errorf("config: %v (-want +got):\n%s", err, diff)
				}
				return
			}
			if err == nil || len(strings.Split(err.Error(), "\n")) != len(tt.errs) || strings.Contains(err.Error(), "hush") {
				t.Fatalf("got error %v, want %d lines", err, len(tt.errs))
			}
			for _, want := range tt.errs {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
