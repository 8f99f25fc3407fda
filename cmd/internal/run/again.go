package run

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// lookEvery is how often the files of secrets are read again. Kubernetes itself
// takes a minute or so to bring a changed Secret to a node.
const lookEvery = 30 * time.Second

// turns runs realMain, and again whenever it ended because a secret had
// changed: what was taken in is on disk, so to begin anew is cheap, and no
// package has to know that a secret can change. The process stays the same, so
// it takes no supervisor, and Kubernetes counts no restart.
func (s *secrets) turns(ctx context.Context, realMain func(context.Context) error) error {
	for {
		s.mu.Lock()
		s.changed = false
		s.mu.Unlock()
		err := realMain(ctx)
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if err != nil || ctx.Err() != nil || !changed {
			return err
		}
	}
}

// untilChanged is a context that ends when ctx does, or when a secret's file
// has another content with which the process can go on; SIGHUP looks at once.
func (s *secrets) untilChanged(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	if s.again == nil || len(s.files()) == 0 {
		return ctx, stop
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		defer signal.Stop(hup)
		s.look(ctx, stop, hup)
	}()
	return ctx, stop
}

func (s *secrets) look(ctx context.Context, stop func(), now <-chan os.Signal) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-now:
		case <-tick.C:
		}
		names := s.differing()
		if len(names) == 0 {
			continue
		}
		if err := s.again(ctx); err != nil {
			slog.Error("a secret's file has changed, but the process cannot go on with it: keeping the old one", "variables", names, "error", err)
			continue
		}
		slog.Info("a secret's file has changed: starting anew with it", "variables", names)
		s.mu.Lock()
		s.changed = true
		s.mu.Unlock()
		stop()
		return
	}
}

// files are the variables whose secrets stand in files.
func (s *secrets) files() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.read))
	for name := range s.read {
		names = append(names, name+fileSuffix)
	}
	slices.Sort(names)
	return names
}

// differing reads the files again and names the variables whose content, or
// whose error, is another than when it was read last.
func (s *secrets) differing() (names []string) {
	for _, name := range s.files() {
		variable := name[:len(name)-len(fileSuffix)]
		s.mu.Lock()
		before := s.read[variable]
		s.mu.Unlock()
		s.Lookup(variable)
		s.mu.Lock()
		after := s.read[variable]
		s.mu.Unlock()
		if before.sum != after.sum || (before.err == nil) != (after.err == nil) {
			names = append(names, name)
		}
	}
	return names
}
