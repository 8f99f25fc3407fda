package ledger

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/edgebell/edgebell/functions/alert"
)

// healModel is what the ledger knows of trouble and its end, as a few maps.
type healModel struct {
	cfg    Config
	now    time.Duration // ledger clock
	stored time.Duration // ledger clock of the last commit
	sweep  time.Duration // until the next
	groups map[string]*healGroup
	below  int64            // never told
	seen   map[string]int64 // when it expires, by the Event's name
}

// meet is what any report of trouble does to the seen table: a late replay is
// remembered for longer.
func (m *healModel) meet(event string) {
	if at, ok := m.seen[event]; ok && at > second(m.now+m.cfg.EventTTL) {
		return
	}
	m.seen[event], m.stored = second(m.now+2*m.cfg.EventTTL)+1, m.now
}

type healGroup struct {
	*modelStory
	objects map[string]*healObject
}

type healObject struct {
	last, healed time.Time
	well         bool
}

func (m *healModel) trouble(story, name string, rep Report) {
	g := m.groups[story]
	if g != nil && g.lapsed(m.now) {
		m.below += g.neverTold()
		g = nil
	}
	if g == nil {
		g = &healGroup{newStory(), map[string]*healObject{}}
		m.groups[story] = g
	}
	g.happen(m.now, 1, rep, m.cfg)
	o := g.objects[name]
	if o == nil {
		o = &healObject{}
		g.objects[name] = o
	}
	o.last, o.well = rep.Alert.Last, false
	m.stored = m.now
}

func (m *healModel) news(story, name string, at time.Time, hold time.Duration) {
	g := m.groups[story]
	if g == nil || g.over(m.now) {
		return
	}
	o := g.objects[name]
	if o == nil || at.Before(o.last) || !at.After(o.healed) {
		return
	}
	m.stored = m.now
	o.healed, o.well = at, true
	if g.flaps {
		hold = max(hold, g.every(m.cfg))
	}
	g.hold, g.healAt = max(g.hold, m.now+hold), 0
	for _, o := range g.objects {
		if !o.well {
			return
		}
	}
	g.healAt = g.hold
}

func (m *healModel) state(g *healGroup) alert.State {
	if g.over(m.now) {
		return alert.Recovered
	}
	return alert.Firing
}

func (m *healModel) stories() map[string]*modelStory {
	out := map[string]*modelStory{}
	for name, g := range m.groups {
		out[name] = g.modelStory
	}
	return out
}

func (m *healModel) pass(d time.Duration) {
	for ; d >= m.sweep; m.sweep = sweepEvery {
		d -= m.sweep
		m.now += m.sweep
		before := len(m.groups)
		maps.DeleteFunc(m.groups, func(_ string, g *healGroup) bool {
			gone := g.forgotten(m.now, m.cfg)
			if gone && g.below != nil {
				m.below += g.neverTold()
			}
			return gone
		})
		if len(m.groups) < before {
			m.stored = m.now
		}
	}
	m.now += d
	m.sweep -= d
}

func TestHealModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { // see TestModel
		var steer any
		synctest.Test(t, func(*testing.T) {
			defer func() { steer = recover() }()
			checkHealModel(rt)
		})
		if steer != nil {
			panic(steer)
		}
	})
}

// healStories are stories with their objects, and what ends them.
var healStories = []struct {
	story, trouble, news string
	hold                 time.Duration
	names                []string
}{
	{"web-*", "FailedScheduling", "Scheduled", time.Minute, []string{"web-7b5948d699-l299m", "web-7b5948d699-2kk5p"}},
	{"db-0", "BackOff", "Started", 10 * time.Minute, []string{"db-0"}},
}

func checkHealModel(t *rapid.T) {
	cfg := Config{
		MaxBytes: minBytes, EventTTL: time.Hour, GroupWait: 5 * time.Second,
		RepeatInterval: rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(t, "repeat"),
	}
	root, err := os.MkdirTemp(shm(), "heal-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(root) }()
	m := &healModel{cfg: cfg, sweep: sweepEvery, groups: map[string]*healGroup{}, seen: map[string]int64{}}
	var l *Ledger
	dirs := 0
	start := func() {
		cfg.Dir = filepath.Join(root, fmt.Sprint(dirs))
		if l, err = Open(cfg, quiet(), WithRoutes(modelRoutes...)); err != nil {
			t.Fatal(err)
		}
		m.sweep = sweepEvery
	}
	start()
	defer func() { _ = l.Close() }()
	n := 0
	var sent []Report
	send := func(t *rapid.T, reports ...Report) {
		if err := l.Take(context.Background(), reports); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, reports...)
	}
	var latest string // object in trouble
	draw := func(t *rapid.T, trouble bool) Report {
		s := rapid.SampledFrom(healStories).Draw(t, "story")
		name := rapid.SampledFrom(s.names).Draw(t, "name")
		n++
		a := podEvent(name, "Warning", s.trouble)
		a.EventName = fmt.Sprint(name, ".", n)
		if trouble {
			m.meet(a.EventName)
			r := drawConditions(t)
			r.Alert, r.Rings = a, true
			m.trouble(s.story, name, r)
			latest = name
			return r
		}
		a.Type, a.Reason = "Normal", s.news
		if name != latest {
			m.news(s.story, name, a.Last, s.hold)
		}
		return Report{Alert: a, Heals: a.Heals()}
	}
	sleep := func(d time.Duration) {
		time.Sleep(d)
		synctest.Wait()
		m.pass(d)
	}
	t.Repeat(map[string]func(*rapid.T){
		"trouble": func(t *rapid.T) { send(t, draw(t, true)) },
		"news": func(t *rapid.T) {
			latest = ""
			send(t, draw(t, false))
		},
		"both": func(t *rapid.T) { // in a request; the news stand before
			trouble := draw(t, true)
			send(t, draw(t, false), trouble)
		},
		"replay": func(t *rapid.T) {
			if len(sent) == 0 {
				return
			}
			r := rapid.SampledFrom(sent).Draw(t, "report")
			if r.Heals != nil { // may be the first that comes after its trouble
				for _, s := range healStories {
					if s.news == r.Alert.Reason {
						m.news(s.story, r.Alert.Name, storable(r.Alert.Last), s.hold)
					}
				}
			}
			if r.Rings {
				m.meet(r.Alert.EventName)
			}
			send(t, r)
		},
		"deliver": func(t *rapid.T) {
			name := rapid.SampledFrom(modelRoutes).Draw(t, "route")
			told := tellOn(t, l, name, len(m.groups), func() {
				latest = ""
				if rapid.Bool().Draw(t, "meanwhile") {
					send(t, draw(t, rapid.Bool().Draw(t, "trouble")))
				}
			})
			m.stored = m.now
			for _, g := range told {
				m.groups[g.Folded].mark(name, m.now, g.Total, g.State == alert.Recovered, cfg)
			}
		},
		"sleep": func(t *rapid.T) {
			sleep(rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 9 * time.Hour}).Draw(t, "time"))
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
		"": func(t *rapid.T) { compareHeal(t, m, l) },
	})
	sleep(4 * time.Hour) // longer than any mute
	for _, name := range modelRoutes {
		for _, g := range tellOn(t, l, name, len(m.groups), func() {}) {
			m.groups[g.Folded].mark(name, m.now, g.Total, g.State == alert.Recovered, cfg)
		}
	}
	compareHeal(t, m, l)
	toldAll(t, l, m.stories())
}

func compareHeal(t *rapid.T, m *healModel, l *Ledger) {
	want, got := map[string]string{}, map[string]string{}
	for story, g := range m.groups {
		want[story] = fmt.Sprint(m.state(g), " ", g.total)
		for _, name := range modelRoutes {
			if r := g.routes[name]; r != nil {
				at := g.dueAt(name)
				want[story+" on "+name] = fmt.Sprint(r.delivered, " due ", at != 0 && at <= m.now)
			} else {
				want[story+" on "+name] = "0 due false"
			}
		}
	}
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		got[g.Folded] = fmt.Sprint(g.State, " ", g.Total)
	}
	for _, name := range modelRoutes {
		due := map[string]bool{}
		now, err := l.Due(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range now {
			due[g.Folded] = true
		}
		for _, g := range groups {
			got[g.Folded+" on "+name] = fmt.Sprint(g.Delivered[name], " due ", due[g.Folded])
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("model and ledger at %s (-want +got):\n%s", time.Duration(l.Now()), d)
	}
	if got := l.Counts().BelowMin; got != m.below {
		t.Fatalf("never told: %d, want %d", got, m.below)
	}
	compareNext(t, l, m.stories())
}
