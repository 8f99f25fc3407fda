package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// TestLink: every tenth answer is lost after the hub has given it, and each
// connection has an address of its own.
func TestLink(t *testing.T) {
	from := map[string]bool{}
	given := 0
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.RemoteAddr, ":")
		from[host] = true
		given++
		w.WriteHeader(http.StatusNoContent)
	}))
	defer hub.Close()
	l, err := newLink(strings.TrimPrefix(hub.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	lost := 0
	for range 30 {
		resp, err := client.Post("http://"+l.at+"/", "text/plain", strings.NewReader("x"))
		if err != nil {
			lost++
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if lost != 3 || given != 30 || len(from) != 30 || l.lost.Load() != 3 {
		t.Errorf("%d lost, %d counted, of %d given, from %d addresses, want 3, 3, 30 and 30", lost, l.lost.Load(), given, len(from))
	}
}

func TestSaid(t *testing.T) {
	card := func(title string, texts ...string) feishutest.Message {
		return feishutest.Message{Title: title, Texts: texts}
	}
	w := wave{cards: []feishutest.Message{
		card("10 groups of alerts, 4188 occurrences"), card("Evicted · Pod a/b", "Evicted · ×70 since 00:00, last 00:01"),
		card("Evicted · Pod a/b", "Evicted · 5 more, ×75 since 00:00, last 00:01"),
	}}
	if n, parts := w.said(); n != 4188+70+5 || parts {
		t.Errorf("%d occurrences, in parts: %v, want 4263 and false", n, parts)
	}
	w.cards = append(w.cards, card("3 groups of alerts, 9 occurrences (1/2)"))
	if n, parts := w.said(); n != 4263+9 || !parts {
		t.Errorf("%d occurrences, in parts: %v, want 4272 and true", n, parts)
	}
}

// TestJudge: it takes what is right, and no more nor less.
func TestJudge(t *testing.T) {
	f := &fleet{sent: map[string]map[string]int64{}}
	g := f.has(7, registry)
	g.Newest.Cluster = edgeName(7)
	g.Delivered = map[string]int64{alert.DefaultRoute: g.Total}
	right := wave{groups: []alert.Group{g}, lost: 1}
	right.status.Ledger.Occurrences = g.Total
	h := &hub{fleet: f}
	if err := h.exact(right, f.sent); err != nil {
		t.Fatalf("refuses what is right: %v", err)
	}
	for what, spoil := range map[string]func(*wave){
		"one told too few": func(w *wave) { w.groups[0].Delivered = map[string]int64{alert.DefaultRoute: g.Total - 1} },
		"one counted twice": func(w *wave) {
			w.groups[0].Total++
			w.groups[0].Delivered = map[string]int64{alert.DefaultRoute: g.Total + 1}
		},
		"another cluster's":  func(w *wave) { w.groups[0].Newest.Cluster = edgeName(8) },
		"a story is missing": func(w *wave) { w.groups = nil },
		"something dropped":  func(w *wave) { w.status.Ledger.Dropped = map[string]int64{"no_room": 1} },
		"something merged":   func(w *wave) { w.status.Ledger.Coalesced = 1 },
		"no resends":         func(w *wave) { w.lost = 0 },
	} {
		w := right
		w.groups = append([]alert.Group(nil), right.groups...)
		spoil(&w)
		if h.exact(w, f.sent) == nil {
			t.Errorf("%s: is taken", what)
		}
	}
	one := wave{cards: []feishutest.Message{{Title: "Image pull failed", Subtitle: "1000 clusters", Texts: []string{"Failed · ×9"}}}}
	if err := one.shows(1000, registry); err != nil {
		t.Error(err)
	}
	if one.shows(37, registry) == nil || one.shows(1000, volumes) == nil || (wave{cards: append(one.cards, one.cards...)}).shows(1000, registry) == nil || (wave{}).cardsOf(1) == nil {
		t.Error("takes cards that are wrong, missing or two")
	}
}
