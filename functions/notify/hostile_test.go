package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

type fields = map[string]any

// Everywhere holds what is true of a message in every channel, whose packages
// this one's tests cannot import. No line of a text may begin as one of imitated.
var Everywhere func(t *testing.T, o Outgoing, imitated []string)

// hostile is an Event of core/v1 as JSON, with what a test changes in it:
// "involvedObject.name" goes down.
func hostile(change fields) fields {
	now := time.Now().UTC().Format(time.RFC3339)
	ev := fields{
		"apiVersion": "v1", "kind": "Event",
		"metadata":       fields{"namespace": "shop", "name": "web-0.17a1b2c3d4e5f607", "uid": "u-1", "resourceVersion": "7"},
		"involvedObject": fields{"kind": "Pod", "namespace": "shop", "name": "web-0"},
		"type":           "Warning", "reason": "Unhealthy", "message": "probe failed", "source": fields{"component": "kubelet", "host": "pi-1"},
		"count": 3, "firstTimestamp": now, "lastTimestamp": now,
	}
	for path, value := range change {
		in, keys := ev, strings.Split(path, ".")
		for _, k := range keys[:len(keys)-1] {
			if in[k] == nil {
				in[k] = fields{}
			}
			in = in[k].(fields)
		}
		in[keys[len(keys)-1]] = value
	}
	return ev
}

// offer posts an Event as a CloudEvent and says how it was answered.
func (h *botHarness) offer(t *testing.T, ev fields) (status int, answer string) {
	t.Helper()
	body, err := json.Marshal(fields{
		"specversion": "1.0", "id": "1", "type": wire.TypeEvent, "source": "/clusters/pi", "datacontenttype": "application/json", "data": ev,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h.handed(body)
}

// handed hands in a CloudEvent.
func (h *botHarness) handed(body []byte) (status int, answer string) {
	req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/cloudevents+json")
	rec := httptest.NewRecorder()
	h.f.Handler().ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

var footer = regexp.MustCompile(`(?m)^(?:集群 .* · )?id [0-9a-f]{8}(?: · edgebell)?$`)

// checkTold holds what is true of every card, whatever was said: it is what the
// bot takes, calls nobody, links nowhere, holds nothing that is not seen, and
// its own signs and its footer stand where it put them.
func checkTold(t *testing.T, m feishutest.Message) {
	t.Helper()
	if len(m.Mentions) > 0 || len(m.Links) > 0 || len(m.Warnings) > 0 {
		t.Errorf("live mentions %q, links %q, warnings %q", m.Mentions, m.Links, m.Warnings)
	}
	if len(m.Raw) > 18<<10 {
		t.Errorf("a card of %d bytes", len(m.Raw))
	}
	text := m.Plain()
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)) {
			t.Errorf("%U is told: %q", r, text)
		}
	}
	if n := len(footer.FindAllString(text, -1)); n != 1 {
		t.Errorf("%d footers:\n%s", n, text)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.ContainsAny(line, "🔴🟠🔵🟢") || strings.HasPrefix(line, "⚠") && !strings.HasPrefix(line, "⚠ 事件写在命名空间 ") {
			t.Errorf("a line passes for our own: %q", line)
		}
	}
}

// told are the ways in which what the ledger holds is told: alone, as over, and
// among others.
func (h *botHarness) told(t *testing.T) []Outgoing {
	t.Helper()
	groups, err := h.l.Groups()
	if err != nil || len(groups) != 1 {
		t.Fatalf("%d stories, error %v", len(groups), err)
	}
	alone := Outgoing{Groups: groups, Route: "fresh", SentAt: time.Now()}
	over, among := alone, alone
	over.Groups = []alert.Group{groups[0]}
	over.Groups[0].State = alert.Recovered
	among.Groups, among.Digest = []alert.Group{groups[0], groups[0]}, true
	return []Outgoing{alone, over, among}
}

// TestDeception takes each from the CloudEvent through the ledger to the card
// as the bot took it.
func TestDeception(t *testing.T) {
	for _, d := range deceptions() {
		t.Run(d.name, func(t *testing.T) { synctest.Test(t, d.try) })
	}
}

func (d deception) try(t *testing.T) {
	h := newBotHarness(t, feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}})
	h.f.cfg.MaxBodyBytes = 2 << 20
	defer h.start(t)()
	status, answer := h.offer(t, hostile(d.change))
	if d.refused != "" {
		if status != http.StatusBadRequest || !strings.Contains(answer, d.refused) {
			t.Errorf("answer %d %s, want 400 with %q", status, answer, d.refused)
		}
		return
	}
	if status != http.StatusNoContent {
		t.Fatalf("answer %d %s", status, answer)
	}
	time.Sleep(time.Minute)
	told := h.bot.Messages()
	if n := len(h.bot.Answers()); len(told) != 1 || n != 1 {
		t.Fatalf("%d messages in %d tries, want 1", len(told), n)
	}
	checkTold(t, told[0])
	for _, o := range h.told(t) {
		Everywhere(t, o, d.imitated)
	}
	text := told[0].Plain()
	for _, s := range d.has {
		if !strings.Contains(text, s) {
			t.Errorf("%q is missing:\n%s", s, text)
		}
	}
	for _, s := range d.hasNot {
		if strings.Contains(text, s) {
			t.Errorf("%q is told:\n%s", s, text)
		}
	}
}

// TestNobodySilencesAnother: good news from another's namespace end nothing,
// neither they nor bad ones touch the story, and its own do end it.
func TestNobodySilencesAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBotHarness(t, feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}})
		h.f.cfg.Recovery = ""
		defer h.start(t)()
		must := func(change fields) {
			t.Helper()
			if status, answer := h.offer(t, hostile(change)); status != http.StatusNoContent {
				t.Fatalf("answer %d %s", status, answer)
			}
		}
		must(nil)
		time.Sleep(time.Minute)
		for i := range 20 {
			must(fields{
				"metadata.namespace": "evil", "metadata.name": fmt.Sprint("x.", i), "metadata.uid": fmt.Sprint("x", i),
				"type": "Normal", "reason": "Started", "count": 1,
			})
		}
		time.Sleep(30 * time.Minute)
		if told := h.bot.Messages(); len(told) != 1 {
			t.Fatalf("%d messages, want the trouble alone; the last is\n%s", len(told), told[len(told)-1].Plain())
		}
		must(fields{"metadata.name": "web-0.1", "metadata.uid": "u-2", "type": "Normal", "reason": "Started"})
		time.Sleep(30 * time.Minute)
		if told := h.bot.Messages(); len(told) != 2 || !strings.Contains(told[1].Title, "已恢复") {
			t.Fatalf("%d messages, want the end as well", len(told))
		}
	})
}

// TestCountsGoBackwards: what comes again under a used uid adds its excess
// alone, and another's Event of the same name is another's.
func TestCountsGoBackwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBotHarness(t, feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}})
		defer h.start(t)()
		for _, n := range []int{5, 3, 1, 5, -7, 6} {
			h.offer(t, hostile(fields{"count": n}))
			h.offer(t, hostile(fields{"count": n, "metadata.namespace": "evil", "involvedObject.namespace": "evil"}))
		}
		time.Sleep(time.Minute)
		for _, m := range h.bot.Messages() {
			if !strings.Contains(m.Plain(), "Unhealthy · 6 次") {
				t.Errorf("told:\n%s", m.Plain())
			}
		}
		if n := len(h.bot.Messages()); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})
}

// FuzzDeception holds checkTold for whatever an Event may say.
func FuzzDeception(f *testing.F) {
	for _, d := range deceptions() {
		ev := hostile(d.change)
		object, meta, source := ev["involvedObject"].(fields), ev["metadata"].(fields), ev["source"].(fields)
		message := fmt.Sprint(ev["message"])
		f.Add(message[:min(len(message), 4000)], fmt.Sprint(ev["reason"]), fmt.Sprint(object["kind"]), fmt.Sprint(object["namespace"]),
			fmt.Sprint(object["name"]), fmt.Sprint(meta["namespace"]), fmt.Sprint(source["host"]), fmt.Sprint(ev["lastTimestamp"]), int32(3))
	}
	f.Fuzz(func(t *testing.T, message, reason, kind, namespace, name, written, host, at string, count int32) {
		synctest.Test(t, func(t *testing.T) {
			h := newBotHarness(t, feishutest.Options{Secret: testSecret, Keywords: []string{"edgebell"}})
			defer h.start(t)()
			status, answer := h.offer(t, hostile(fields{
				"message": message, "reason": reason, "involvedObject.kind": kind, "involvedObject.namespace": namespace,
				"involvedObject.name": name, "metadata.namespace": written, "source.host": host, "lastTimestamp": at, "count": count,
			}))
			if status == http.StatusBadRequest {
				return
			}
			if status != http.StatusNoContent {
				t.Fatalf("answer %d %s", status, answer)
			}
			time.Sleep(time.Minute)
			told := h.bot.Messages()
			if len(told) != 1 {
				t.Fatalf("%d messages", len(told))
			}
			checkTold(t, told[0])
			Everywhere(t, h.told(t)[uint32(count)%3], nil) // all of them would take most of the time
		})
	})
}
