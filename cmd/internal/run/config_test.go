package run

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"
)

type inner struct {
	Wait time.Duration `env:"WAIT, default=5s"`
	Many int           `env:"MANY, default=3"`
}

type testConfig struct {
	Name  string `env:"NAME, default=pi"`
	On    bool   `env:"ON, default=true"`
	Inner inner
}

func (c *testConfig) Validate() error {
	if c.Inner.Many < 0 {
		return errors.New("MANY: must not be negative")
	}
	return nil
}

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		name string
		env  map[string]string
		want testConfig
		errs []string
	}{
		{"nothing set", nil, testConfig{"pi", true, inner{5 * time.Second, 3}}, nil},
		{"set but empty counts as unset", map[string]string{"NAME": "", "WAIT": " ", "MANY": "", "ON": ""}, testConfig{"pi", true, inner{5 * time.Second, 3}}, nil},
		{"set", map[string]string{"NAME": "x", "WAIT": "1h", "MANY": "7", "ON": "false"}, testConfig{"x", false, inner{time.Hour, 7}}, nil},
		{"every wrong variable is named", map[string]string{"WAIT": "soon", "MANY": "many", "ON": "perhaps"}, testConfig{}, []string{
			`ON "perhaps": must be true or false`,
			`WAIT "soon": must be a duration such as 5s, 10m or 1h`,
			`MANY "many": must be a whole number without a unit`,
		}},
		{"with what Validate says", map[string]string{"WAIT": "soon", "MANY": "-1"}, testConfig{}, []string{
			`WAIT "soon": must be a duration such as 5s, 10m or 1h`, `MANY: must not be negative`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got testConfig
			err := configure(t.Context(), &got, newSecrets(envconfig.MapLookuper(tc.env)))
			if tc.errs == nil {
				if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
					t.Errorf("%v, (-want +got):\n%s", err, diff)
				}
				return
			}
			var bad configError
			if !errors.As(err, &bad) {
				t.Fatalf("error is %v, want a configError", err)
			}
			if diff := cmp.Diff(tc.errs, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReport(t *testing.T) {
	for _, tc := range []struct {
		err  error
		code int
		says string
	}{
		{nil, 0, ""},
		{errors.New("open ledger: full"), 1, "p: open ledger: full\n"},
		{configError{errors.Join(errors.New("A: wrong"), errors.New("B: wrong"))}, 2, "p: A: wrong\np: B: wrong\n"},
	} {
		var out strings.Builder
		if code := report(&out, "p", tc.err); code != tc.code || out.String() != tc.says {
			t.Errorf("report(%v) = %d %q, want %d %q", tc.err, code, out.String(), tc.code, tc.says)
		}
	}
}
