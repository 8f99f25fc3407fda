package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// script runs steps on a ledger with the routes a, b and c. After each it says
// what is due: "a:3 b:3!" is a total of 3 on a, and on b that it is over.
type script struct {
	t   *testing.T
	l   *Ledger
	n   int
	cfg Config
}

var scriptRoutes = []string{"a", "b", "c"}

func newScript(t *testing.T) *script {
	cfg := testConfig(tempDir(t))
	return &script{t: t, cfg: cfg, l: open(t, cfg, WithRoutes(scriptRoutes...))}
}

func (s *script) restart() {
	closeLedger(s.t, s.l)
	s.l = open(s.t, s.cfg, WithRoutes(scriptRoutes...))
}

// happens takes n occurrences of one story.
func (s *script) happens(n int64, r Report) {
	s.t.Helper()
	s.n++
	r.Alert, r.Rings = podEvent("db-0", "Warning", "FailedScheduling"), true
	r.Alert.EventName, r.Alert.Count = fmt.Sprint("db-0.", s.n), n
	s.take(r)
}

func (s *script) heals() {
	s.t.Helper()
	r := Report{Alert: podEvent("db-0", "Normal", "Scheduled")}
	r.Heals = r.Alert.Heals()
	s.take(r)
}

func (s *script) take(r Report) {
	s.t.Helper()
	if err := s.l.Take(context.Background(), []Report{r}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) due() []string {
	s.t.Helper()
	out := []string{}
	for _, route := range scriptRoutes {
		groups, err := s.l.Due(route)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, g := range groups {
			end := ""
			if g.State == alert.Recovered {
				end = "!"
			}
			out = append(out, fmt.Sprint(route, ":", g.Total, end))
		}
		if next, ok := s.l.NextDue(route); (ok && next <= s.l.Now()) != (len(groups) > 0) {
			s.t.Errorf("route %s: next due at %v %v, now %v, and %d groups are due", route, next, ok, s.l.Now(), len(groups))
		}
	}
	return out
}

func (s *script) want(what string, due ...string) {
	s.t.Helper()
	same(s.t, what, due, s.due())
}

// tells delivers what is due on a route.
func (s *script) tells(route string) {
	s.t.Helper()
	groups, err := s.l.Due(route)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mark(route, groups, "")
}

func (s *script) mark(route string, groups []alert.Group, ref string) {
	s.t.Helper()
	var marks []Mark
	for _, g := range groups {
		m := MarkOf(g)
		m.Ref, m.SentAt = ref, day
		marks = append(marks, m)
	}
	if err := s.l.Delivered(context.Background(), route, marks, Notices{}); err != nil {
		s.t.Fatal(err)
	}
}

func TestTell(t *testing.T) {
	const wait = 5 * time.Second
	min3 := alert.MinCount{N: 3, Within: 10 * time.Minute}
	for name, run := range map[string]func(s *script){
		"routes are the union": func(s *script) {
			s.happens(1, Report{Routes: []string{"a", "unknown"}})
			time.Sleep(wait)
			s.want("first", "a:1")
			s.happens(2, Report{Routes: []string{"c"}})
			s.want("c waits, a need not", "a:3")
			time.Sleep(wait)
			s.want("c tells it whole", "a:3", "c:3")
			s.tells("c")
			s.want("c told", "a:3")
			s.restart()
			s.happens(1, Report{Routes: []string{"a"}})
			time.Sleep(time.Hour)
			s.want("c stays", "a:4", "c:4")
		},
		"no route that is configured means all": func(s *script) {
			s.happens(1, Report{Routes: []string{"unknown"}})
			time.Sleep(wait)
			s.want("all", "a:1", "b:1", "c:1")
		},
		"the end only where the trouble was told": func(s *script) {
			s.happens(1, Report{Routes: []string{"a", "b"}})
			time.Sleep(wait)
			s.tells("a")
			s.heals()
			s.want("b still has the trouble to tell", "b:1")
			s.tells("b")
			time.Sleep(time.Minute)
			s.want("the end", "a:1!", "b:1!")
			s.tells("b")
			s.want("each by itself", "a:1!")
		},
		"a mute ends": func(s *script) {
			s.happens(1, Report{MutedFor: time.Hour, Routes: []string{"a"}})
			s.restart()
			time.Sleep(time.Hour - time.Nanosecond)
			s.want("muted")
			time.Sleep(time.Nanosecond)
			s.want("over", "a:1")
		},
		"of mutes the latest counts": func(s *script) {
			s.happens(1, Report{MutedFor: time.Hour, Routes: []string{"a"}})
			s.happens(1, Report{MutedFor: 2 * time.Hour, Routes: []string{"a"}})
			time.Sleep(time.Hour)
			s.want("longer")
			s.happens(1, Report{MutedFor: time.Minute, Routes: []string{"a"}})
			time.Sleep(time.Minute)
			s.want("shorter", "a:3")
		},
		"what is not muted ends a mute": func(s *script) {
			s.happens(1, Report{MutedFor: time.Hour, Routes: []string{"a"}})
			s.happens(1, Report{Routes: []string{"a"}})
			time.Sleep(wait)
			s.want("as usual", "a:2")
			s.happens(1, Report{MutedFor: time.Hour, Routes: []string{"a"}})
			s.want("a mute takes nothing back", "a:3")
		},
		"a repetition is muted": func(s *script) {
			s.happens(1, Report{Routes: []string{"a"}})
			time.Sleep(wait)
			s.tells("a")
			s.happens(1, Report{MutedFor: 3 * time.Hour, Routes: []string{"a"}})
			time.Sleep(3*time.Hour - time.Nanosecond)
			s.want("past the repeat interval")
			s.heals()
			time.Sleep(time.Nanosecond)
			s.want("the trouble", "a:2")
		},
		"an end within a mute waits for it": func(s *script) {
			s.happens(1, Report{Routes: []string{"a"}})
			time.Sleep(wait)
			s.tells("a")
			s.happens(1, Report{MutedFor: 3 * time.Hour, Routes: []string{"a"}})
			s.heals()
			time.Sleep(3*time.Hour - time.Nanosecond)
			s.want("well, but muted")
			time.Sleep(time.Nanosecond)
			s.want("then told", "a:2!")
		},
		"muted while a card was on its way": func(s *script) {
			s.happens(1, Report{Routes: []string{"a"}})
			time.Sleep(wait)
			groups, err := s.l.Due("a")
			if err != nil {
				s.t.Fatal(err)
			}
			s.happens(1, Report{MutedFor: 3 * time.Hour, Routes: []string{"a"}})
			s.mark("a", groups, "")
			time.Sleep(3*time.Hour - time.Nanosecond)
			s.want("what is left was muted")
			time.Sleep(time.Nanosecond)
			s.want("then", "a:2")
		},
		"muted and not, while a card was on its way": func(s *script) {
			s.happens(1, Report{MutedFor: wait, Routes: []string{"a"}})
			time.Sleep(wait)
			groups, err := s.l.Due("a")
			if err != nil {
				s.t.Fatal(err)
			}
			s.happens(1, Report{Routes: []string{"a"}})
			s.happens(1, Report{MutedFor: 3 * time.Hour, Routes: []string{"a"}})
			s.mark("a", groups, "")
			time.Sleep(time.Hour)
			s.want("one of what is left was not muted", "a:3")
		},
		"a minimum within its time": func(s *script) {
			s.happens(1, Report{Min: min3})
			time.Sleep(6 * time.Minute)
			s.happens(1, Report{Min: min3})
			time.Sleep(4 * time.Minute)
			s.happens(1, Report{Min: min3}) // the first has left
			time.Sleep(wait)
			s.want("two are too few")
			s.restart()
			s.happens(1, Report{Min: min3})
			s.want("not at once")
			time.Sleep(wait)
			s.want("with all that was", "a:4", "b:4", "c:4")
			for _, route := range scriptRoutes {
				s.tells(route)
			}
			s.happens(1, Report{Min: min3})
			time.Sleep(time.Hour)
			s.want("repeated as usual", "a:5", "b:5", "c:5")
		},
		"a count that jumps": func(s *script) {
			s.happens(3, Report{Min: min3, Routes: []string{"b"}})
			time.Sleep(wait)
			s.want("three at once", "b:3")
		},
		"below the minimum it goes": func(s *script) {
			s.happens(2, Report{Min: min3})
			time.Sleep(10 * time.Minute)
			s.happens(2, Report{Min: min3}) // whether or not it was swept
			same(s.t, "total", map[string]int64{"db-0": 2}, totals(s.t, s.l))
			time.Sleep(12 * time.Minute)
			same(s.t, "swept", map[string]int64{}, totals(s.t, s.l))
			same(s.t, "counts", Counts{Occurrences: 4, BelowMin: 4}, s.l.Counts())
			s.want("never told")
			same(s.t, "nor named", true, s.l.Notices().Empty())
		},
		"the minimum counts again when it was over": func(s *script) {
			a := []string{"a"}
			s.happens(3, Report{Min: min3, Routes: a})
			time.Sleep(wait)
			s.tells("a")
			s.heals()
			time.Sleep(time.Minute)
			s.happens(1, Report{Min: min3, Routes: a})
			time.Sleep(time.Hour)
			s.want("nobody was told that it is over: it goes on", "a:4")
			s.tells("a")
			s.heals()
			time.Sleep(time.Hour)
			s.want("the end", "a:4!")
			s.tells("a")
			s.happens(2, Report{Min: min3, Routes: a})
			time.Sleep(wait)
			s.want("too few")
			s.happens(1, Report{Min: min3, Routes: a})
			time.Sleep(wait)
			s.want("enough", "a:7")
		},
		"muted and at last enough": func(s *script) {
			s.happens(2, Report{Min: min3, Routes: []string{"a"}})
			s.happens(1, Report{Min: min3, Routes: []string{"a"}, MutedFor: time.Hour})
			time.Sleep(time.Hour - time.Nanosecond)
			s.want("muted")
			time.Sleep(time.Nanosecond)
			s.want("told", "a:3")
		},
		"of which nothing is asked": func(s *script) {
			s.happens(1, Report{Min: min3, Routes: []string{"a"}})
			s.happens(1, Report{Min: alert.MinCount{N: 1}, Routes: []string{"b"}})
			time.Sleep(wait)
			s.want("both", "a:2", "b:2")
		},
		"its own repeat interval": func(s *script) {
			often, seldom := Report{Routes: []string{"a"}, Repeat: 10 * time.Minute}, Report{Routes: []string{"a"}, Repeat: 3 * time.Hour}
			s.happens(1, often)
			time.Sleep(wait)
			s.tells("a")
			s.happens(1, seldom)
			time.Sleep(time.Hour)
			s.want("seldom")
			s.restart()
			s.happens(1, often)
			time.Sleep(wait)
			s.want("the latest decides", "a:3")
			s.tells("a")
			s.happens(1, Report{Routes: []string{"a"}})
			time.Sleep(time.Hour - time.Nanosecond)
			s.want("the configured one")
			time.Sleep(time.Nanosecond)
			s.want("is an hour", "a:4")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { run(newScript(t)) })
		})
	}
}

func TestRef(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		// read says the reference that a route would change next.
		read := func(route string) alert.Ref {
			t.Helper()
			groups, err := s.l.Groups()
			if err != nil || len(groups) != 1 {
				t.Fatal(groups, err)
			}
			return groups[0].Ref(route)
		}
		told := func(route, ref string, at time.Time) {
			t.Helper()
			groups, err := s.l.Groups()
			if err != nil || len(groups) != 1 {
				t.Fatal(groups, err)
			}
			m := MarkOf(groups[0])
			m.Ref, m.SentAt = ref, at
			if err := s.l.Delivered(t.Context(), route, []Mark{m}, Notices{}); err != nil {
				t.Fatal(err)
			}
		}
		first := alert.Ref{ID: "om_1", SentAt: day}
		s.happens(1, Report{})
		same(t, "before", alert.Ref{}, read("a"))
		told("a", "om_1", day)
		s.restart()
		same(t, "after a restart", first, read("a"))
		same(t, "on another route", alert.Ref{}, read("b"))
		told("a", "om_1", day.Add(time.Hour))
		same(t, "changed in place", first, read("a"))
		told("a", "", day)
		same(t, "told without one", first, read("a"))
		told("a", strings.Repeat("x", MaxRefBytes+1), day)
		same(t, "too long", first, read("a"))
		told("a", "om_2", day.Add(2*time.Hour))
		same(t, "another message", alert.Ref{ID: "om_2", SentAt: day.Add(2 * time.Hour)}, read("a"))
		s.heals()
		time.Sleep(time.Minute)
		same(t, "when it is over", "om_2", read("a").ID)
		told("a", "om_2", day)
		same(t, "when that was told", alert.Ref{}, read("a"))
		s.happens(1, Report{})
		told("a", "", day)
		same(t, "new trouble is a new message", alert.Ref{}, read("a"))
	})
}

// TestWakePerRoute shows that one receiver takes no other's signal.
func TestWakePerRoute(t *testing.T) {
	s := newScript(t)
	s.happens(1, Report{Routes: []string{"a"}})
	for _, route := range scriptRoutes {
		select {
		case <-s.l.Wake(route):
		default:
			t.Errorf("route %s was not woken", route)
		}
	}
	if s.l.Wake("unknown") != nil {
		t.Error("a route that is not configured has a channel")
	}
}

// TestOverflowRoutes shows that of the many stories in one row each route hears
// its own.
func TestOverflowRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig(tempDir(t))
		one := func(l *Ledger) { l.tune = func(lim *limits) { lim.groups, lim.perNamespace = 1, 1 } }
		l := open(t, cfg, WithRoutes(scriptRoutes...), one)
		story := func(i int, routes ...string) Report {
			return Report{Alert: numbered("shop", i, i), Rings: true, Routes: routes}
		}
		var reports []Report
		for i := range 10 {
			reports = append(reports, story(i, scriptRoutes[min(i/4, 1)])) // 4 for a, of which one has its own row; 6 for b
		}
		if err := l.Take(t.Context(), reports); err != nil {
			t.Fatal(err)
		}
		time.Sleep(cfg.GroupWait)
		got := map[string][]int64{}
		for _, route := range scriptRoutes {
			groups, err := l.Due(route)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range groups {
				got[route] = append(got[route], g.Undelivered(route))
			}
			slices.Sort(got[route])
		}
		same(t, "news", map[string][]int64{"a": {1, 3}, "b": {6}}, got)
	})
}

// TestRowsOfManyRoutesAreBounded fills a row with all that may stand in it.
func TestRowsOfManyRoutesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var routes []string
		for i := range 30 {
			routes = append(routes, fmt.Sprintf("route-%02d-%s", i, strings.Repeat("r", 40)))
		}
		l := open(t, testConfig(tempDir(t)), WithRoutes(routes...))
		for i := range 25 {
			a := numbered("shop", 1, i)
			a.Message = strings.Repeat("m", alert.MaxMessageBytes)
			if err := l.Take(t.Context(), []Report{{Alert: a, Rings: true, MutedFor: time.Hour, Repeat: time.Hour}}); err != nil {
				t.Fatal(err)
			}
		}
		groups, err := l.Groups()
		if err != nil || len(groups) != 1 {
			t.Fatal(groups, err)
		}
		m := MarkOf(groups[0])
		m.Ref, m.SentAt = strings.Repeat("x", MaxRefBytes), day
		for _, route := range routes {
			if err := l.Delivered(t.Context(), route, []Mark{m}, Notices{}); err != nil {
				t.Fatal(err)
			}
		}
		for fp, e := range l.index {
			if e.size > maxRow {
				t.Errorf("row %s has %d bytes", fp, e.size)
			}
		}
		have := l.have
		if err := l.reload(); err != nil {
			t.Fatal(err)
		}
		same(t, "bytes as counted and as on disk", l.have.bytes, have.bytes)
		if groups, err = l.Groups(); err != nil || groups[0].Delivered[routes[0]] != 25 || groups[0].Delivered[routes[29]] != 25 {
			t.Errorf("told: %v, error %v", groups[0].Delivered, err)
		}
	})
}
