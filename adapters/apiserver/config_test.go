package apiserver_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sethvargo/go-envconfig"

	"github.com/edgebell/edgebell/adapters/apiserver"
)

func TestConfig(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		want apiserver.Config
		errs []string
	}{
		"nothing": {},
		"empty":   {env: map[string]string{"NAMESPACES": "", "FIELD_SELECTOR": "", "KUBECONFIG": ""}},
		"namespaces": {
			env:  map[string]string{"NAMESPACES": "a, b,,a,"},
			want: apiserver.Config{Namespaces: []string{"a", "b"}},
		},
		"a selector": {
			env:  map[string]string{"FIELD_SELECTOR": "type!=Normal,involvedObject.kind=Pod"},
			want: apiserver.Config{FieldSelector: "type!=Normal,involvedObject.kind=Pod"},
		},
		"all wrong": {
			env:  map[string]string{"NAMESPACES": "Kube_System", "FIELD_SELECTOR": "type"},
			errs: []string{`NAMESPACES: "Kube_System" is no namespace name`, "FIELD_SELECTOR: "},
		},
		"an unknown field": {
			env:  map[string]string{"FIELD_SELECTOR": "message=x"},
			errs: []string{`FIELD_SELECTOR: Events cannot be selected by "message"; must be one of`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got apiserver.Config
			if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &got, Lookuper: envconfig.MapLookuper(tt.env)}); err != nil {
				t.Fatal(err)
			}
			err := got.Validate()
			if tt.errs == nil {
				if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
					t.Errorf("config: %v (-want +got):\n%s", err, diff)
				}
				return
			}
			if err == nil || len(strings.Split(err.Error(), "\n")) != len(tt.errs) {
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

func TestNoWayToTheServer(t *testing.T) {
	tests := map[string]struct{ kubeconfig, want string }{
		"not in a cluster": {"", "KUBECONFIG is empty, and there is no service account"},
		"no such file":     {"/does/not/exist", "KUBECONFIG: "},
		"not a kubeconfig": {writeFile(t, "kubeconfig", "[1, 2"), "KUBECONFIG: "},
		"no server in it":  {writeFile(t, "kubeconfig", "apiVersion: v1\nkind: Config\n"), "KUBECONFIG: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", "")
			_, err := apiserver.New(apiserver.Config{Kubeconfig: tt.kubeconfig}, "edge", 100, &taker{}, slog.Default())
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
