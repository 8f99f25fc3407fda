package ledger

import (
	order "cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/edgebell/edgebell/functions/alert"
)

// model is the ledger as a few maps.
type model struct {
	cfg    Config
	now    time.Duration // ledger clock
	stored time.Duration // ledger clock of the last commit
	sweep  time.Duration // until the next
	crowd  int           // rows of seen at which expired ones go

	groups map[string]*modelStory
	seen   map[string]*modelSeen
	count  int64
	below  int64 // never told
}

type modelSeen struct {
	uids    []string // oldest first
	counts  map[string]int64
	highest int64
	expires int64 // second
}

func second(d time.Duration) int64 { return int64(d / time.Second) }

func (m *model) put(r Report) {
	a := r.Alert
	name := a.EventNamespace + "/" + a.EventName
	s := m.seen[name]
	if s == nil {
		s = &modelSeen{counts: map[string]int64{}}
		m.seen[name] = s
	}
	var add int64
	had, known := s.counts[a.EventUID]
	switch {
	case known:
		add = max(a.Count-had, 0)
	case a.Count > s.highest:
		add = a.Count - s.highest
	default:
		add = a.Count
	}
	if add == 0 && s.expires > second(m.now+m.cfg.EventTTL) {
		return
	}
	m.stored = m.now
	s.expires = second(m.now+2*m.cfg.EventTTL) + 1
	if add == 0 {
		return
	}
	if !known {
		if len(s.uids) == 4 {
			delete(s.counts, s.uids[0])
			s.uids = s.uids[1:]
		}
		s.uids = append(s.uids, a.EventUID)
	}
	s.counts[a.EventUID] = a.Count
	s.highest = max(s.highest, a.Count)
	m.count += add
	g := m.groups[a.Name]
	if g != nil && g.lapsed(m.now) {
		m.below += g.neverTold()
		g = nil
	}
	if g == nil {
		g = newStory()
		m.groups[a.Name] = g
	}
	g.happen(m.now, add, r, m.cfg)
}

func (m *model) due() map[string]int64 {
	out := map[string]int64{}
	for name, g := range m.groups {
		for _, route := range modelRoutes {
			if at := g.dueAt(route); at != 0 && at <= m.now {
				out[route+" "+name] = g.total
			}
		}
	}
	return out
}

// pass lets time go by, with a sweep every minute.
func (m *model) pass(d time.Duration) {
	for ; d >= m.sweep; m.sweep = sweepEvery {
		d -= m.sweep
		m.now += m.sweep
		before := len(m.seen) + len(m.groups)
		if len(m.seen) >= m.crowd {
			maps.DeleteFunc(m.seen, func(_ string, s *modelSeen) bool { return s.expires <= second(m.now) })
		}
		maps.DeleteFunc(m.groups, func(_ string, g *modelStory) bool {
			gone := g.forgotten(m.now, m.cfg)
			if gone && g.below != nil {
				m.below += g.neverTold()
			}
			return gone
		})
		if len(m.seen)+len(m.groups) < before {
			m.stored = m.now
		}
	}
	m.now += d
	m.sweep -= d
}

func TestModel(t *testing.T) {
	// Each check has a bubble of its own, as rapid's patience is of this world;
	// its panics, by which it steers, are carried out of there.
	rapid.Check(t, func(rt *rapid.T) {
		var steer any
		synctest.Test(t, func(*testing.T) {
			defer func() { steer = recover() }()
			checkModel(rt)
		})
		if steer != nil {
			panic(steer)
		}
	})
}

func checkModel(t *rapid.T) {
	cfg := Config{
		MaxBytes: minBytes, EventTTL: time.Hour,
		GroupWait:      rapid.SampledFrom([]time.Duration{0, 5 * time.Second}).Draw(t, "wait"),
		RepeatInterval: rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "repeat"),
	}
	root, err := os.MkdirTemp(shm(), "model-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(root) }()
	m := &model{cfg: cfg, sweep: sweepEvery, crowd: 4, groups: map[string]*modelStory{}, seen: map[string]*modelSeen{}}
	var l *Ledger
	dirs := 0
	start := func() {
		cfg.Dir = filepath.Join(root, fmt.Sprint(dirs))
		small := func(l *Ledger) { l.tune = func(lim *limits) { lim.seen = 2 * m.crowd } }
		if l, err = Open(cfg, quiet(), small, WithRoutes(modelRoutes...)); err != nil {
			t.Fatal(err)
		}
		m.sweep = sweepEvery
	}
	start()
	defer func() { _ = l.Close() }()
	var sent [][]Report
	put := func(t *rapid.T, batch []Report) {
		if err := l.Take(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
		for _, r := range batch {
			m.put(r)
		}
	}
	report := func(t *rapid.T, a alert.Alert) Report {
		r := drawConditions(t)
		r.Alert, r.Rings = a, true
		return r
	}
	sleep := func(d time.Duration) {
		time.Sleep(d)
		synctest.Wait()
		m.pass(d)
	}
	t.Repeat(map[string]func(*rapid.T){
		"put": func(t *rapid.T) {
			var batch []Report
			for range rapid.IntRange(1, 4).Draw(t, "events") {
				batch = append(batch, report(t, event("shop", fmt.Sprint("name", rapid.IntRange(0, 5).Draw(t, "name")),
					fmt.Sprint("uid", rapid.IntRange(0, 6).Draw(t, "uid")), rapid.Int64Range(1, 9).Draw(t, "count"))))
			}
			put(t, batch)
			sent = append(sent, batch)
		},
		"recorder": func(t *rapid.T) { // goes on, at times under a new uid
			name, uid := fmt.Sprint("name", rapid.IntRange(0, 5).Draw(t, "name")), fmt.Sprint("uid", rapid.IntRange(0, 6).Draw(t, "uid"))
			a := event("shop", name, uid, 1)
			if s := m.seen["shop/"+a.EventName]; s != nil {
				a.Count = s.highest + 1
			}
			batch := []Report{report(t, a)}
			put(t, batch)
			sent = append(sent, batch)
		},
		"replay": func(t *rapid.T) {
			if len(sent) > 0 {
				put(t, rapid.SampledFrom(sent).Draw(t, "batch"))
			}
		},
		"deliver": func(t *rapid.T) {
			name := rapid.SampledFrom(modelRoutes).Draw(t, "route")
			told := tellOn(t, l, name, rapid.IntRange(0, 6).Draw(t, "cards"), func() {
				if len(sent) > 0 && rapid.Bool().Draw(t, "meanwhile") {
					put(t, rapid.SampledFrom(sent).Draw(t, "batch"))
				}
			})
			m.stored = m.now
			for _, g := range told {
				m.groups[g.Folded].mark(name, m.now, g.Total, false, cfg)
			}
		},
		"sleep": func(t *rapid.T) {
			sleep(rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, 70 * time.Second, 40 * time.Minute, 3 * time.Hour, 26 * time.Hour}).Draw(t, "time"))
		},
		"restart": func(t *rapid.T) {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			m.stored = m.now
			start()
		},
		"crash": func(t *rapid.T) {
			file, err := os.ReadFile(l.path())
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			dirs++
			dir := filepath.Join(root, fmt.Sprint(dirs))
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fileName), file, 0o600); err != nil {
				t.Fatal(err)
			}
			m.now = m.stored
			start()
		},
		"": func(t *rapid.T) { compare(t, m, l) },
	})
	sleep(4 * time.Hour) // longer than any mute
	for _, name := range modelRoutes {
		for _, g := range tellOn(t, l, name, len(m.groups), func() {}) {
			m.groups[g.Folded].mark(name, m.now, g.Total, false, cfg)
		}
	}
	compare(t, m, l)
	toldAll(t, l, m.groups)
}

func shm() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// compare looks at all that the ledger shows.
func compare(t *rapid.T, m *model, l *Ledger) {
	type shown struct {
		Now                time.Duration
		Totals             map[string]int64
		Delivered          map[string]int64
		Due                map[string]int64
		Seen               int
		Occurrences, Below int64
	}
	want := shown{m.now, map[string]int64{}, map[string]int64{}, m.due(), len(m.seen), m.count, m.below}
	for name, g := range m.groups {
		want.Totals[name] = g.total
		for route, r := range g.routes {
			if r.delivered > 0 {
				want.Delivered[route+" "+name] = r.delivered
			}
		}
	}
	c := l.Counts()
	got := shown{time.Duration(l.Now()), map[string]int64{}, map[string]int64{}, map[string]int64{}, l.Stats().Seen, c.Occurrences, c.BelowMin}
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		got.Totals[g.Folded] = g.Total
		for route, n := range g.Delivered {
			got.Delivered[route+" "+g.Folded] = n
		}
		var objects int64
		for _, o := range g.Objects {
			objects += o.Count
		}
		if objects != g.Total {
			t.Errorf("objects of %s: %d of %d occurrences", g.Folded, objects, g.Total)
		}
	}
	for _, route := range modelRoutes {
		due, err := l.Due(route)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range due {
			got.Due[route+" "+g.Folded] = g.Total
		}
		if !slices.IsSortedFunc(due, func(a, b alert.Group) int {
			return order.Compare(m.groups[a.Folded].dueAt(route), m.groups[b.Folded].dueAt(route))
		}) {
			t.Fatal("the longest due is not first")
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("model and ledger (-want +got):\n%s", d)
	}
	compareNext(t, l, m.groups)
}
