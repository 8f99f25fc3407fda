//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/slack/slacktest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// brokenSlack is a Slack that answers 500, then hangs, until it is mended.
type brokenSlack struct {
	*webhooktest.Server
	hook   *slacktest.Hook
	mended chan struct{}

	mu    sync.Mutex
	tries int
	hung  int
	taken []webhooktest.Request
}

// errors500 is how many tries are answered before the first hangs.
const errors500 = 2

func newBrokenSlack(t *testing.T) *brokenSlack {
	t.Helper()
	s := &brokenSlack{hook: slacktest.NewHook(), mended: make(chan struct{})}
	s.Server = webhooktest.NewServer(s.judge)
	t.Cleanup(s.hook.Close)
	t.Cleanup(s.Close)
	return s
}

func (s *brokenSlack) judge(r webhooktest.Request) webhooktest.Reply {
	broken := webhooktest.Reply{Status: http.StatusInternalServerError, Body: "rollup_error"}
	select {
	case <-s.mended:
	default:
		if s.tried() <= errors500 {
			return broken
		}
		s.mu.Lock()
		s.hung++
		s.mu.Unlock()
		select {
		case <-s.mended:
		case <-r.Context().Done():
		}
		return broken
	}
	reply := s.hook.Judge(r)
	if reply.Status == http.StatusOK {
		s.mu.Lock()
		s.taken = append(s.taken, r)
		s.mu.Unlock()
	}
	return reply
}

// tried counts a try, this one included.
func (s *brokenSlack) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	return s.tries
}

func (s *brokenSlack) wantHung(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hung < n || len(s.taken) > 0 {
		return fmt.Errorf("%d tries hung, %d messages taken, want at least %d and none", s.hung, len(s.taken), n)
	}
	return nil
}

// said is one message of any channel: what can be read of it, and how often its
// story has happened by then.
type said struct {
	text  string
	total int64
}

var times = regexp.MustCompile(`×(\d+)`)

func saying(text string) said {
	m := said{text: text}
	if found := times.FindStringSubmatch(text); found != nil {
		m.total, _ = strconv.ParseInt(found[1], 10, 64)
	}
	return m
}

// said are the messages that Slack has taken.
func (s *brokenSlack) said(t *testing.T) (out []said) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.taken {
		var m struct {
			Text   string
			Blocks []struct{ Text struct{ Text string } }
		}
		if err := json.Unmarshal(r.Raw, &m); err != nil {
			t.Fatal(err)
		}
		lines := []string{m.Text}
		for _, b := range m.Blocks {
			lines = append(lines, b.Text.Text)
		}
		out = append(out, saying(strings.Join(lines, "\n")))
	}
	return out
}

// saidByWebhook are the stories that a receiver of the generic webhook has
// taken.
func saidByWebhook(t *testing.T, r *webhooktest.Receiver) (out []said) {
	t.Helper()
	replies := r.Replies()
	for i, req := range r.Requests()[:len(replies)] {
		m, err := webhooktest.Decode(req.Raw)
		if err != nil || replies[i].Status != http.StatusNoContent {
			t.Fatalf("webhook answers %d %s: %v", replies[i].Status, replies[i].Body, err)
		}
		for _, s := range m.Stories {
			out = append(out, said{strings.Join([]string{s.Reason, s.Namespace + "/" + s.Name, s.Message}, "\n"), s.Count})
		}
	}
	return out
}

func saidByFeishu(bot *feishutest.Bot) (out []said) {
	for _, m := range bot.Messages() {
		out = append(out, saying(text(m)))
	}
	return out
}

// lastOf is the latest total that a channel has told of a story, and in how
// many messages.
func lastOf(messages []said, reason, name string) (total int64, n int) {
	for _, m := range messages {
		if strings.Contains(m.text, reason) && strings.Contains(m.text, name) {
			total, n = m.total, n+1
		}
	}
	return total, n
}

// routeStates are what /status says of each route.
func routeStates(address string) (map[string]routeState, error) {
	var st struct{ Routes []routeState }
	if err := statusOf(address, &st); err != nil {
		return nil, err
	}
	out := map[string]routeState{}
	for _, r := range st.Routes {
		out[r.Route] = r
	}
	return out, nil
}

type routeState struct {
	Route   string
	Link    struct{ State, LastError string }
	Backlog struct{ Groups int }
}

// routedGroups reads a copy of the ledger of a function with routes.
func routedGroups(t *testing.T, dir string, routes ...string) []alert.Group {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(ledger.Config{Dir: copied, MaxBytes: 16 << 20, EventTTL: time.Hour, RepeatInterval: time.Hour}, ledger.WithRoutes(routes...))
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

// happened adds up what the API server holds of a story.
func happened(events []corev1.Event, g alert.Group) int64 {
	var sum told
	for _, ev := range events {
		if isOf(ev, g) {
			sum = sum.and(ev)
		}
	}
	return sum.Occurrences
}

// in puts an object of the namespace demo into another.
func in(ns string, o object) object {
	m, _ := o["metadata"].(object)
	o["metadata"] = object{"name": m["name"], "namespace": ns}
	if of, ok := o["involvedObject"].(object); ok {
		of["namespace"] = ns
	}
	return o
}

// aboutNode is an Event about a node, as the kubelet writes it.
func aboutNode(name, node, reason, message string, count int) object {
	ev := in("default", coreEvent(name, "Node", node, "Warning", reason, message, count))
	ev["involvedObject"] = object{"apiVersion": "v1", "kind": "Node", "name": node}
	return ev
}
