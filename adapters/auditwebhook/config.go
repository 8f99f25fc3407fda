package auditwebhook

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/edgebell/edgebell/adapters/token"
)

// Config is the audit webhook's part of the environment.
type Config struct {
	// Cluster is the cluster of what comes at POST /; POST /clusters/<name>
	// names its own.
	Cluster       string `env:"CLUSTER_NAME, default=kubernetes"`
	ListenAddress string `env:"LISTEN_ADDRESS, default=127.0.0.1:8082"`
	// Token, when set, is what the API server must bring: as the password of
	// HTTP Basic (over plain HTTP it sends nothing else) or as bearer token. An
	// API server reads its own at its start alone, so there may be two: the new
	// one and, on a line below, the old one.
	Token string `env:"AUDIT_TOKEN"`
	// MaxBodyBytes is the largest body that is read. A larger one would be no
	// smaller the next time, so it is counted as dropped.
	MaxBodyBytes int64 `env:"AUDIT_MAX_BODY_BYTES, default=4194304"`
	// CertFile and KeyFile make it HTTPS; both are read again when they change.
	CertFile string `env:"AUDIT_TLS_CERT_FILE"`
	KeyFile  string `env:"AUDIT_TLS_KEY_FILE"`
	// ClientCAFile holds the authorities whose client certificates are good
	// instead of the token.
	ClientCAFile string `env:"AUDIT_CLIENT_CA_FILE"`
}

const (
	minBodyBytes = 64 << 10
	maxBodyBytes = 64 << 20
)

// Validate says all that is wrong, one line per variable.
func (c *Config) Validate() error {
	var errs []error
	if err := checkCluster(c.Cluster); err != nil {
		errs = append(errs, fmt.Errorf("CLUSTER_NAME: %w", err))
	}
	if err := token.Check("AUDIT_TOKEN", c.Token); err != nil {
		errs = append(errs, err)
	}
	if c.MaxBodyBytes < minBodyBytes || c.MaxBodyBytes > maxBodyBytes {
		errs = append(errs, fmt.Errorf("AUDIT_MAX_BODY_BYTES %d: must be %d to %d", c.MaxBodyBytes, minBodyBytes, maxBodyBytes))
	}
	return errors.Join(append(errs, c.validateTLS(), c.validateAddress())...)
}

func (c *Config) validateTLS() error {
	switch {
	case c.CertFile != "" && c.KeyFile == "":
		return errors.New("AUDIT_TLS_KEY_FILE: must be set when AUDIT_TLS_CERT_FILE is")
	case c.CertFile == "" && c.KeyFile != "":
		return errors.New("AUDIT_TLS_CERT_FILE: must be set when AUDIT_TLS_KEY_FILE is")
	case c.CertFile == "" && c.ClientCAFile != "":
		return errors.New("AUDIT_CLIENT_CA_FILE: client certificates need HTTPS; set AUDIT_TLS_CERT_FILE and AUDIT_TLS_KEY_FILE too")
	}
	return nil
}

// validateAddress refuses to take Events from the network from anybody.
func (c *Config) validateAddress() error {
	host, _, err := net.SplitHostPort(c.ListenAddress)
	if err != nil {
		return fmt.Errorf("LISTEN_ADDRESS %q: must be host:port or :port", c.ListenAddress)
	}
	ip := net.ParseIP(host)
	loopback := host == "localhost" || (ip != nil && ip.IsLoopback())
	if !loopback && c.Token == "" && c.ClientCAFile == "" {
		return fmt.Errorf("AUDIT_TOKEN: must be set (or AUDIT_CLIENT_CA_FILE), as LISTEN_ADDRESS %q can be reached from outside this host", c.ListenAddress)
	}
	return nil
}

// checkCluster holds a cluster's name to what can stand in a URL's path and in
// a CloudEvent source as it is.
func checkCluster(name string) error {
	ok := len(name) > 0 && len(name) <= 63 && alphanumeric(name[0]) && alphanumeric(name[len(name)-1])
	for i := 0; ok && i < len(name); i++ {
		ok = alphanumeric(name[i]) || strings.IndexByte("-_.", name[i]) >= 0
	}
	if !ok {
		return fmt.Errorf("%.80q is no cluster name: must be 1 to 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends", name)
	}
	return nil
}

func alphanumeric(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}
