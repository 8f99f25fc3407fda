package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

const (
	ledgerFile = "ledger.db"
	pageSize   = 4096
)

// damages are what may happen to a file between two starts. Each gets the
// offset of a page that holds something, and the file's size.
var damages = []struct {
	name string
	do   func(f *os.File, rng *rand.Rand, page, size int64) error
}{
	{"a torn page", func(f *os.File, rng *rand.Rand, page, _ int64) error {
		return scribble(f, rng, page+pageSize/2, pageSize/2)
	}},
	{"a zeroed page", func(f *os.File, _ *rand.Rand, page, _ int64) error {
		_, err := f.WriteAt(make([]byte, pageSize), page)
		return err
	}},
	{"a page of noise", func(f *os.File, rng *rand.Rand, page, _ int64) error { return scribble(f, rng, page, pageSize) }},
	{"a flipped byte", func(f *os.File, rng *rand.Rand, page, _ int64) error {
		return scribble(f, rng, page+rng.Int64N(pageSize), 1)
	}},
	{"the end cut off", func(f *os.File, rng *rand.Rand, page, size int64) error {
		return f.Truncate(page + rng.Int64N(pageSize))
	}},
	{"both meta pages zeroed", func(f *os.File, _ *rand.Rand, _, _ int64) error {
		_, err := f.WriteAt(make([]byte, 2*pageSize), 0)
		return err
	}},
	{"an empty file", func(f *os.File, _ *rand.Rand, _, _ int64) error { return f.Truncate(0) }},
}

func scribble(f *os.File, rng *rand.Rand, at, n int64) error {
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	_, err := f.WriteAt(noise, at)
	return err
}

// eachPage tells of each page whether it is empty.
func eachPage(f *os.File, do func(at int64, empty bool) error) error {
	page := make([]byte, pageSize)
	for at := int64(0); ; at += pageSize {
		_, err := f.ReadAt(page, at)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(at, strings.Trim(string(page), "\x00") == ""); err != nil {
			return err
		}
	}
}

// damage breaks the scene's ledger file and says how.
func (s *scene) damage() (what string, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, ledgerFile), os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	var used []int64
	err = eachPage(f, func(at int64, empty bool) error {
		if !empty {
			used = append(used, at)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	d := damages[s.rng.IntN(len(damages))]
	page := used[s.rng.IntN(len(used))]
	what = fmt.Sprintf("%s (page %d of %d used)", d.name, page/pageSize, len(used))
	return what, d.do(f, s.rng, page, info.Size())
}

// damaged breaks the ledger file between two lives, in every way.
func damaged(r *run) error {
	aside, harmless := 0, 0
	for range r.rounds {
		s, err := r.scene("GROUP_WAIT=50ms", "REPEAT_INTERVAL=300ms")
		if err != nil {
			return err
		}
		moved, err := s.damagedRound(r.ctx)
		if closing := s.close(); err == nil {
			err = closing
		}
		if err != nil {
			return err
		}
		if moved {
			aside++
		} else {
			harmless++
		}
	}
	r.note("%d files moved aside and the gap told on a card; %d damages harmed nothing (a page that was free, a meta page that could be mended)", aside, harmless)
	return nil
}

func (s *scene) damagedRound(ctx context.Context) (moved bool, err error) {
	sender := newSender(s)
	if err := s.up(ctx); err != nil {
		return false, err
	}
	for range 4 + s.rng.IntN(8) {
		if err := sender.post(ctx, sender.next()); err != nil {
			return false, err
		}
		pause(ctx, s.upTo(sender.gap))
	}
	if err := s.kill(ctx); err != nil {
		return false, err
	}
	before := sender.account()
	what, err := s.damage()
	if err != nil {
		return false, err
	}
	if err := s.up(ctx); err != nil {
		return false, fmt.Errorf("after %s: %w", what, err)
	}
	kept, err := filepath.Glob(filepath.Join(s.dir, ledgerFile+".damaged-*"))
	if err != nil {
		return false, err
	}
	if len(kept) == 0 {
		return false, s.afterMending(ctx, what, sender)
	}
	return true, s.afterLoss(ctx, what, before)
}

const (
	gapTold    = "may have missed events between"
	damageTold = "the data file was damaged"
)

// afterMending settles where the file is used on: nothing may be missing, or a
// card must tell the gap.
func (s *scene) afterMending(ctx context.Context, what string, sender *sender) error {
	if err := sender.post(ctx, sender.next()); err != nil {
		return err
	}
	if err := eventually(ctx, settlePatience, "everything is told", func() error { return s.settled(ctx, account{}) }); err != nil {
		return err
	}
	v, err := s.settle(ctx, sender.account())
	if v.said(gapTold) && v.said(damageTold) {
		v.broken = nil
	}
	if len(v.broken) > 0 {
		v.breaks("all of this after %s; the file was used on, and no card tells a gap", what)
	}
	s.run.add(1, v)
	return err
}

// afterLoss settles what came after the damage, and wants the gap told.
func (s *scene) afterLoss(ctx context.Context, what string, before account) error {
	s.judgeFrom = s.lives[len(s.lives)-1].from
	had := s.toldUpTo(s.judgeFrom)
	sender := newSender(s)
	for range 3 {
		if err := sender.post(ctx, sender.next()); err != nil {
			return err
		}
	}
	v, err := s.settle(ctx, sender.account())
	if err != nil {
		return err
	}
	if !v.said(gapTold) || !v.said(damageTold) {
		v.breaks("after %s the file was moved aside, and no card tells the gap", what)
	}
	// The occurrences that had been told before are told; the others are lost,
	// which the card says.
	v.in, v.ledger = v.in+before.total(), v.ledger+before.total()
	v.told += had
	v.lost += before.total() - had
	v.cards += s.judgeFrom
	s.run.add(1, v)
	return nil
}
