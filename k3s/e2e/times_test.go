//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/ledger"
)

// holdWriters makes controllers and scheduler stand still, so that the API
// server's Events are the last word. goOn lets them go on.
func (c *cluster) holdWriters(t *testing.T) (goOn func()) {
	t.Helper()
	signal := func(s syscall.Signal) {
		for _, name := range []string{"controller-manager", "scheduler"} {
			pid, err := c.Component(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // at the test's end it may be gone
			}
			if err == nil {
				err = pid.Signal(s)
			}
			if err != nil {
				t.Errorf("%s %s: %v", s, name, err)
			}
		}
	}
	signal(syscall.SIGSTOP)
	held := true
	goOn = func() {
		if held {
			held = false
			signal(syscall.SIGCONT)
		}
	}
	t.Cleanup(goOn)
	return goOn
}

// told is what is said of one story.
type told struct {
	Occurrences int64
	First, Last time.Time
}

// wantStories compares the stories in the ledger of a function that has ended
// with the Warnings that the API server holds: how often, the first time and
// the last.
func (c *cluster) wantStories(t *testing.T, how, dir string) {
	t.Helper()
	groups := groupsIn(t, dir)
	got, want := map[string]told{}, map[string]told{}
	for _, g := range groups {
		got[storyName(g)] = told{g.Total, g.First.UTC(), g.Last.UTC()}
	}
	if len(got) != len(groups) {
		t.Fatalf("%s: %d names for %d stories", how, len(got), len(groups))
	}
	for _, ev := range c.heldWarnings(t) {
		i := slices.IndexFunc(groups, func(g alert.Group) bool { return isOf(ev, g) })
		if i < 0 {
			t.Errorf("%s: no story of Event %s about %s %s: %s", how, ev.Name, ev.InvolvedObject.Kind, ev.InvolvedObject.Name, ev.Reason)
			continue
		}
		name := storyName(groups[i])
		want[name] = want[name].and(ev)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 4 {
		t.Errorf("%d stories %s (-API server +ledger):\n%s", len(got), how, diff)
	}
}

// groupsIn reads a copy of the ledger: to open it is to write in it.
func groupsIn(t *testing.T, dir string) []alert.Group {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(ledger.Config{Dir: copied, MaxBytes: 16 << 20, EventTTL: time.Hour, RepeatInterval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	groups, err := l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func storyName(g alert.Group) string {
	return fmt.Sprintf("%s %s/%s: %s by %s", g.Newest.Kind, g.Newest.Namespace, g.Folded, g.Newest.Reason, g.Newest.Component)
}

func isOf(ev corev1.Event, g alert.Group) bool {
	component := ev.Source.Component
	if component == "" {
		component = ev.ReportingController
	}
	of := ev.InvolvedObject
	return of.Namespace == g.Newest.Namespace && of.Kind == g.Newest.Kind && ev.Reason == g.Newest.Reason && component == g.Newest.Component &&
		slices.ContainsFunc(g.Objects, func(o alert.Object) bool { return o.Name == of.Name })
}

// and adds one Event as kubectl would read it.
func (w told) and(ev corev1.Event) told {
	count, last := int64(max(ev.Count, 1)), ev.LastTimestamp.Time
	if ev.Series != nil {
		count, last = int64(ev.Series.Count), ev.Series.LastObservedTime.Time
	}
	first := ev.FirstTimestamp.Time
	if first.IsZero() {
		first = ev.EventTime.Time
	}
	if last.IsZero() {
		last = first
	}
	w.Occurrences += count
	if w.First.IsZero() || first.Before(w.First) {
		w.First = first.UTC()
	}
	if last.After(w.Last) {
		w.Last = last.UTC()
	}
	return w
}

// heldWarnings lists all Warnings.
func (c *cluster) heldWarnings(t *testing.T) []corev1.Event {
	t.Helper()
	_, answer := c.do(t, http.MethodGet, "/api/v1/events?fieldSelector=type%3DWarning", "", nil)
	var list corev1.EventList
	if err := json.Unmarshal(answer, &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}
