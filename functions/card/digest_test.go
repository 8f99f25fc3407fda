package card

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// many makes n groups; the longer pad, the bigger each.
func many(n int, pad string) Digest {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	d := Digest{Route: alert.DefaultRoute, SentAt: at.Add(3 * time.Hour), OfflineSince: at}
	for i := range n {
		a := alert.Alert{
			Cluster: testCluster, Namespace: "edge", Kind: "Pod", Name: fmt.Sprintf("app-%04d%s", i, pad),
			Type: "Warning", Reason: "BackOff", Component: "kubelet", Message: "Back-off restarting failed container",
			First: at.Add(time.Duration(i) * time.Second), Last: at.Add(time.Hour), Count: int64(i + 1),
		}
		g := alert.NewGroup(a)
		g.Add(a, a.Count)
		d.Groups = append(d.Groups, g)
	}
	return d
}

func TestDigestCoversEveryGroup(t *testing.T) {
	tests := []struct {
		name  string
		n     int
		pad   string
		parts int
	}{
		{"none", 0, "", 1},
		{"one", 1, "", 1},
		{"as many as are foremost", foremost, "", 1},
		{"nine", 9, "", 1},
		{"as many as are named", maxNamed, "", 1},
		{"more than are named", 5000, "", 1},
		{"long names", 60, "-" + strings.Repeat("x", 240), 1},
		{"escapes that double", 100, strings.Repeat(`"`, 240), 2},
	}
	for _, tt := range tests {
		for _, schema := range schemas {
			t.Run(tt.name+" "+string(schema), func(t *testing.T) {
				d := many(tt.n, tt.pad)
				parts, err := testRenderer(t, "zh").Digest(schema, d)
				if err != nil {
					t.Fatal(err)
				}
				if len(parts) != tt.parts {
					t.Errorf("%d parts, want %d", len(parts), tt.parts)
				}
				checkParts(t, schema, d, parts)
			})
		}
	}
}

// checkParts holds that each group is covered once, and that what a part
// claims to cover is named in it or counted in the last one.
func checkParts(t *testing.T, schema Schema, d Digest, parts []Part) {
	t.Helper()
	covered := make([]int, len(d.Groups))
	var unnamed int
	var uncounted int64
	for _, p := range parts {
		checkSafe(t, schema, p.Message)
		said := wordsIn(t, p.Payload)
		for _, i := range p.Groups {
			covered[i]++
			row := "(BackOff) · Pod edge/" + named(d.Groups[i].Newest.Name, titleName)
			if !strings.Contains(said, row+" ") && !strings.Contains(said, row+"\n") {
				unnamed++
				uncounted += d.Groups[i].Total
			}
		}
	}
	if i := slices.IndexFunc(covered, func(n int) bool { return n != 1 }); i >= 0 {
		t.Errorf("group %d is covered %d times", i, covered[i])
	}
	if unnamed == 0 {
		return
	}
	want := fmt.Sprintf("另有 %d 组，共 %d 次", unnamed, uncounted)
	if said := wordsIn(t, parts[len(parts)-1].Payload); !strings.Contains(said, want) {
		t.Errorf("last part does not say %q: %s", want, said)
	}
}

// wordsIn is all text of a payload.
func wordsIn(t *testing.T, payload []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var visit func(any)
	visit = func(v any) {
		switch v := v.(type) {
		case string:
			b.WriteString(v + "\n")
		case []any:
			for _, e := range v {
				visit(e)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				visit(v[key])
			}
		}
	}
	visit(v)
	return b.String()
}

// TestDigestPartsNamed holds that the parts of a digest say which they are and
// carry ids of their own.
func TestDigestPartsNamed(t *testing.T) {
	parts, err := testRenderer(t, "en").Digest(V2, many(100, strings.Repeat(`"`, 240)))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for i, p := range parts {
		said := wordsIn(t, p.Payload)
		if want := fmt.Sprintf("(%d/%d)", i+1, len(parts)); !strings.Contains(said, want) {
			t.Errorf("part %d does not say %s", i, want)
		}
		_, id, _ := strings.Cut(said, "\nid ")
		ids[id[:8]] = true
	}
	if len(ids) != len(parts) {
		t.Errorf("ids %v of %d parts", ids, len(parts))
	}
}

func TestGravestFirst(t *testing.T) {
	group := func(reason string, total, delivered int64) alert.Group {
		return alert.Group{
			Newest: alert.Alert{Reason: reason, Type: "Warning"}, Total: total,
			Delivered: map[string]int64{"r": delivered},
		}
	}
	got := gravest([]alert.Group{
		group("BackOff", 900, 899), group("BackOff", 5, 0), group("OOMKilling", 1, 0), group("BackOff", 5, 0),
		{Newest: alert.Alert{Reason: "OOMKilling", Type: "Warning"}, Total: 9999, State: alert.Recovered},
	}, "r")
	if want := []int{2, 1, 3, 0, 4}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

// TestOfflineStory is the one that must fit a single card: nine groups, ten
// thousand occurrences, three hours.
func TestOfflineStory(t *testing.T) {
	d := many(9, "")
	d.Groups[0].Total = 10_000 - 44
	d.Notices.Dropped = map[string]int64{"no_room": 7}
	parts, err := testRenderer(t, "zh").Digest(V2, d)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 1 {
		t.Fatalf("%d parts, want 1", len(parts))
	}
	said := wordsIn(t, parts[0].Payload)
	for _, want := range []string{"离线 3 小时：9 组告警，共 10000 次", "离线 16:00–19:00", "离线后最早：16:00 容器反复崩溃", "未能保留 7 次：告警太多，存储已满"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q: %s", want, said)
		}
	}
	t.Logf("%d bytes", len(parts[0].Payload))
}
