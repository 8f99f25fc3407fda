package card

import (
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string // every line of the error; empty: none
	}{
		{"unset is the default", Config{}, ""},
		{"all set", Config{Schema: Post, Language: "en", Title: "Plant 7", Timezone: "Europe/Berlin"}, ""},
		{"schema", Config{Schema: "3"}, `CARD_SCHEMA "3": must be 2.0, 1.0 or post`},
		{"language", Config{Language: "fr"}, `CARD_LANGUAGE "fr": must be zh or en`},
		{"title", Config{Title: strings.Repeat("x", 101)}, `CARD_TITLE of 101 bytes: must be at most 100`},
		{"zone", Config{Timezone: "Beijing"}, `TIMEZONE "Beijing": must be a name of the IANA time zone database such as Asia/Shanghai, Europe/Berlin or UTC`},
		{"local", Config{Timezone: "Local"}, `TIMEZONE "Local": must be a name of the IANA time zone database such as Asia/Shanghai, Europe/Berlin or UTC`},
		{"two at once", Config{Schema: "x", Language: "x"}, "CARD_SCHEMA \"x\": must be 2.0, 1.0 or post\nCARD_LANGUAGE \"x\": must be zh or en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got string
			if err := tt.cfg.Validate(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestNewRefusesKeyword(t *testing.T) {
	for _, kw := range []string{"two\nlines", " led", "a\u200bb", "<at", "\x1b[0m", strings.Repeat("x", 101)} {
		if _, err := New(Config{}, Options{Keyword: kw}); err == nil || !strings.HasPrefix(err.Error(), "FEISHU_KEYWORD: must be") {
			t.Errorf("New with keyword %q: %v", kw, err)
		}
	}
}

func TestSimpler(t *testing.T) {
	var got []Schema
	for s, ok := V2, true; ok; s, ok = s.Simpler() {
		got = append(got, s)
	}
	if len(got) != 3 || got[1] != V1 || got[2] != Post {
		t.Errorf("from 2.0 down: %q", got)
	}
}

func TestUnknownSchema(t *testing.T) {
	if _, err := testRenderer(t, "en").Single("text", Story{}); err == nil {
		t.Error("Single took schema text, in which mentions are live")
	}
}

// TestKeywordOnce holds that a title of ours which has the keyword is enough.
func TestKeywordOnce(t *testing.T) {
	r, err := New(Config{Language: "en"}, Options{Keyword: "crashing"})
	if err != nil {
		t.Fatal(err)
	}
	s := storyOf(t, "synthetic-backoff")
	msg, err := r.Single(V1, s)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(msg.Payload), "crashing"); n != 1 {
		t.Errorf("keyword stands %d times, want once: %s", n, msg.Payload)
	}
}

func TestTitleAndCluster(t *testing.T) {
	r, err := New(Config{Language: "en", Title: "Plant 7"}, Options{Cluster: "here"})
	if err != nil {
		t.Fatal(err)
	}
	for cluster, want := range map[string]string{"": "Plant 7 · cluster here", "there": "Plant 7 · cluster there"} {
		if got := r.subtitle(cluster); got != want {
			t.Errorf("subtitle(%q) = %q, want %q", cluster, got, want)
		}
	}
}

// TestSameBytes holds that a message sent again is the same message.
func TestSameBytes(t *testing.T) {
	r, d := testRenderer(t, "zh"), digestOf(t)
	first, err := r.Digest(V2, d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Digest(V2, d)
	if err != nil {
		t.Fatal(err)
	}
	if string(first[0].Payload) != string(again[0].Payload) {
		t.Error("two renderings differ")
	}
}

// TestWorstStory holds that nothing a Group can hold makes a card too big.
func TestWorstStory(t *testing.T) {
	long := strings.Repeat(`"\`, 5000)
	a := alert.Alert{
		Cluster: long, Namespace: long, Kind: long, Name: long, Type: long, Reason: long,
		Component: long, Node: long, Message: long, MessageBytes: 1 << 30, Count: 1 << 60,
	}
	s := Story{Group: alert.Group{Newest: a, Folded: long, Total: 1 << 62, MoreObjects: 1 << 62}}
	s.Notices.Dropped = map[string]int64{}
	for i := range 100 {
		s.Group.Objects = append(s.Group.Objects, alert.Object{Name: long, Count: 1 << 62})
		s.Notices.Gaps = append(s.Notices.Gaps, Gap{Why: long, From: time.Unix(int64(i), 0)})
		s.Notices.Dropped[long[:i]] = 1 << 40
	}
	for _, schema := range schemas {
		for _, language := range languages {
			msg, err := testRenderer(t, language).Single(schema, s)
			if err != nil {
				t.Fatal(err)
			}
			checkSafe(t, schema, msg)
			t.Logf("%s %s: %d bytes", schema, language, len(msg.Payload))
		}
	}
}
