package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

const hubToken = "bench-hub-t0ken"

// hub measures the function as the hub of a thousand clusters: once with
// troubles that many have in common, once with more stories than its ledger has
// rows for.
func (b *bench) hub() error {
	if err := b.withHub((*hub).troubles); err != nil {
		return err
	}
	return b.withHub((*hub).storm)
}

// hub is one that runs, and its clusters.
type hub struct {
	*chain
	fleet *fleet
	link  *link
	dir   string
	idle  process.Memory
}

func (b *bench) withHub(run func(*hub) error) error {
	dir, clean, err := b.folder()
	if err != nil {
		return err
	}
	defer clean()
	h := &hub{dir: dir}
	env := []string{"CLUSTER_NAME=hub", "DATA_DIR=" + dir, "DATA_MAX_BYTES=16777216", "GROUP_WAIT=5s", "CARD_LANGUAGE=en", "SINK_TOKEN=" + hubToken}
	if h.chain, err = b.start(setup{noSource: true, limited: true, notify: env}); err != nil {
		return err
	}
	defer h.close()
	if h.link, err = newLink(h.sinkAt); err != nil {
		return err
	}
	defer h.link.close()
	if h.fleet, err = newFleet(h.link.at); err != nil {
		return err
	}
	if err := b.pause(2 * time.Second); err != nil { // its start is over
		return err
	}
	if h.idle, err = h.notify.Memory(); err != nil {
		return err
	}
	return run(h)
}

// wave is what one go of stories cost.
type wave struct {
	stories, requests, tries, lost, conns int
	bytes, botBytes                       int64
	cpu                                   time.Duration
	held, told                            time.Duration // from the first post on
	cards                                 []feishutest.Message
	memory                                process.Memory
	status                                hubStatus
	groups                                []alert.Group
}

// wave has the clusters tell stories, waits until the hub has told them, and
// reads what it has kept.
func (h *hub) wave(stories map[int][]alert.Group) (w wave, err error) {
	for _, groups := range stories {
		w.stories += len(groups)
	}
	before, err := h.notify.CPU()
	if err != nil {
		return w, err
	}
	if err := h.notify.ResetPeak(); err != nil {
		return w, err
	}
	had, tries, lost, conns, bytes, botBytes := len(h.bot.Messages()), h.fleet.tries.Load(), h.link.lost.Load(), h.link.conns.Load(), h.link.bytes.Load(), h.botBytes()
	began := time.Now()
	if w.requests, err = h.fleet.tell(h.b.ctx, stories); err != nil {
		return w, err
	}
	w.held = time.Since(began)
	if err := h.b.eventually(10*time.Minute, "the hub has told everything", h.quiet); err != nil {
		return w, err
	}
	w.told = time.Since(began)
	w.cards = h.bot.Messages()[had:]
	w.tries, w.lost, w.conns = int(h.fleet.tries.Load()-tries), int(h.link.lost.Load()-lost), int(h.link.conns.Load()-conns)
	w.bytes, w.botBytes = h.link.bytes.Load()-bytes, h.botBytes()-botBytes
	after, err := h.notify.CPU()
	if err != nil {
		return w, err
	}
	w.cpu = after - before
	if w.memory, err = h.notify.Memory(); err != nil {
		return w, err
	}
	if w.status, err = h.status(); err != nil {
		return w, err
	}
	w.groups, err = h.ledger()
	return w, err
}

func (h *hub) botBytes() int64 {
	out, in := h.bot.Traffic()
	return out + in
}

// hubStatus is what /status says that a judge wants to know.
type hubStatus struct {
	Backlog struct {
		Groups      int
		NoticeWaits bool
	}
	Ledger struct {
		Groups, Seen                      int
		UsedBytes                         int64
		Occurrences, Coalesced, CardsSent int64
		PossibleDuplicates                int64
		Dropped                           map[string]int64
	}
}

func (h *hub) status() (st hubStatus, err error) {
	raw, err := get(h.b.ctx, "http://"+h.sinkAt+"/status")
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(raw, &st)
}

// quiet says that nothing is left to tell.
func (h *hub) quiet() error {
	st, err := h.status()
	switch {
	case err != nil:
		return err
	case st.Ledger.Occurrences == 0:
		return errors.New("nothing has come")
	case st.Backlog.Groups > 0 || st.Backlog.NoticeWaits:
		return fmt.Errorf("%d stories wait after %d cards", st.Backlog.Groups, len(h.bot.Messages()))
	}
	return nil
}

// report adds what a wave cost.
func (h *hub) report(stage string, w wave) {
	add := func(name string, v float64, unit, note string) {
		h.b.result.add(Measure{Stage: stage, Process: "notify", Name: name, Value: v, Unit: unit, Note: note})
	}
	add("stories in", float64(w.stories), "stories", fmt.Sprintf("of %d clusters, as CloudEvents through the channel of the edge", edges))
	add("requests sent again", float64(w.tries-w.requests), "requests", fmt.Sprintf("%d needed; %d for answers lost on purpose, %d cut off, for the hub keeps 128 connections", w.requests, w.lost, w.tries-w.requests-w.lost))
	add("connections made", float64(w.conns), "connections", "each from an address of its own")
	add("bytes from and to the clusters", float64(w.bytes), "B", "plain HTTP, both directions, resends included")
	add("cards", float64(len(w.cards)), "cards", "to a bot with the real one's limits")
	add("bytes to and from the bot", float64(w.botBytes), "B", "plain HTTP, both directions")
	add("until the hub holds all", w.held.Seconds(), "s", "senders back off as the edge does: 1 s, then twice as long each time")
	add("until all is told", w.told.Seconds(), "s", "GROUP_WAIT=5s of it")
	add("RSS idle", float64(h.idle.RSS)/1024, "MiB", "before the first story")
	add("peak RSS", float64(w.memory.Peak)/1024, "MiB", fmt.Sprintf("of it anonymous, at the end: %s MiB", short(float64(w.memory.Anon)/1024)))
	add("ledger rows", float64(len(w.groups)), "rows", fmt.Sprintf("of 16 MiB; %d rows of what was seen; %d KiB used", w.status.Ledger.Seen, w.status.Ledger.UsedBytes/1024))
	add("CPU", w.cpu.Seconds(), "s", "the hub's alone")
	add("occurrences kept", float64(w.status.Ledger.Occurrences), "occurrences", fmt.Sprintf("of %d sent so far; dropped %v, stories coalesced: %d, possible duplicates: %d",
		h.fleet.total(), w.status.Ledger.Dropped, w.status.Ledger.Coalesced, w.status.Ledger.PossibleDuplicates))
}
