package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/edgebell/edgebell/k3s/process"
)

// onDisks runs each round in a scene whose data folder is a small disk.
func (r *run) onDisks(round func(s *scene, d *disk, n int) error) error {
	if noMounts != "" {
		r.result.notRun = noMounts
		return nil
	}
	for n := range r.rounds {
		s, err := r.scene("GROUP_WAIT=50ms", "REPEAT_INTERVAL=300ms")
		if err != nil {
			return err
		}
		d, err := s.mountDisk()
		if err != nil {
			return err
		}
		err = errors.Join(round(s, d, n), s.close(), d.unmount())
		if err != nil {
			return err
		}
	}
	return nil
}

// fullDisk lets a foreign file fill the disk: while the function runs, before
// its first start, and under a ledger whose blocks the file system does not
// keep (as those do that copy on write).
func fullDisk(r *run) error {
	refused := 0
	err := r.onDisks(func(s *scene, d *disk, n int) error {
		switch n % 3 {
		case 0:
			return s.fullWhileItRuns(d)
		case 1:
			return s.fullAtFirstStart(d)
		}
		n, err := s.fullUnderIt(d)
		refused += n
		return err
	})
	if err == nil && r.rounds >= 3 && r.result.notRun == "" {
		r.note("503 to %d posts, all while blocks were missing under the ledger", refused)
		if refused == 0 {
			r.breaks("no post was ever refused: the disk was never full under the ledger")
		}
	}
	return err
}

func (s *scene) fullWhileItRuns(d *disk) error {
	ctx := s.run.ctx
	if err := s.up(ctx); err != nil {
		return err
	}
	sender := newSender(s)
	end := sender.begin(ctx)
	pause(ctx, s.upTo(200*time.Millisecond))
	free, err := d.fill(0)
	if err != nil {
		return err
	}
	pause(ctx, 300*time.Millisecond+s.upTo(300*time.Millisecond))
	if err := errors.Join(free(), end()); err != nil {
		return err
	}
	if n := sender.count(503); n > 0 {
		s.run.breaks("%d posts were refused while the disk was full, though the ledger has its blocks", n)
	}
	return s.conclude(sender.account(), 1)
}

func (s *scene) fullAtFirstStart(d *disk) error {
	ctx := s.run.ctx
	free, err := d.fill(1 << 20)
	if err != nil {
		return err
	}
	sender := newSender(s)
	end := sender.begin(ctx)
	if err := s.mustFail(ctx, "no space left on device"); err != nil {
		return err
	}
	if err := free(); err != nil {
		return err
	}
	return s.goOn(ctx, sender, end)
}

// mustFail starts a function that cannot work, and wants its reason.
func (s *scene) mustFail(ctx context.Context, reason string) error {
	if err := s.start(); err != nil {
		return err
	}
	select {
	case <-s.notify.Done:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(readyPatience):
		return fmt.Errorf("notify runs on a disk that is of no use")
	}
	said := s.notify.Output()
	s.bury()
	if !strings.Contains(said, "DATA_DIR") || !strings.Contains(said, reason) {
		return fmt.Errorf("notify does not say that DATA_DIR is of no use (%s): %s", reason, process.Tail(said, 600))
	}
	return nil
}

// goOn starts the function, as a kubelet does again and again, and settles.
func (s *scene) goOn(ctx context.Context, sender *sender, end func() error) error {
	if err := s.up(ctx); err != nil {
		return err
	}
	sender.answered(ctx)
	if err := end(); err != nil {
		return err
	}
	return s.conclude(sender.account(), 1)
}

// fullUnderIt takes away the blocks that the ledger has not used yet. The
// function must answer 503, live on, and recover when there is room.
func (s *scene) fullUnderIt(d *disk) (refused int, err error) {
	ctx := s.run.ctx
	sender := newSender(s)
	sender.fresh, sender.batch = 0.9, 40
	if err := s.up(ctx); err != nil {
		return 0, err
	}
	if err := sender.post(ctx, sender.next()); err != nil {
		return 0, err
	}
	if err := s.notify.Stop(stopPatience); err != nil {
		return 0, err
	}
	s.bury()
	if err := makeSparse(filepath.Join(d.dir, ledgerFile)); err != nil {
		return 0, err
	}
	free, err := d.fill(0)
	if err != nil {
		return 0, err
	}
	if err := s.up(ctx); err != nil {
		return 0, fmt.Errorf("start on a full disk: %w", err)
	}
	end := sender.begin(ctx)
	err = eventually(ctx, 20*time.Second, "a post is refused", func() error {
		if sender.count(503) == 0 {
			return errors.New("all were taken")
		}
		return nil
	})
	if err == nil {
		// It may be ready all the same: a small commit can still find pages.
		_, err = process.Get(ctx, nil, "http://"+s.sink+"/healthz")
	}
	if err := errors.Join(err, free()); err != nil {
		return 0, errors.Join(err, end())
	}
	sender.answered(ctx)
	if err := end(); err != nil {
		return 0, err
	}
	if err := s.notify.Alive(); err != nil {
		return 0, err
	}
	return sender.count(503), s.conclude(sender.account(), 1)
}

// readOnlyDisk lets the disk come back read-only from a power cut, as a card
// with errors does, and later writable again.
func readOnlyDisk(r *run) error {
	return r.onDisks(func(s *scene, d *disk, _ int) error {
		if err := s.up(r.ctx); err != nil {
			return err
		}
		sender := newSender(s)
		end := sender.begin(r.ctx)
		sender.answered(r.ctx)
		pause(r.ctx, s.upTo(300*time.Millisecond))
		if err := s.kill(r.ctx); err != nil {
			return err
		}
		if err := d.readOnly(true); err != nil {
			return err
		}
		for range 1 + s.rng.IntN(2) {
			if err := s.mustFail(r.ctx, "read-only file system"); err != nil {
				return err
			}
		}
		if err := d.readOnly(false); err != nil {
			return err
		}
		return s.goOn(r.ctx, sender, end)
	})
}
