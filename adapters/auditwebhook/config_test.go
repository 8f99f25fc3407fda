package auditwebhook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   []string // the variables that are named, in order
	}{
		{"defaults", func(*Config) {}, nil},
		{"open to the network", func(c *Config) { c.ListenAddress = ":8082" }, []string{"AUDIT_TOKEN"}},
		{"open on another address", func(c *Config) { c.ListenAddress = "10.0.0.1:8082" }, []string{"AUDIT_TOKEN"}},
		{"open with token", func(c *Config) { c.ListenAddress, c.Token = ":8082", "t" }, nil},
		{"open with certificates", func(c *Config) {
			c.ListenAddress, c.CertFile, c.KeyFile, c.ClientCAFile = ":8082", "a", "b", "c"
		}, nil},
		{"IPv6 loopback", func(c *Config) { c.ListenAddress = "[::1]:8082" }, nil},
		{"localhost", func(c *Config) { c.ListenAddress = "localhost:0" }, nil},
		{"no port", func(c *Config) { c.ListenAddress = "127.0.0.1" }, []string{"LISTEN_ADDRESS"}},
		{"cluster", func(c *Config) { c.Cluster = "a/b" }, []string{"CLUSTER_NAME"}},
		{"token", func(c *Config) { c.Token = "a b" }, []string{"AUDIT_TOKEN"}},
		{"body", func(c *Config) { c.MaxBodyBytes = 100 }, []string{"AUDIT_MAX_BODY_BYTES"}},
		{"key missing", func(c *Config) { c.CertFile = "a" }, []string{"AUDIT_TLS_KEY_FILE"}},
		{"certificate missing", func(c *Config) { c.KeyFile = "a" }, []string{"AUDIT_TLS_CERT_FILE"}},
		{"authority without HTTPS", func(c *Config) { c.ClientCAFile = "a" }, []string{"AUDIT_CLIENT_CA_FILE"}},
		{"several", func(c *Config) { c.Cluster, c.MaxBodyBytes = "", 0 }, []string{"CLUSTER_NAME", "AUDIT_MAX_BODY_BYTES"}},
	}
	for _, tc := range tests {
		cfg := config()
		tc.change(&cfg)
		err := cfg.Validate()
		var lines []string
		if err != nil {
			lines = strings.Split(err.Error(), "\n")
		}
		if len(lines) != len(tc.want) {
			t.Errorf("%s: %q; want %v named", tc.name, lines, tc.want)
			continue
		}
		for i, name := range tc.want {
			if !strings.HasPrefix(lines[i], name) {
				t.Errorf("%s: line %d is %q; want %s named", tc.name, i, lines[i], name)
			}
		}
		if err != nil && cfg.Token != "" && strings.Contains(err.Error(), cfg.Token) {
			t.Errorf("%s: the error holds the token: %v", tc.name, err)
		}
	}
}

func TestTLSNamesVariables(t *testing.T) {
	ca := newAuthority(t, "ca")
	dir := t.TempDir()
	cfg := config()
	cfg.CertFile, cfg.KeyFile, cfg.ClientCAFile = filepath.Join(dir, "c"), filepath.Join(dir, "k"), filepath.Join(dir, "a")
	if _, err := cfg.TLS(quiet); err == nil || !strings.Contains(err.Error(), "AUDIT_TLS_CERT_FILE") {
		t.Errorf("missing files: %v", err)
	}
	certPEM, keyPEM := ca.pair(t, "x")
	for name, content := range map[string][]byte{"c": certPEM, "k": keyPEM, "a": []byte("nothing")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cfg.TLS(quiet); err == nil || !strings.Contains(err.Error(), "AUDIT_CLIENT_CA_FILE") {
		t.Errorf("bad authority: %v", err)
	}
	plain := config()
	if conf, err := plain.TLS(quiet); conf != nil || err != nil {
		t.Errorf("no files: %v, %v; want neither", conf, err)
	}
}
