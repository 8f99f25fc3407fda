package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/sethvargo/go-envconfig"
)

// fileSuffix makes of a secret's variable the one that names a file with it.
const fileSuffix = "_FILE"

// maxSecret is the largest file that is taken for a secret.
const maxSecret = 64 << 10

// isSecret names the variables whose value may stand in a file. They are few on
// purpose: a file is read for what is secret and for nothing else, so that no
// variable whose value is shown or sent on can be made to show a file, and
// AUDIT_TLS_KEY_FILE and its like stay paths.
func isSecret(name string) bool {
	switch name {
	case "FEISHU_WEBHOOK_URL", "FEISHU_SECRET", "SINK_TOKEN", "AUDIT_TOKEN":
		return true
	}
	if !strings.HasPrefix(name, "CHANNEL_") && !strings.HasPrefix(name, "ROUTE_") {
		return false
	}
	last := name[strings.LastIndexByte(name, '_')+1:]
	return slices.Contains([]string{"URL", "SECRET", "TOKEN", "PASSWORD"}, last)
}

// Environ is os.Environ with the secrets that stand in files under the names
// of their variables, for who looks for names that nobody knows.
func Environ() []string {
	environ := os.Environ()
	for i, entry := range environ {
		name, path, _ := strings.Cut(entry, "=")
		if secret, ok := strings.CutSuffix(name, fileSuffix); ok && isSecret(secret) {
			environ[i] = secret + "=" + path
		}
	}
	return environ
}

// secrets is an environment whose secrets may stand in files. It remembers what
// it read, so that it can say when a file has changed.
type secrets struct {
	envconfig.Lookuper

	mu   sync.Mutex
	read map[string]secret
	// again reads the whole environment anew and says what is wrong with it.
	again func(context.Context) error
	// near says of variables that are ignored which ones are probably meant.
	near []string
	// changed says that this turn ends because of a changed file.
	changed bool
}

// secret is what was read for a variable, or why it could not be.
type secret struct {
	sum [sha256.Size]byte
	err error
}

func newSecrets(from envconfig.Lookuper) *secrets {
	return &secrets{Lookuper: from, read: map[string]secret{}}
}

// process is the environment of the process.
var process = newSecrets(envconfig.OsLookuper())

// Lookup implements envconfig.Lookuper. What is wrong with a file is kept for
// wrong, and the variable looks unset.
func (s *secrets) Lookup(name string) (string, bool) {
	value, ok := s.Lookuper.Lookup(name)
	if !isSecret(name) {
		return value, ok
	}
	path, _ := s.Lookuper.Lookup(name + fileSuffix)
	if strings.TrimSpace(path) == "" {
		return value, ok
	}
	if strings.TrimSpace(value) != "" {
		s.note(name, "", fmt.Errorf("%s and %s%s: only one of them may be set", name, name, fileSuffix))
		return "", false
	}
	content, err := readSecret(path)
	if err != nil {
		s.note(name, "", fmt.Errorf("%s%s %q: %w", name, fileSuffix, path, err))
		return "", false
	}
	s.note(name, content, nil)
	return content, true
}

func (s *secrets) note(name, content string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read[name] = secret{sha256.Sum256([]byte(content)), err}
}

// forget begins a new reading.
func (s *secrets) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.read)
}

// blame adds to what a config says of itself which secrets could not be read.
// What it says of their variables is left out: they only look unset.
func (s *secrets) blame(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.read)) {
		errs = append(errs, s.read[name].err)
	}
	if errors.Join(errs...) == nil || err == nil {
		return errors.Join(append(errs, err)...)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		name, _, _ := strings.Cut(line, ":")
		if s.read[name].err == nil {
			errs = append(errs, errors.New(line))
		}
	}
	return errors.Join(errs...)
}

// readSecret reads a secret without the line breaks at its end. Its errors say
// nothing of the content.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", plain(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", plain(err)
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("is not a file; must be one that holds the secret")
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	content := strings.TrimRight(string(raw), "\r\n")
	switch {
	case err != nil:
		return "", plain(err)
	case len(raw) > maxSecret:
		return "", fmt.Errorf("is larger than %d bytes; must be a file that holds the secret alone", maxSecret)
	case strings.TrimSpace(content) == "":
		return "", errors.New("is empty; must hold the secret")
	}
	return content, nil
}

// plain is the error without the path, which stands before it already.
func plain(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("cannot be read: %w", pe.Err)
	}
	return fmt.Errorf("cannot be read: %w", err)
}
