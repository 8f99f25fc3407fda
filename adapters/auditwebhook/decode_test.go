package auditwebhook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent"
)

// told is what is to come out of an entry.
type told struct {
	item                     int
	id, subject, typ, reason string
	count                    int64
	lastSeen                 string
}

// recorded are bodies as an API server posted them (K3S 1.36), every entry of
// which was read by hand: what is not listed must not come out. The refusals,
// deletes, dry runs and requests that look like Events are among them.
var recorded = []struct {
	file    string
	entries int
	want    []told
}{
	{"core-v1-create-normal-NodeNotReady-on-node.json", 8, []told{
		{1, "dd93c7d8-135c-427e-b881-87184df88b46.457", "/Node/lab-node", "Normal", "NodeNotReady", 1, "2026-11-24T08:57:06Z"},
		{3, "e3c30514-f97e-426c-86d8-69c06e090604.459", "edge/Pod/too-big", "Warning", "FailedScheduling", 1, "2026-11-24T08:57:06.856363Z"},
		{5, "36f15546-7d3a-4c84-bfde-aa594815f135.461", "edge/HorizontalPodAutoscaler/web", "Warning", "FailedGetResourceMetric", 3, "2026-11-24T08:57:06Z"},
		{7, "390c679e-5ed9-4bc3-b731-6fa78c9ba612.462", "edge/HorizontalPodAutoscaler/web", "Warning", "FailedComputeMetricsReplicas", 3, "2026-11-24T08:57:06Z"},
	}},
	{"core-v1-create-normal-SuccessfulCreate.json", 2, []told{
		{1, "d43c2583-e699-47ee-968c-9844ec1e4d3d.444", "edge/CronJob/every-minute", "Normal", "SuccessfulCreate", 1, "2026-11-24T08:57:00Z"},
	}},
	{"core-v1-create-normal-k3s-AppliedManifest.json", 1, []told{
		{0, "d0dfaf6d-39cb-47df-95d3-b3b65a8c75b3.1669", "kube-system/Addon/ccm", "Normal", "AppliedManifest", 1, "2026-11-24T09:27:36Z"},
	}},
	{"core-v1-create-warning-BackoffLimitExceeded.json", 2, []told{
		{1, "09c855e6-af57-4d11-940a-8136d4770497.471", "edge/Job/backup", "Warning", "BackoffLimitExceeded", 1, "2026-11-24T08:57:14Z"},
	}},
	{"core-v1-create-warning-FailedCreate-quota.json", 6, []told{
		{1, "59911fe1-4741-4b0c-9c09-49a740259bb6.604", "/Endpoints/broken-svc", "Warning", "FailedToCreateEndpoint", 16, "2026-11-24T08:59:05Z"},
		{5, "33914050-913f-4bda-926f-95e6218f7527.605", "shop/ReplicaSet/quota-hog-5cfcd8d7cf", "Warning", "FailedCreate", 8, "2026-11-24T08:59:05Z"},
	}},
	{"core-v1-create-warning-FailedToUpdateEndpointSlices.json", 2, []told{
		{1, "e30255e1-d94b-44d6-949c-52de11a916f5.410", "noep/Service/broken-svc", "Warning", "FailedToUpdateEndpointSlices", 1, "2026-11-24T08:56:24Z"},
	}},
	{"core-v1-delete.json", 5, nil},
	{"core-v1-patch-404-notfound.json", 2, nil},
	{"core-v1-patch-count-warning-FailedCreate-combined-from-similar.json", 2, []told{
		{1, "33914050-913f-4bda-926f-95e6218f7527.761", "shop/ReplicaSet/quota-hog-5cfcd8d7cf", "Warning", "FailedCreate", 9, "2026-11-24T09:01:49Z"},
	}},
	{"core-v1-patch-count-warning-FailedGetResourceMetric.json", 2, []told{
		{1, "36f15546-7d3a-4c84-bfde-aa594815f135.637", "edge/HorizontalPodAutoscaler/web", "Warning", "FailedGetResourceMetric", 13, "2026-11-24T08:59:36Z"},
	}},
	{"events-v1-create-warning-FailedScheduling-scheduler.json", 1, []told{
		{0, "a2f39d88-9275-4411-8816-983093cb35ac.1665", "edge/Pod/too-big", "Warning", "FailedScheduling", 1, "2026-11-24T09:27:33.916457Z"},
	}},
	{"policy-min-create-warning-no-managedFields.json", 1, []told{
		{0, "4e44f405-0aca-4020-ac18-3799c2a62b9b.1664", "edge/Pod/camera-0", "Warning", "BackOff", 1, "2026-11-24T08:50:00Z"},
	}},
	// 422 in both groups, 403, 400, and a delete in each group.
	{"refusals-422-403-400-deletes.json", 12, nil},
	// A patch, a series patch of events.k8s.io, a JSON patch (an array), a PUT
	// and a server-side apply that creates; then a dry run and a 409.
	{"writes-patches-apply-dryrun-409.json", 14, []told{
		{1, "fbe0f4c5-c507-403b-9ab8-08da1bb05d67.474", "edge/Pod/camera-0", "Warning", "BackOff", 2, "2026-11-24T08:52:00Z"},
		{3, "761e0911-f82d-4ece-bf08-62efd60ad5e6.475", "edge/Pod/camera-1", "Warning", "Failed", 8, "2026-11-24T08:56:00Z"},
		{5, "fbe0f4c5-c507-403b-9ab8-08da1bb05d67.476", "edge/Pod/camera-0", "Warning", "BackOff", 3, "2026-11-24T08:52:00Z"},
		{7, "fbe0f4c5-c507-403b-9ab8-08da1bb05d67.477", "edge/Pod/camera-0", "Warning", "BackOff", 4, "2026-11-24T08:52:00Z"},
		{9, "e8b9bf6f-93e8-4b2e-8790-dc85d4cac549.478", "edge/Pod/web-0", "Normal", "Started", 1, "2026-11-24T08:57:16Z"},
	}},
}

func TestRecordedBodies(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(recorded) {
		t.Fatalf("%d files in testdata, %d in the table (%v)", len(files), len(recorded), err)
	}
	for _, tc := range recorded {
		t.Run(tc.file, func(t *testing.T) {
			body := read(t, tc.file)
			p, err := decode("pi", body)
			if err != nil {
				t.Fatal(err)
			}
			if p.entries != tc.entries || len(p.dropped) != 0 {
				t.Errorf("entries %d, dropped %v; want %d, none", p.entries, p.dropped, tc.entries)
			}
			if diff := cmp.Diff(tc.want, tellings(t, tc.want, p.events), cmp.AllowUnexported(told{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			objects := responseObjects(t, body)
			for i, w := range tc.want {
				if i < len(p.events) {
					sameObject(t, objects[w.item], p.events[i])
				}
			}
		})
	}
}

// tellings brings events into the table's form; the items are the table's.
func tellings(t *testing.T, want []told, events []event.Event) (got []told) {
	t.Helper()
	for i := range events {
		ce := &events[i]
		ev, err := kubeevent.Decode(ce)
		if err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if ce.Source() != "/clusters/pi" || ce.Extensions()["origin"] != "audit" || ce.Type() != kubeevent.TypeEvent {
			t.Errorf("event %d: source %q, origin %v, type %q", i, ce.Source(), ce.Extensions()["origin"], ce.Type())
		}
		if !ce.Time().Equal(kubeevent.LastSeen(ev)) || ev.Type != ce.Extensions()["eventtype"] || ev.Reason != ce.Extensions()["reason"] {
			t.Errorf("event %d: attributes differ from the data: %s", i, ce)
		}
		item := -1
		if i < len(want) {
			item = want[i].item
		}
		got = append(got, told{item, ce.ID(), ce.Subject(), ev.Type, ev.Reason, kubeevent.Count(ev), ce.Time().UTC().Format(time.RFC3339Nano)})
	}
	return got
}

func responseObjects(t *testing.T, body []byte) (out []json.RawMessage) {
	t.Helper()
	var list struct {
		Items []struct{ ResponseObject json.RawMessage }
	}
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Items {
		out = append(out, item.ResponseObject)
	}
	return out
}

// sameObject holds the data against the stored object, field by field.
func sameObject(t *testing.T, raw json.RawMessage, ce event.Event) {
	t.Helper()
	var want, got corev1.Event
	if strings.Contains(string(raw), `"apiVersion":"events.k8s.io/v1"`) && strings.Contains(string(raw), `"regarding"`) {
		var in eventsv1.Event
		if err := json.Unmarshal(raw, &in); err != nil {
			t.Fatal(err)
		}
		want = *kubeevent.FromEventsV1(&in)
	} else if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	want.ManagedFields = nil
	if err := json.Unmarshal(ce.Data(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-stored +sent):\n%s", ce.ID(), diff)
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// oversize is a body as a 300 kB message makes it: the object comes twice.
func oversize(t testing.TB) []byte {
	t.Helper()
	list := parse(t, read(t, "policy-min-create-warning-no-managedFields.json"))
	item := list["items"].([]any)[0].(map[string]any)
	for _, key := range []string{"requestObject", "responseObject"} {
		item[key].(map[string]any)["message"] = strings.Repeat("x", 300_000)
	}
	return encode(t, list)
}

func TestOversizeMessageComesWhole(t *testing.T) {
	p, err := decode("pi", oversize(t))
	if err != nil || len(p.events) != 1 || len(p.dropped) != 0 {
		t.Fatalf("%d events, dropped %v, %v; want 1, none", len(p.events), p.dropped, err)
	}
	ev, err := kubeevent.Decode(&p.events[0])
	if err != nil || len(ev.Message) != 300_000 {
		t.Fatalf("message of %d bytes, %v; want 300000", len(ev.Message), err)
	}
}

func parse(t testing.TB, body []byte) (list map[string]any) {
	t.Helper()
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func encode(t testing.TB, list any) []byte {
	t.Helper()
	body, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
