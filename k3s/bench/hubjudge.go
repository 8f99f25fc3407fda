package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

const (
	// mostRows is what a ledger of 16 MiB may hold: a story for each 16 KiB, and
	// an eighth as many rows for what finds no room, and some for clusters.
	mostRows = 1024 + 128 + 16 + 1
	// mostCards is what a bot takes in a minute.
	mostCards = 100
)

// troubles is a trouble of all clusters, and then one of 37 of them together
// with ten different ones of ten clusters.
func (h *hub) troubles() error {
	all := map[int][]alert.Group{}
	for i := range edges {
		all[i] = []alert.Group{h.fleet.has(i, registry)}
	}
	w, err := h.wave(all)
	if err != nil {
		return err
	}
	h.report("hub: one trouble of all", w)
	if err := errors.Join(h.exact(w, h.fleet.sent), w.cardsOf(1), w.shows(edges, registry)); err != nil {
		return err
	}
	some := map[int][]alert.Group{}
	fresh := &fleet{sent: map[string]map[string]int64{}}
	add := func(i int, t trouble) {
		some[i] = append(some[i], h.fleet.has(i, t))
		fresh.has(i, t)
	}
	for i := range 37 {
		add(i*edges/37, volumes)
	}
	for k, t := range others {
		add(1+k*100, t)
	}
	if w, err = h.wave(some); err != nil {
		return err
	}
	h.report("hub: one of 37, ten of one", w)
	return errors.Join(h.exact(w, fresh.sent), w.cardsOf(len(others)+1), w.shows(37, volumes))
}

// storm is ten stories of every cluster at once: ten times as many as the
// ledger has rows for. It judges that nothing goes uncounted.
func (h *hub) storm() error {
	all := map[int][]alert.Group{}
	for i := range edges {
		for _, t := range others {
			all[i] = append(all[i], h.fleet.has(i, t))
		}
	}
	w, err := h.wave(all)
	if err != nil {
		return err
	}
	const stage = "hub: ten stories of all"
	h.report(stage, w)
	sum, untold := int64(0), int64(0)
	for _, g := range w.groups {
		sum += g.Total
		untold += g.Undelivered(alert.DefaultRoute)
	}
	dropped := int64(0)
	for _, n := range w.status.Ledger.Dropped {
		dropped += n
	}
	said, parts := w.said()
	h.b.result.add(Measure{Stage: stage, Process: "notify", Name: "occurrences told on cards", Value: float64(said), Unit: "occurrences",
		Note: fmt.Sprintf("%d are still in the ledger's rows; rows that were told made room for others", sum)})
	switch sent := h.fleet.total(); {
	case w.status.Ledger.Occurrences+dropped != sent:
		return fmt.Errorf("%d occurrences kept and %d dropped, want %d together", w.status.Ledger.Occurrences, dropped, sent)
	case untold != 0:
		return fmt.Errorf("%d occurrences are not told", untold)
	// A digest in parts says on each what is left.
	case said < w.status.Ledger.Occurrences || said > w.status.Ledger.Occurrences && !parts:
		return fmt.Errorf("the cards tell %d occurrences, want %d: %s", said, w.status.Ledger.Occurrences, w.titles())
	case len(w.groups) > mostRows:
		return fmt.Errorf("%d rows, want at most %d", len(w.groups), mostRows)
	}
	return w.cardsOf(mostCards)
}

// exact wants the ledger to hold of each cluster and reason what was sent, all
// of it told, nothing dropped, and no occurrence more than was sent.
func (h *hub) exact(w wave, sent map[string]map[string]int64) error {
	got := map[string]map[string]int64{}
	for _, g := range w.groups {
		c := g.Newest.Cluster
		if got[c] == nil {
			got[c] = map[string]int64{}
		}
		got[c][g.Newest.Reason] += g.Delivered[alert.DefaultRoute]
		if n := g.Undelivered(alert.DefaultRoute); n != 0 {
			return fmt.Errorf("%d occurrences of %s in %s are not told", n, g.Newest.Reason, c)
		}
	}
	var wrong []string
	for c, reasons := range sent {
		for reason, n := range reasons {
			if got[c][reason] != n {
				wrong = append(wrong, fmt.Sprintf("%s %s: %d, want %d", c, reason, got[c][reason], n))
			}
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d stories are counted wrong, such as %s", len(wrong), strings.Join(wrong[:min(3, len(wrong))], "; "))
	}
	if st := w.status.Ledger; st.Occurrences != h.fleet.total() || len(st.Dropped) > 0 || st.Coalesced > 0 {
		return fmt.Errorf("%d occurrences kept, dropped %v, %d stories coalesced, want %d, none and none", st.Occurrences, st.Dropped, st.Coalesced, h.fleet.total())
	}
	if w.lost == 0 {
		return errors.New("no answer was lost, so nothing was sent again")
	}
	return nil
}

// cardsOf wants so many cards at most.
func (w wave) cardsOf(most int) error {
	if n := len(w.cards); n == 0 || n > most {
		return fmt.Errorf("%d cards, want 1 to %d (what comes to the hub after GROUP_WAIT needs one more; it held all after %s): %s", n, most, w.held.Round(time.Second), w.titles())
	}
	return nil
}

// shows wants one card, and one only, to tell a trouble, as that of so many
// clusters.
func (w wave) shows(clusters int, t trouble) error {
	n, whole := 0, fmt.Sprintf("%d clusters", clusters)
	for _, m := range w.cards {
		if text := m.Plain(); strings.Contains(text, t.reason) {
			n++
			if !strings.Contains(text, whole) {
				return fmt.Errorf("a card tells %s without %q:\n%s", t.reason, whole, text)
			}
		}
	}
	if n != 1 {
		return fmt.Errorf("%d cards tell %s, want 1: %s", n, t.reason, w.titles())
	}
	return nil
}

var (
	saidByDigest = regexp.MustCompile(`^\d+ groups of alerts, (\d+) occurrences( \(\d+/\d+\))?$`)
	saidByStory  = regexp.MustCompile(`(?m)^\S+ · (?:(\d+) more, )?×(\d+)`)
)

// said adds up what the cards say has happened anew; parts tells that a digest
// came in several.
func (w wave) said() (sum int64, parts bool) {
	for _, m := range w.cards {
		found, n := saidByDigest.FindStringSubmatch(m.Title), ""
		if found != nil {
			n, parts = found[1], parts || found[2] != ""
		} else if found = saidByStory.FindStringSubmatch(m.Plain()); found != nil {
			n = cmp.Or(found[1], found[2])
		}
		more, _ := strconv.ParseInt(n, 10, 64) // what does not parse is missing in the sum
		sum += more
	}
	return sum, parts
}

func (w wave) titles() string {
	var out []string
	for _, m := range w.cards[:min(len(w.cards), 20)] {
		out = append(out, m.Title+" | "+m.Subtitle)
	}
	return strings.Join(out, "; ")
}

// ledger reads the stories in a copy of the ledger, for which the hub stands
// still: what it was writing is as after a power cut.
func (h *hub) ledger() ([]alert.Group, error) {
	copied, clean, err := h.b.folder()
	if err != nil {
		return nil, err
	}
	defer clean()
	if err := h.still(func() error { return os.CopyFS(copied, os.DirFS(h.dir)) }); err != nil {
		return nil, err
	}
	l, err := ledger.Open(ledger.Config{Dir: copied, MaxBytes: 16 << 20, EventTTL: time.Hour, RepeatInterval: time.Hour}, ledger.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	groups, err := l.Groups()
	return groups, errors.Join(err, l.Close())
}

func (h *hub) still(f func() error) error {
	if err := h.notify.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	defer func() { _ = h.notify.Signal(syscall.SIGCONT) }()
	err := h.b.eventually(10*time.Second, "the hub stands still", func() error {
		stat, err := h.notify.Read("stat")
		if err == nil && !strings.Contains(stat, ") T ") {
			err = errors.New("it runs")
		}
		return err
	})
	if err != nil {
		return err
	}
	return f()
}
