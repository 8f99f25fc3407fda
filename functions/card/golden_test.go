package card

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones do not depend on the machine

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/functions/alert"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	schemas   = []Schema{V2, V1, Post}
	languages = []string{"zh", "en"}
)

const testCluster = "edge-sh-0042"

// longMessages says how often the one character of a file's message stood in
// the recording: 300 kB of it are not worth keeping.
var longMessages = map[string]int{"synthetic-oversize-300kB": 300_000}

// told changes the story of a file before it is rendered; most are told half
// a minute after they happened, for the first time.
var told = map[string]func(*Story){
	"failed-create-quota-combined": func(s *Story) { // told before, and the link was down since
		s.Group.Delivered = map[string]int64{alert.DefaultRoute: 5}
		s.SentAt = s.SentAt.Add(2*time.Hour + 49*time.Minute)
	},
	"backoff-limit-exceeded": func(s *Story) { s.SentAt = s.SentAt.Add(30 * time.Hour) },
	"failed-create-job":      func(s *Story) { s.SentAt = s.SentAt.AddDate(-54, 0, 0) }, // a Pi without a clock
	"successful-create":      func(s *Story) { s.Group.State = alert.Recovered },
	"failed-create-storm": func(s *Story) {
		s.Notices = Notices{
			Dropped: map[string]int64{"no_room": 12, "some_new_reason": 1},
			Gaps:    []Gap{{From: s.Group.First.Add(-26 * time.Hour), To: s.Group.First, Why: "source_down"}},
		}
	},
}

func TestGolden(t *testing.T) {
	for _, name := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			story := storyOf(t, name)
			eachGolden(t, name, func(r *Renderer, schema Schema) []Message {
				msg, err := r.Single(schema, story)
				if err != nil {
					t.Fatal(err)
				}
				return []Message{msg}
			})
		})
	}
}

func TestGoldenDigest(t *testing.T) {
	d := digestOf(t)
	eachGolden(t, "all-in-one-digest", func(r *Renderer, schema Schema) []Message {
		parts, err := r.Digest(schema, d)
		if err != nil {
			t.Fatal(err)
		}
		msgs := make([]Message, len(parts))
		for i, p := range parts {
			msgs[i] = p.Message
		}
		return msgs
	})
}

func TestGoldenNotice(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	n := Notices{
		Dropped:  map[string]int64{"parked": 2, "no_room": 1234},
		Gaps:     []Gap{{From: at, To: at.Add(3 * time.Hour), Why: "ledger_damaged"}, {To: at, Why: "<at id=all></at>"}},
		MoreGaps: 3,
	}
	eachGolden(t, "own-notice", func(r *Renderer, schema Schema) []Message {
		msg, err := r.Notice(schema, n)
		if err != nil {
			t.Fatal(err)
		}
		return []Message{msg}
	})
}

// eachGolden compares what render gives in every schema and language.
func eachGolden(t *testing.T, name string, render func(*Renderer, Schema) []Message) {
	t.Helper()
	for _, schema := range schemas {
		for _, language := range languages {
			var out bytes.Buffer
			for _, msg := range render(testRenderer(t, language), schema) {
				checkSafe(t, schema, msg)
				if err := json.Indent(&out, msg.Payload, "", " "); err != nil {
					t.Fatal(err)
				}
				out.WriteByte('\n')
			}
			compare(t, filepath.Join("testdata", name+"."+string(schema)+"."+language+".golden.json"), out.String())
		}
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./functions/card -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func testRenderer(t testing.TB, language string) *Renderer {
	t.Helper()
	r, err := New(Config{Language: language}, Options{Keyword: "edgebell", Cluster: testCluster})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// recorded names the Events in testdata. Those named synthetic-* were made by
// hand (some of them were recorded from an API server all the same).
func recorded(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		if !strings.HasSuffix(p, ".golden.json") {
			names = append(names, strings.TrimSuffix(filepath.Base(p), ".json"))
		}
	}
	return names
}

func storyOf(t testing.TB, name string) Story {
	t.Helper()
	var g alert.Group
	for i, ev := range eventsOf(t, name) {
		a := alert.Alert{
			Cluster: testCluster, Component: kubeevent.Component(ev), Count: kubeevent.Count(ev),
			First: kubeevent.FirstSeen(ev), Last: kubeevent.LastSeen(ev),
			Namespace: ev.InvolvedObject.Namespace, Kind: ev.InvolvedObject.Kind, Name: ev.InvolvedObject.Name,
			Type: ev.Type, Reason: ev.Reason, Node: ev.Source.Host, Message: ev.Message,
			EventNamespace: ev.Namespace, EventName: ev.Name, EventUID: string(ev.UID),
		}.Bounded()
		if i == 0 {
			g = alert.NewGroup(a)
		}
		g.Add(a, a.Count)
	}
	s := Story{Group: g, Route: alert.DefaultRoute, SentAt: g.Last.Add(30 * time.Second)}
	if change := told[name]; change != nil {
		change(&s)
	}
	return s
}

// eventsOf reads a file of one Event, of either API group, or of several.
func eventsOf(t testing.TB, name string) []*corev1.Event {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	if raw[0] != '[' {
		list = []json.RawMessage{raw}
	} else if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	var out []*corev1.Event
	for _, raw := range list {
		ev := eventOf(t, raw)
		if n := longMessages[name]; n > 0 {
			ev.Message = strings.Repeat(ev.Message, n)
		}
		out = append(out, ev)
	}
	return out
}

func eventOf(t testing.TB, raw []byte) *corev1.Event {
	t.Helper()
	var ev corev1.Event
	if err := json.Unmarshal(raw, &ev); err != nil {
		t.Fatal(err)
	}
	if ev.APIVersion == "v1" {
		return &ev
	}
	var v1 eventsv1.Event
	if err := json.Unmarshal(raw, &v1); err != nil {
		t.Fatal(err)
	}
	return kubeevent.FromEventsV1(&v1)
}

// digestOf has every recorded story in it, told after three hours offline.
func digestOf(t testing.TB) Digest {
	t.Helper()
	sent := time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC)
	d := Digest{Route: alert.DefaultRoute, SentAt: sent, OfflineSince: sent.Add(-100 * time.Minute)}
	for _, name := range recorded(t) {
		s := storyOf(t, name)
		d.Groups = append(d.Groups, s.Group)
		if !s.Notices.Empty() {
			d.Notices = s.Notices
		}
	}
	return d
}
