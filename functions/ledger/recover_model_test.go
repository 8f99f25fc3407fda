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
	objects                        map[string]*healObject
	total, delivered               int64
	due, sent, hold, healAt, touch time.Duration
	told, well, flaps              bool
}

type healObject struct {
	last, healed time.Time
	well         bool
}

func (m *healModel) over(g *healGroup) bool { return g.healAt != 0 && g.healAt <= m.now }

func (m *healModel) trouble(story, name string, at time.Time) {
	g := m.groups[story]
	if g == nil {
		g = &healGroup{objects: map[string]*healObject{}}
		m.groups[story] = g
	}
	if m.over(g) {
		g.flaps = m.now-g.healAt < m.cfg.RepeatInterval
	}
	o := g.objects[name]
	if o == nil {
		o = &healObject{}
		g.objects[name] = o
	}
	o.last, o.well = at, false
	g.healAt, g.touch = 0, m.now
	g.total++
	m.schedule(g)
	m.stored = m.now
}

func (m *healModel) schedule(g *healGroup) {
	if g.due != 0 || g.total <= g.delivered {
		return
	}
	g.due = max(m.now+m.cfg.GroupWait, 1)
	if g.told && !g.well {
		g.due = max(g.due, g.sent+m.cfg.RepeatInterval)
	}
}

func (m *healModel) news(story, name string, at time.Time, hold time.Duration) {
	g := m.groups[story]
	if g == nil || m.over(g) {
		return
	}
	o := g.objects[name]
	if o == nil || at.Before(o.last) || !at.After(o.healed) {
		return
	}
	m.stored = m.now
	o.healed, o.well = at, true
	if g.flaps {
		hold = max(hold, m.cfg.RepeatInterval)
	}
	g.hold, g.healAt = max(g.hold, m.now+hold), 0
	for _, o := range g.objects {
		if !o.well {
			return
		}
	}
	g.healAt = g.hold
}

func (m *healModel) dueAt(g *healGroup) time.Duration {
	at := g.due
	if g.healAt != 0 && g.told && !g.well && (at == 0 || g.healAt < at) {
		at = g.healAt
	}
	return at
}

func (m *healModel) state(g *healGroup) alert.State {
	if m.over(g) {
		return alert.Recovered
	}
	return alert.Firing
}

func (m *healModel) mark(story string, total int64, recovered bool) {
	m.stored = m.now
	g := m.groups[story]
	g.delivered = max(g.delivered, total)
	g.due, g.sent, g.told, g.well = 0, m.now, true, recovered
	m.schedule(g)
}

func (m *healModel) pass(d time.Duration) {
	for ; d >= m.sweep; m.sweep = sweepEvery {
		d -= m.sweep
		m.now += m.sweep
		before := len(m.groups)
		maps.DeleteFunc(m.groups, func(_ string, g *healGroup) bool { return m.dueAt(g) == 0 && m.now-g.touch > keepQuiet })
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
		if l, err = Open(cfg, quiet()); err != nil {
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
			m.trouble(s.story, name, a.Last)
			latest = name
			return Trouble(a)
		}
		a.Type, a.Reason = "Normal", s.news
		if name != latest {
			m.news(s.story, name, a.Last, s.hold)
		}
		return Report{Alert: a, Heals: a.Heals()}
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
			groups, err := l.Due(route)
			if err != nil {
				t.Fatal(err)
			}
			var meanwhile []Report
			latest = ""
			if rapid.Bool().Draw(t, "meanwhile") {
				meanwhile = append(meanwhile, draw(t, rapid.Bool().Draw(t, "trouble")))
			}
			send(t, meanwhile...)
			var marks []Mark
			for _, g := range groups {
				marks = append(marks, MarkOf(g))
				m.mark(g.Folded, g.Total, g.State == alert.Recovered)
			}
			if err := l.Delivered(context.Background(), route, marks, Notices{}); err != nil {
				t.Fatal(err)
			}
			m.stored = m.now
		},
		"sleep": func(t *rapid.T) {
			d := rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 9 * time.Hour}).Draw(t, "time")
			time.Sleep(d)
			synctest.Wait()
			m.pass(d)
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
}

func compareHeal(t *rapid.T, m *healModel, l *Ledger) {
	want, got := map[string]string{}, map[string]string{}
	for story, g := range m.groups {
		at := m.dueAt(g)
		want[story] = fmt.Sprint(m.state(g), " ", g.total, "/", g.delivered, " due ", at != 0 && at <= m.now)
	}
	due := map[string]bool{}
	groups, err := l.Due(route)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		due[g.Folded] = true
	}
	if groups, err = l.Groups(); err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		got[g.Folded] = fmt.Sprint(g.State, " ", g.Total, "/", g.Delivered[route], " due ", due[g.Folded])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("model and ledger at %s (-want +got):\n%s", time.Duration(l.Now()), d)
	}
}
