package card

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Test is a message that only shows that the way to the readers is open.
type Test struct{ SentAt time.Time }

// Heartbeat says once a day that Edgebell is alive, and how it has been since
// the last one.
type Heartbeat struct {
	SentAt time.Time
	// Since is how long ago, by the ledger's clock, the last one was; zero for
	// the first.
	Since                       time.Duration
	Cards, Occurrences, Dropped int64 // since then
	Offline                     time.Duration
	Groups, Waiting             int
	Oldest                      time.Duration // of what waits
	Usage                       Usage
	// Broken are the routes that cannot tell anything, in their order.
	Broken []Broken
}

// Broken is a route on which nothing passes, and for how long.
type Broken struct {
	Route string
	For   time.Duration
}

// Usage is what the metered link has carried.
type Usage struct {
	Day, Month int64 // bytes
	Budget     int64 // bytes a day; 0 when there is none
}

// Budget says that the day's budget holds messages back.
type Budget struct {
	Usage
	// Hard: nothing but critical alerts is told today; Withheld groups wait.
	Hard     bool
	Withheld int
	// Yesterday: what follows was held back the day before.
	Yesterday bool
}

// Test renders a test message.
func (r *Renderer) Test(schema Schema, t Test) (Message, error) {
	w := r.words
	return r.own(schema, TopicTest, w.test, joinLines(w.testSays, w.at+" "+r.stamp(t.SentAt, time.Time{}, seconds)+" ("+r.zone.String()+")"))
}

// Heartbeat renders the daily sign of life.
func (r *Renderer) Heartbeat(schema Schema, h Heartbeat) (Message, error) {
	return r.own(schema, TopicHeartbeat, r.words.alive, r.heartbeat(h))
}

func (r *Renderer) heartbeat(h Heartbeat) string {
	w := r.words
	since := w.sinceStart
	if h.Since > 0 {
		since = fmt.Sprintf(w.sinceLast, w.duration(h.Since))
	}
	lines := []string{
		since + fmt.Sprintf(w.did, h.Cards, h.Occurrences),
		fmt.Sprintf(w.groupsNow, h.Groups),
	}
	for _, b := range h.Broken {
		lines = append(lines, "⚠ "+fmt.Sprintf(w.brokenRoute, b.Route, w.duration(b.For)))
	}
	if h.Waiting > 0 {
		lines = append(lines, "⚠ "+fmt.Sprintf(w.waitingNow, h.Waiting, w.duration(h.Oldest)))
	}
	if h.Dropped > 0 {
		lines = append(lines, "⚠ "+fmt.Sprintf(w.lostNow, h.Dropped))
	}
	if h.Offline > 0 {
		lines = append(lines, fmt.Sprintf(w.offlineFor, w.duration(h.Offline)))
	}
	return joinLines(append(lines, r.usage(h.Usage))...)
}

func (r *Renderer) usage(u Usage) string {
	day := byteSize(int(u.Day))
	if u.Budget > 0 {
		day += " / " + byteSize(int(u.Budget))
	}
	return fmt.Sprintf(r.words.usage, day, byteSize(int(u.Month)))
}

// budget is the line about a budget that holds messages back.
func (r *Renderer) budget(b *Budget) []string {
	if b == nil {
		return nil
	}
	w, used, of := r.words, byteSize(int(b.Day)), byteSize(int(b.Budget))
	switch {
	case b.Hard:
		return []string{"⚠ " + fmt.Sprintf(w.budgetHard, used, of, b.Withheld)}
	case b.Yesterday:
		return []string{"⚠ " + w.budgetYesterday}
	}
	return []string{"⚠ " + fmt.Sprintf(w.budgetSoft, used, of)}
}

// own is a small message of Edgebell's own.
func (r *Renderer) own(schema Schema, topic, title, told string) (Message, error) {
	first, _, _ := strings.Cut(told, "\n")
	sum := sha256.Sum256([]byte(told))
	id, color := hex.EncodeToString(sum[:4]), severityColor(Info)
	return r.squeeze(schema, View{
		Topic: topic, ID: id,
		Color: color.template, Mark: color.mark, Title: title, Subtitle: r.subtitle(""),
		Summary: joinDots(title, first), Headline: told,
		Footer: r.footer(id, title),
	}, true)
}
