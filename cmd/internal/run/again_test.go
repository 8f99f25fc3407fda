package run

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"
)

// mount is a folder as Kubernetes mounts a Secret: the files are links into
// ..data, which is a link itself and is replaced at once.
type mount struct {
	t   *testing.T
	dir string
	n   int
}

func (m *mount) put(content string) {
	m.t.Helper()
	m.n++
	version := filepath.Join(m.dir, "..v"+strings.Repeat("x", m.n))
	link := filepath.Join(m.dir, "..data")
	err := errors.Join(os.Mkdir(version, 0o700), os.WriteFile(filepath.Join(version, "token"), []byte(content), 0o400),
		os.Symlink(version, link+"_tmp"), os.Rename(link+"_tmp", link))
	if err != nil {
		m.t.Fatal(err)
	}
	if m.n == 1 {
		if err := os.Symlink("..data/token", filepath.Join(m.dir, "token")); err != nil {
			m.t.Fatal(err)
		}
	}
}

// checked is a config that wants tokens of letters.
type checked struct {
	Token string `env:"SINK_TOKEN"`
}

func (c *checked) Validate() error {
	if strings.Contains(c.Token, "!") {
		return errors.New("SINK_TOKEN: must not hold a !")
	}
	return nil
}

// starts runs turns in fake time; it tells with which tokens the process began.
func starts(t *testing.T, m *mount, story func(), log *bytes.Buffer) []string {
	t.Helper()
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	s := newSecrets(envconfig.MapLookuper(map[string]string{"SINK_TOKEN_FILE": filepath.Join(m.dir, "token")}))
	s.again = func(ctx context.Context) error { return configure(ctx, new(checked), s) }
	var tokens []string
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.turns(ctx, func(ctx context.Context) error {
			var cfg checked
			if err := configure(ctx, &cfg, s); err != nil {
				return err
			}
			tokens = append(tokens, cfg.Token)
			serving, stop := s.untilChanged(ctx)
			defer stop()
			<-serving.Done()
			return nil
		})
	}()
	synctest.Wait()
	story()
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return tokens
}

func TestChangedSecretStartsAnew(t *testing.T) {
	old := slog.Default()
	defer slog.SetDefault(old)
	m := &mount{t: t, dir: t.TempDir()}
	m.put("first\n")
	hup := make(chan os.Signal, 1) // what waits for signals must begin outside of fake time
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		next := func(content string) {
			m.put(content)
			time.Sleep(lookEvery)
			synctest.Wait()
		}
		got := starts(t, m, func() {
			time.Sleep(10 * lookEvery)
			next("second\n")
			next("second") // the same but for the line break
			next("")       // not written yet
			next("third!")
			next("third!")
			next("fourth")
		}, &log)
		if diff := cmp.Diff([]string{"first", "second", "fourth"}, got); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
		kept, anew := strings.Count(log.String(), "keeping the old one"), strings.Count(log.String(), "starting anew")
		if kept != 2 || anew != 2 {
			t.Errorf("told %d times that the old one is kept and %d times that it starts anew, want twice each:\n%s", kept, anew, &log)
		}
		for _, secret := range []string{"first", "second", "third", "fourth"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, &log)
			}
		}
	})
}

func TestTurnsEnd(t *testing.T) {
	s := newSecrets(envconfig.MapLookuper(nil))
	bad := errors.New("bad")
	for _, want := range []error{nil, bad} {
		n := 0
		err := s.turns(t.Context(), func(context.Context) error { n++; s.changed = want != nil; return want })
		if !errors.Is(err, want) || n != 1 {
			t.Errorf("%d turns, %v; want one and %v", n, err, want)
		}
	}
}
