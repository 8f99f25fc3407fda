package apiserver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/edgebell/edgebell/adapters/kubeevent/core"
)

// maxSettled bounds the memory of an unfinished list to some 8 MB, and to 3 MB
// while nothing breaks it. Beyond it, a list that breaks sends again what the
// receiver then recognises.
const maxSettled = 200_000

// settled are hashes of uid and resourceVersion, as the pages came. They are
// only looked up when a list has to start again, so only then they become a
// set, which takes three times the memory.
type settled struct {
	pages [][][16]byte
	set   map[[16]byte]struct{}
	n     int
}

func hash(ev *core.Event) (h [16]byte) {
	sum := sha256.Sum256([]byte(string(ev.UID) + "." + ev.ResourceVersion))
	copy(h[:], sum[:])
	return h
}

// again is called when a list starts.
func (s *settled) again() {
	if s.set == nil && s.n > 0 {
		s.set = make(map[[16]byte]struct{}, s.n)
	}
	for _, page := range s.pages {
		for _, h := range page {
			s.set[h] = struct{}{}
		}
	}
	s.pages = nil
}

func (s *settled) has(h [16]byte) bool {
	_, ok := s.set[h]
	return ok
}

func (s *settled) add(hashes [][16]byte) {
	hashes = hashes[:min(len(hashes), maxSettled-s.n)]
	s.pages, s.n = append(s.pages, hashes), s.n+len(hashes)
}

// list reads all pages and delivers what the sink does not have: what is above
// the position. The position then is the list's own.
func (st *stream) list(ctx context.Context) error {
	select {
	case st.src.listing <- struct{}{}:
		defer func() { <-st.src.listing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	st.settled.again()
	st.state.complete(false)
	var snapshot uint64
	var page page
	for token, limit := "", pageSize; ; {
		if err := st.page(ctx, &limit, token, &page); err != nil {
			return err
		}
		st.state.reached()
		if token == "" {
			if err := st.checkRestored(page.ResourceVersion); err != nil {
				return err
			}
			snapshot = number(page.ResourceVersion)
		}
		token, limit = page.Continue, min(2*limit, pageSize)
		if err := st.take(ctx, page.Items); err != nil {
			return err
		}
		if token == "" {
			break
		}
	}
	st.position, st.found, st.probed, st.settled = snapshot, true, true, settled{}
	st.state.answered(st.log)
	st.state.complete(true)
	return nil
}

// page asks for the next page, in smaller parts if its Events are huge.
func (st *stream) page(ctx context.Context, limit *int, token string, to *page) error {
	for {
		st.src.count(func(s *Stats) { s.Lists++ })
		err := st.src.client.list(ctx, st.namespace, *limit, token, to)
		switch {
		case errors.Is(err, errPageTooBig):
			*limit = max(*limit/4, 1)
			continue
		case err != nil && isGone(err):
			// The token is compacted, as the sink was slower. The list starts
			// again, and what is settled is not sent again.
			err = fmt.Errorf("%w: %w", errGone, err)
		}
		return err
	}
}

// take delivers what is new in a page.
func (st *stream) take(ctx context.Context, items []core.Event) error {
	var events []event.Event
	hashes := make([][16]byte, 0, len(items))
	for i := range items {
		ev := &items[i]
		h := hash(ev)
		if number(ev.ResourceVersion) <= st.position || st.settled.has(h) {
			continue
		}
		hashes = append(hashes, h)
		if ce, ok := st.convert(ev); ok {
			events = append(events, ce)
		}
	}
	clear(items)
	if err := st.deliver(ctx, events); err != nil {
		return err
	}
	if len(events) > 0 { // it goes on
		st.state.answered(st.log)
	}
	st.settled.add(hashes)
	return nil
}

// checkRestored forgets the position when the datastore stands below it: it was
// restored from a backup, and resourceVersions are being given out again.
func (st *stream) checkRestored(rv string) error {
	now, err := strconv.ParseUint(rv, 10, 64)
	if err != nil {
		return fmt.Errorf("list Events: resourceVersion of the list: %w", err)
	}
	if now >= st.position {
		return nil
	}
	st.log.Warn("the API server's datastore was restored to an earlier state: sending all Events again",
		"resourceVersion", now, "before", st.position)
	st.position, st.found = 0, false
	return nil
}
