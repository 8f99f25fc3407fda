package ledger

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/edgebell/edgebell/functions/alert"
)

// modelRoutes are the routes of the models.
var modelRoutes = []string{route, "b"}

// modelStory is one story as the models know it: of each route, the list of
// what it has still to tell.
type modelStory struct {
	total         int64
	touch, repeat time.Duration
	below         *modelBelow // while too little came
	routes        map[string]*modelRoute

	hold, healAt time.Duration
	flaps        bool
}

type modelBelow struct {
	within time.Duration
	came   []time.Duration // each occurrence
}

type modelRoute struct {
	delivered  int64
	told, well bool
	sent       time.Duration
	news       []modelNews // oldest first
}

// modelNews is what came at once.
type modelNews struct {
	upTo  int64         // the story's total with it
	usual time.Duration // when it may be told but for a mute
	muted time.Duration // until when; 0 when it is not
}

func newStory() *modelStory { return &modelStory{routes: map[string]*modelRoute{}} }

func (s *modelStory) over(now time.Duration) bool { return s.healAt != 0 && s.healAt <= now }

func (s *modelStory) every(cfg Config) time.Duration {
	if s.repeat != 0 {
		return s.repeat
	}
	return cfg.RepeatInterval
}

// lapsed says that all that came too little has left its window.
func (s *modelStory) lapsed(now time.Duration) bool {
	return s.below != nil && s.below.came[len(s.below.came)-1]+s.below.within <= now
}

// neverTold is what no route has told.
func (s *modelStory) neverTold() int64 {
	n := s.total
	for _, r := range s.routes {
		n = min(n, s.total-r.delivered)
	}
	return n
}

func (s *modelStory) happen(now time.Duration, n int64, rep Report, cfg Config) {
	s.repeat = rep.Repeat
	s.gate(now, n, rep.Min)
	if s.over(now) {
		s.flaps = now-s.healAt < s.every(cfg)
	}
	s.healAt, s.touch = 0, now
	s.total += n
	for _, name := range modelRoutes {
		if s.routes[name] == nil && (rep.Routes == nil || slices.Contains(rep.Routes, name)) {
			s.routes[name] = &modelRoute{}
		}
	}
	if s.below != nil {
		return
	}
	for _, r := range s.routes {
		news := modelNews{upTo: s.total, usual: max(now+cfg.GroupWait, 1)}
		if r.told && !r.well {
			news.usual = max(news.usual, r.sent+s.every(cfg))
		}
		if rep.MutedFor > 0 {
			news.muted = now + rep.MutedFor
		}
		r.news = append(r.news, news)
	}
}

func (s *modelStory) gate(now time.Duration, n int64, min alert.MinCount) {
	if s.below == nil && min.N > 1 {
		done := s.over(now)
		for _, r := range s.routes {
			done = done && len(r.news) == 0 && (!r.told || r.well)
		}
		if done || s.total == 0 {
			s.below = &modelBelow{}
		}
	}
	if s.below == nil {
		return
	}
	b := s.below
	b.within = min.Within
	b.came = slices.DeleteFunc(b.came, func(at time.Duration) bool { return at+b.within <= now })
	for range n {
		b.came = append(b.came, now)
	}
	if len(b.came) >= min.N {
		s.below = nil
	}
}

// dueAt is when a route is to tell the story: with the first that is not muted,
// or when the last mute before it ends.
func (s *modelStory) dueAt(name string) (at time.Duration) {
	r := s.routes[name]
	if r == nil {
		return 0
	}
	sooner := func(t time.Duration) {
		if at == 0 || t < at {
			at = t
		}
	}
	loud := slices.IndexFunc(r.news, func(n modelNews) bool { return n.muted == 0 })
	if loud < 0 && len(r.news) > 0 {
		last := r.news[len(r.news)-1]
		return max(last.usual, last.muted)
	}
	if loud > 0 {
		sooner(max(r.news[loud-1].usual, r.news[loud-1].muted))
	}
	for _, n := range r.news {
		if n.muted == 0 {
			sooner(n.usual)
		}
	}
	if s.healAt != 0 && r.told && !r.well {
		sooner(s.healAt)
	}
	return at
}

func (s *modelStory) waits() bool {
	return slices.ContainsFunc(modelRoutes, func(name string) bool { return s.dueAt(name) != 0 })
}

func (s *modelStory) mark(name string, now time.Duration, total int64, recovered bool, cfg Config) {
	r := s.routes[name]
	r.delivered = max(r.delivered, min(total, s.total))
	r.told, r.well, r.sent = true, recovered, now
	r.news = slices.DeleteFunc(r.news, func(n modelNews) bool { return n.upTo <= r.delivered })
	for i := range r.news {
		r.news[i].usual = max(now+cfg.GroupWait, 1)
		if !recovered {
			r.news[i].usual = max(r.news[i].usual, now+s.every(cfg))
		}
	}
}

// forgotten says that a sweep takes the story away.
func (s *modelStory) forgotten(now time.Duration, cfg Config) bool {
	if s.below != nil {
		return s.lapsed(now)
	}
	return !s.waits() && now-s.touch > max(keepQuiet, 2*cfg.RepeatInterval, 2*cfg.EventTTL, 2*s.repeat)
}

// drawConditions draws how an occurrence is to be told.
func drawConditions(t *rapid.T) Report {
	if rapid.Bool().Draw(t, "plain") {
		return Report{}
	}
	return Report{
		Routes:   rapid.SampledFrom([][]string{nil, {route}, {"b"}, {"b", "unknown"}}).Draw(t, "routes"),
		MutedFor: rapid.SampledFrom([]time.Duration{0, 0, 3 * time.Second, 3 * time.Hour}).Draw(t, "muted"),
		Min:      rapid.SampledFrom([]alert.MinCount{{}, {}, {N: 2, Within: time.Minute}, {N: 12, Within: time.Hour}}).Draw(t, "min"),
		Repeat:   rapid.SampledFrom([]time.Duration{0, 10 * time.Minute, 2 * time.Hour}).Draw(t, "repeat"),
	}
}

// toldAll checks what is left once all that can be told was: each route of a story
// has told each of its occurrences once, any other none.
func toldAll(t *rapid.T, l *Ledger, stories map[string]*modelStory) {
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		s := stories[g.Folded]
		if s == nil || s.below != nil {
			continue
		}
		for _, name := range modelRoutes {
			want := s.total
			if s.routes[name] == nil {
				want = 0
			}
			if got := g.Delivered[name]; got != want {
				t.Errorf("%s on %s: told %d occurrences, want %d", g.Folded, name, got, want)
			}
		}
	}
}

// compareNext looks at when each route tells the next.
func compareNext(t *rapid.T, l *Ledger, stories map[string]*modelStory) {
	for _, name := range modelRoutes {
		var want time.Duration
		for _, s := range stories {
			if at := s.dueAt(name); at != 0 && (want == 0 || at < want) {
				want = at
			}
		}
		if got, ok := l.NextDue(name); time.Duration(got) != want || ok != (want != 0) {
			t.Fatalf("next due on %s: %s %t, want %s", name, time.Duration(got), ok, want)
		}
	}
}

// tellOn delivers some of what is due on a route; meanwhile happens while the
// card is on its way.
func tellOn(t *rapid.T, l *Ledger, name string, some int, meanwhile func()) (told []alert.Group) {
	groups, err := l.Due(name)
	if err != nil {
		t.Fatal(err)
	}
	told = groups[:min(some, len(groups))]
	meanwhile()
	var marks []Mark
	for _, g := range told {
		marks = append(marks, MarkOf(g))
	}
	if err := l.Delivered(context.Background(), name, marks, Notices{}); err != nil {
		t.Fatal(err)
	}
	return told
}
