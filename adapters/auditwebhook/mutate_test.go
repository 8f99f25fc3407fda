package auditwebhook

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mutation changes every entry of a body. keeps says whether the same Events
// must still come out; otherwise none, with dropped of the given reason for
// each that was there.
type mutation struct {
	name    string
	change  func(item map[string]any)
	keeps   bool
	dropped string
}

var mutations = []mutation{
	{"unknown fields", func(m map[string]any) { m["novel"] = map[string]any{"a": []any{1, "b"}}; m["stageTimestamp"] = 5 }, true, ""},
	{"unknown fields in the Event", func(m map[string]any) { set(m, "responseObject", "novel", []any{map[string]any{}}) }, true, ""},
	{"requestObject is YAML", func(m map[string]any) { m["requestObject"] = "count: 3\nkind: Event\n" }, true, ""},
	{"requestObject is a JSON patch", func(m map[string]any) { m["requestObject"] = []any{map[string]any{"op": "replace"}} }, true, ""},
	{"requestObject is a number", func(m map[string]any) { m["requestObject"] = 7 }, true, ""},
	{"requestObject is another Event", func(m map[string]any) {
		m["requestObject"] = map[string]any{"kind": "Event", "apiVersion": "v1", "reason": "Forged", "type": "Warning",
			"metadata": map[string]any{"name": "forged", "uid": "forged", "resourceVersion": "1"}}
	}, true, ""},
	{"same auditID for all", func(m map[string]any) { m["auditID"] = "spoofed-0001" }, true, ""},
	{"null annotations", func(m map[string]any) { m["annotations"] = nil }, true, ""},
	{"another stage", func(m map[string]any) { m["stage"] = "ResponseStarted" }, false, ""},
	{"panic stage", func(m map[string]any) { m["stage"] = "Panic" }, false, ""},
	{"no status", func(m map[string]any) { delete(m, "responseStatus") }, false, ""},
	{"refused 409", func(m map[string]any) { m["responseStatus"] = map[string]any{"code": 409} }, false, ""},
	{"failed 500", func(m map[string]any) { m["responseStatus"] = map[string]any{"code": 500} }, false, ""},
	{"dryRun=All", func(m map[string]any) { m["requestURI"] = m["requestURI"].(string) + query(m) + "dryRun=All" }, false, ""},
	{"dryRun without value", func(m map[string]any) { m["requestURI"] = m["requestURI"].(string) + query(m) + "dryRun" }, false, ""},
	{"dryRun in percent", func(m map[string]any) { m["requestURI"] = m["requestURI"].(string) + query(m) + "%64ryRun=x" }, false, ""},
	{"dryRun in a broken URI", func(m map[string]any) { m["requestURI"] = "%zz?dryRun=All" }, false, ""},
	{"deleted", func(m map[string]any) { m["verb"] = "delete" }, false, ""},
	{"read", func(m map[string]any) { m["verb"] = "get" }, false, ""},
	{"subresource", func(m map[string]any) { set(m, "objectRef", "subresource", "status") }, false, ""},
	{"an EventList", func(m map[string]any) { set(m, "responseObject", "kind", "EventList") }, false, ""},
	{"an Event of another group", func(m map[string]any) { set(m, "responseObject", "apiVersion", "eventing.example.com/v1") }, false, ""},
	{"truncated", func(m map[string]any) {
		delete(m, "responseObject")
		delete(m, "requestObject")
		m["annotations"] = map[string]any{"audit.k8s.io/truncated": "true"}
	}, false, dropTruncated},
	{"level Metadata", func(m map[string]any) { delete(m, "responseObject") }, false, dropNoObject},
	{"level Metadata of other resources", func(m map[string]any) {
		delete(m, "responseObject")
		m["objectRef"] = map[string]any{"resource": "events", "apiGroup": "example.com"}
	}, false, ""},
	{"old version", func(m map[string]any) { set(m, "responseObject", "apiVersion", "events.k8s.io/v1beta1") }, false, dropUnsupported},
	{"stage is a number", func(m map[string]any) { m["stage"] = 3 }, false, "every " + dropMalformed},
	{"responseObject is text", func(m map[string]any) { m["responseObject"] = "kind: Event" }, false, dropMalformed},
	{"count is text", func(m map[string]any) {
		set(m, "responseObject", "count", "many")
		set(m, "responseObject", "deprecatedCount", "many")
	}, false, dropMalformed},
	{"no uid", func(m map[string]any) {
		if md, ok := dig(m, "responseObject")["metadata"].(map[string]any); ok {
			delete(md, "uid")
		}
	}, false, dropMalformed},
}

func query(m map[string]any) string {
	if strings.Contains(m["requestURI"].(string), "?") {
		return "&"
	}
	return "?"
}

func dig(m map[string]any, key string) map[string]any {
	inner, _ := m[key].(map[string]any)
	return inner
}

func set(m map[string]any, object, key string, value any) {
	if inner := dig(m, object); inner != nil {
		inner[key] = value
	}
}

func TestMutations(t *testing.T) {
	for _, tc := range recorded {
		for _, m := range mutations {
			t.Run(tc.file+"/"+m.name, func(t *testing.T) {
				list := parse(t, read(t, tc.file))
				for i, item := range list["items"].([]any) {
					if strings.HasPrefix(m.dropped, "every ") || affected(m, tc.want, i) {
						m.change(item.(map[string]any))
					}
				}
				p, err := decode("pi", encode(t, list))
				if err != nil {
					t.Fatal(err)
				}
				want, drops := expectation(tc.want, tc.entries, m)
				if diff := cmp.Diff(want, tellings(t, tc.want, p.events), cmp.AllowUnexported(told{})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(drops, p.dropped); diff != "" {
					t.Errorf("dropped (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// affected: what keeps the Events may hit every entry; what takes them away is
// done to those that carry one, so that each is accounted for.
func affected(m mutation, want []told, i int) bool {
	return m.keeps || slices.ContainsFunc(want, func(w told) bool { return w.item == i })
}

func expectation(want []told, entries int, m mutation) ([]told, map[string]uint64) {
	switch {
	case m.keeps:
		return want, nil
	case strings.HasPrefix(m.dropped, "every "):
		return nil, map[string]uint64{strings.TrimPrefix(m.dropped, "every "): uint64(entries)}
	case m.dropped == "" || len(want) == 0:
		return nil, nil
	}
	return nil, map[string]uint64{m.dropped: uint64(len(want))}
}

// A broken entry, wherever it stands, costs only itself.
func TestBrokenEntryCostsOnlyItself(t *testing.T) {
	for _, tc := range recorded {
		list := parse(t, read(t, tc.file))
		items := list["items"].([]any)
		for at := range len(items) + 1 {
			list["items"] = slices.Insert(slices.Clone(items), at, any([]any{"broken"}))
			p, err := decode("pi", encode(t, list))
			if err != nil {
				t.Fatal(err)
			}
			got := tellings(t, tc.want, p.events)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(told{})); diff != "" || p.dropped[dropMalformed] != 1 {
				t.Errorf("%s, broken at %d: dropped %v (-want +got):\n%s", tc.file, at, p.dropped, diff)
			}
		}
	}
}

func TestBodies(t *testing.T) {
	tests := []struct {
		name, body string
		dropped    map[string]uint64
		wantErr    bool
	}{
		{"not JSON", `kind: EventList`, map[string]uint64{dropMalformed: 1}, false},
		{"empty", ``, map[string]uint64{dropMalformed: 1}, false},
		{"cut off", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"stage":`, map[string]uint64{dropMalformed: 1}, false},
		{"too deep", strings.Repeat("[", 20000), map[string]uint64{dropMalformed: 1}, false},
		{"no items", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1"}`, nil, false},
		{"null items", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":null}`, nil, false},
		{"null item", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[null]}`, nil, false},
		{"a core EventList", `{"kind":"EventList","apiVersion":"v1","items":[]}`, nil, true},
		{"an alert of somebody else", `{"version":"4","alerts":[]}`, nil, true},
	}
	for _, tc := range tests {
		p, err := decode("pi", []byte(tc.body))
		if (err != nil) != tc.wantErr || len(p.events) != 0 {
			t.Errorf("%s: %d events, error %v; want error: %t", tc.name, len(p.events), err, tc.wantErr)
		}
		if diff := cmp.Diff(tc.dropped, p.dropped); diff != "" {
			t.Errorf("%s: dropped (-want +got):\n%s", tc.name, diff)
		}
	}
}

// FuzzDecode: whatever comes, each entry is at most one Event or one drop, and
// an Event that comes out is a valid CloudEvent made of its entry's
// responseObject.
func FuzzDecode(f *testing.F) {
	f.Add(small)
	for _, tc := range recorded {
		f.Add(read(f, tc.file))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decode("pi", body)
		if err != nil && (len(p.events) > 0 || len(p.dropped) > 0) {
			t.Fatalf("error %v with %d events, dropped %v", err, len(p.events), p.dropped)
		}
		var drops uint64
		for _, n := range p.dropped {
			drops += n
		}
		if n := uint64(len(p.events)) + drops; n > max(uint64(p.entries), 1) {
			t.Fatalf("%d events and drops from %d entries", n, p.entries)
		}
		for i := range p.events {
			if err := p.events[i].Validate(); err != nil {
				t.Fatalf("event %d: %v", i, err)
			}
			if !json.Valid(p.events[i].Data()) {
				t.Fatalf("event %d: data is not JSON", i)
			}
			uid, _, _ := strings.Cut(p.events[i].ID(), ".")
			if json.Valid([]byte(`"`+uid+`"`)) && isPlain(uid) && !bytes.Contains(body, []byte(uid)) {
				t.Fatalf("event %d: id %q is not from the body", i, p.events[i].ID())
			}
		}
	})
}

func isPlain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '-' || r > 'z' || r == '\\' }) < 0
}
