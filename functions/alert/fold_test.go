package alert

import (
	stdcmp "cmp"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// recorded is a time near the minute stamps of the recordings.
var recorded = time.Date(2026, 11, 24, 10, 13, 7, 0, time.UTC) // minute 29925253

func TestFold(t *testing.T) {
	unset := time.Date(1970, 1, 1, 0, 3, 0, 0, time.UTC)
	tests := []struct {
		about, kind, name string
		near              time.Time
		want              string
	}{
		{"Deployment's Pod", "Pod", "sensor-gw-66869b676-8ls2m", recorded, "sensor-gw-*"},
		{"Deployment's Pod, long hash", "Pod", "coredns-5688667fd4-q8x2z", recorded, "coredns-*"},
		{"Deployment's Pod, short hash", "Pod", "web-5b8d7c-q8x2z", recorded, "web-*"},
		{"hash of five digits is a name", "Pod", "web-5b8d7-q8x2z", recorded, "web-5b8d7-*"},
		{"hash above 32 bits", "Pod", "web-8888888888-q8x2z", recorded, "web-8888888888-*"},
		{"the largest hash", "Pod", "web-86f8fbc6f9-q8x2z", recorded, "web-*"},
		{"one above the largest hash", "Pod", "web-86f8fbc6fb-q8x2z", recorded, "web-86f8fbc6fb-*"},
		{"hash with a leading zero", "Pod", "web-45b8d7c9-q8x2z", recorded, "web-45b8d7c9-*"},
		{"hash of eleven digits", "Pod", "web-55555555555-q8x2z", recorded, "web-55555555555-*"},
		{"safe letters that no hash has", "Pod", "web-chrptv-q8x2z", recorded, "web-chrptv-*"},
		{"only one hash is dropped", "Pod", "web-5b8d7c-6b8d7c9-q8x2z", recorded, "web-5b8d7c-*"},
		{"no index behind a hash", "Pod", "web-2-66869b676-8ls2m", recorded, "web-2-*"},
		{"Deployment's ReplicaSet", "ReplicaSet", "sensor-gw-66869b676", recorded, "sensor-gw-*"},
		{"ReplicaSet by hand", "ReplicaSet", "sensor-gw", recorded, "sensor-gw"},
		{"ReplicaSet like a Pod", "ReplicaSet", "sensor-gw-8ls2m", recorded, "sensor-gw-8ls2m"},
		{"Deployment keeps its name", "Deployment", "sensor-gw-66869b676", recorded, "sensor-gw-66869b676"},

		{"DaemonSet's Pod", "Pod", "svclb-traefik-8ls2m", recorded, "svclb-traefik-*"},
		{"Job's Pod", "Pod", "helm-install-traefik-wpzsk", recorded, "helm-install-traefik-*"},
		{"suffix of four", "Pod", "web-8ls2", recorded, "web-8ls2"},
		{"suffix of six", "Pod", "web-8ls2mm", recorded, "web-8ls2mm"},
		{"a vowel", "Pod", "web-8lsam", recorded, "web-8lsam"},
		{"0, 1 and 3 are not safe", "Pod", "web-80132", recorded, "web-80132"},
		{"upper case", "Pod", "web-8LS2M", recorded, "web-8LS2M"},

		{"StatefulSet's Pod", "Pod", "db-0", recorded, "db-0"},
		{"StatefulSet's Pod, high ordinal", "Pod", "db-12", recorded, "db-12"},
		{"StatefulSet with a number", "Pod", "db-2-4", recorded, "db-2-4"},
		{"StatefulSet's claim", "PersistentVolumeClaim", "data-db-0", recorded, "data-db-0"},
		{"static Pod", "Pod", "kube-apiserver-raspberrypi", recorded, "kube-apiserver-raspberrypi"},
		{"looks generated: redis", "Pod", "web-redis", recorded, "web-redis"},
		{"looks generated: mysql", "Pod", "db-mysql", recorded, "db-mysql"},
		{"looks generated: mysql2", "Pod", "db-mysql2", recorded, "db-mysql2"},
		{"known miss: a word of the safe alphabet", "Pod", "app-chrpt", recorded, "app-*"},

		{"CronJob's Job", "Job", "sync-29925173", recorded, "sync-*"},
		{"CronJob's Pod", "Pod", "sync-29925172-wpzsk", recorded, "sync-*"},
		{"CronJob's indexed Pod", "Pod", "sync-29925172-14-wpzsk", recorded, "sync-*"},
		{"indexed Job's Pod", "Pod", "train-7-wpzsk", recorded, "train-*"},
		{"index with a leading zero", "Pod", "train-07-wpzsk", recorded, "train-07-*"},
		{"index of six digits", "Pod", "train-123456-wpzsk", recorded, "train-123456-*"},
		{"the CronJob itself", "CronJob", "sync-29925173", recorded, "sync-29925173"},
		{"Job by hand", "Job", "migrate-7", recorded, "migrate-7"},
		{"Job by generateName", "Job", "migrate-8ls2m", recorded, "migrate-8ls2m"},
		{"a month back", "Job", "sync-29880613", recorded, "sync-*"},
		{"more than a month back", "Job", "sync-29880612", recorded, "sync-29880612"},
		{"its Pod", "Pod", "sync-29880612-wpzsk", recorded, "sync-29880612-*"},
		{"a day ahead", "Job", "sync-29926693", recorded, "sync-*"},
		{"more than a day ahead", "Job", "sync-29926694", recorded, "sync-29926694"},
		{"a date", "Job", "backup-20261124", recorded, "backup-20261124"},
		{"a date's Pod", "Pod", "backup-20261124-wpzsk", recorded, "backup-20261124-*"},
		{"seven digits", "Job", "sync-2992517", recorded, "sync-2992517"},
		{"nine digits", "Job", "sync-299251730", recorded, "sync-299251730"},
		{"unset clock", "Job", "sync-29925173", unset, "sync-*"},
		{"no time", "Job", "sync-29925173", time.Time{}, "sync-*"},
		{"a date under an unset clock", "Job", "backup-20261124", unset, "backup-20261124"},
		{"a minute of 1970", "Job", "sync-57", unset, "sync-57"},

		{"nothing before the hyphen", "Pod", "-8ls2m", recorded, "-8ls2m"},
		{"nothing but a suffix", "Pod", "8ls2m", recorded, "8ls2m"},
		{"hash without a Deployment", "Pod", "66869b676-8ls2m", recorded, "66869b676-*"},
		{"empty", "Pod", "", recorded, ""},
		{"Node", "Node", "edge-8ls2m", recorded, "edge-8ls2m"},
		{"HorizontalPodAutoscaler", "HorizontalPodAutoscaler", "web-66869b676", recorded, "web-66869b676"},
		{"Service", "Service", "web-8ls2m", recorded, "web-8ls2m"},
		{"foreign kind", "Widget", "web-66869b676-8ls2m", recorded, "web-66869b676-8ls2m"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			if got := Fold(tt.kind, tt.name, tt.near); got != tt.want {
				t.Errorf("Fold(%s, %s, %s) = %s, want %s", tt.kind, tt.name, tt.near, got, tt.want)
			}
		})
	}
}

// generateName cuts its prefix at 58 characters, into the hash or the minute
// if the workload's name is long.
func TestFoldCutPrefix(t *testing.T) {
	n := func(length int) string { return strings.Repeat("station-", 8)[:length] }
	tests := []struct{ about, prefix, want string }{
		{"hyphen kept", n(47) + "-66869b676-", n(47) + "-*"},
		{"hyphen cut", n(48) + "-66869b676", n(48) + "-*"},
		{"hash cut", n(52) + "-66869", n(52) + "-*"},
		{"hash wholly cut", n(57) + "-", n(57) + "-*"},
		{"name cut", n(57) + "x", n(57) + "x*"},
		{"minute whole", n(49) + "-29925172", n(49) + "-*"},
		{"minute cut", n(52) + "-29925", n(52) + "-*"},
		{"minute cut, far away", n(52) + "-19925", n(52) + "-19925*"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			name := tt.prefix + "wpzsk"
			if len(name) != generatedLen {
				t.Fatalf("bad test: %d characters", len(name))
			}
			if got := Fold("Pod", name, recorded); got != tt.want {
				t.Errorf("Fold(%s) = %s, want %s", name, got, tt.want)
			}
		})
	}
}

// Only the name of the node tells a static Pod from a DaemonSet's.
func TestFoldedNameOfStaticPod(t *testing.T) {
	pod := Alert{Kind: "Pod", Name: "etcd-srv24", Node: "srv24", Last: recorded}
	if got := pod.FoldedName(); got != "etcd-srv24" {
		t.Errorf("on its own node: %s, want etcd-srv24", got)
	}
	pod.Node = "SRV24" // the kubelet lowers the case of the suffix
	if got := pod.FoldedName(); got != "etcd-srv24" {
		t.Errorf("on its own node in upper case: %s, want etcd-srv24", got)
	}
	pod.Node = "srv25"
	if got := pod.FoldedName(); got != "etcd-*" {
		t.Errorf("on another node: %s, want etcd-*", got)
	}
}

// A real CronJob and a real Deployment ran into a quota for an hour.
func TestStormIsThreeStories(t *testing.T) {
	data, err := os.ReadFile("testdata/quota-storm.json")
	if err != nil {
		t.Fatal(err)
	}
	var list corev1.EventList
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	objects, stories := map[string]bool{}, map[string]int{}
	prints := map[Fingerprint]bool{}
	for i := range list.Items {
		ev := &list.Items[i]
		last := ev.LastTimestamp.Time
		if ev.Series != nil {
			last = ev.Series.LastObservedTime.Time
		}
		component := stdcmp.Or(ev.Source.Component, ev.ReportingController)
		a := FromEvent(ev, Seen{Cluster: "kubernetes", Component: component, Last: last})
		if a.Type == corev1.EventTypeWarning {
			objects[a.Kind+"/"+a.Name] = true
			prints[a.Fingerprint()] = true
			stories[a.Kind+" "+a.FoldedName()+" "+a.Reason]++
		}
	}
	want := map[string]int{
		"Job sync-* FailedCreate":          80,
		"Pod sensor-gw-* FailedScheduling": 3,
		"Pod sync-* FailedScheduling":      1,
	}
	if diff := cmp.Diff(want, stories); diff != "" {
		t.Errorf("Events per story (-want +got):\n%s", diff)
	}
	if len(prints) != 3 || len(objects) < 40 {
		t.Errorf("%d fingerprints of %d objects, want 3 of at least 40", len(prints), len(objects))
	}
}

// A Deployment's ReplicaSet and its Pods fail for different reasons and stay
// two stories even where the reason is the same.
func TestKindsStayApart(t *testing.T) {
	a := Alert{Kind: "ReplicaSet", Name: "web-66869b676", Reason: "FailedCreate", Last: recorded}
	b := Alert{Kind: "Pod", Name: "web-66869b676-8ls2m", Reason: "FailedCreate", Last: recorded}
	if a.FoldedName() != b.FoldedName() {
		t.Errorf("folded names %s and %s, want the same", a.FoldedName(), b.FoldedName())
	}
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("one fingerprint for two kinds")
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Pod", "sensor-gw-66869b676-8ls2m", int64(1795515187))
	f.Add("Pod", "sync-29925172-wpzsk", int64(0))
	f.Add("Job", "sync-29925172", int64(-62135596800))
	f.Add("ReplicaSet", "a-55555555", int64(1795515187))
	f.Add("Pod", strings.Repeat("a", 50)+"-66869b6wpzsk", int64(1795515187))
	f.Fuzz(func(t *testing.T, kind, name string, unix int64) {
		near := time.Unix(unix, 0)
		got := Fold(kind, name, near)
		if stem, folded := strings.CutSuffix(got, FoldMark); got != name && (!folded || stem == "" || !strings.HasPrefix(name, stem)) {
			t.Errorf("Fold(%q, %q) = %q: neither the name nor its beginning with %s", kind, name, got, FoldMark)
		}
		if again := Fold(kind, got, near); again != got {
			t.Errorf("Fold(%q, %q) = %q, folded again %q", kind, name, got, again)
		}
	})
}
