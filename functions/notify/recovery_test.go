package notify

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/functions/alert"
)

// edgeFilter is the edge overlay's, in short.
const edgeFilter = "type=Warning;kind=Node,reason in (NodeNotReady)"

func edge(c *Config) { c.Conditions.Filter = edgeFilter }

// says hands the function an Event that happens now: "Warning Pod shop/web-0
// BackOff node-1", where the node may be left out.
func (h *harness) says(t *testing.T, lines ...string) {
	t.Helper()
	now := metav1.NewTime(time.Now())
	var events []event.Event
	for i, line := range lines {
		f := strings.Fields(line)
		ns, name, ok := strings.Cut(f[2], "/")
		if !ok {
			ns, name = "", f[2]
		}
		written := ns
		if ns == "" {
			written = metav1.NamespaceDefault
		}
		ev := &corev1.Event{
			ObjectMeta:     metav1.ObjectMeta{Namespace: written, Name: fmt.Sprintf("%s.%s%d.%x", name, f[3], i, now.UnixNano()), ResourceVersion: "1"},
			InvolvedObject: corev1.ObjectReference{Kind: f[1], Namespace: ns, Name: name},
			Type:           f[0], Reason: f[3], Message: f[3], Count: 1, FirstTimestamp: now, LastTimestamp: now,
		}
		ev.UID = types.UID(ev.Name)
		if len(f) > 4 {
			ev.Source.Host = f[4]
		}
		ce, err := kubeevent.FromCore("pi", "watch", ev)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, ce)
	}
	if err := h.f.Handle(t.Context(), events); err != nil {
		t.Fatal(err)
	}
}

// lines says each card that was told in a line, with the stories under it.
func (h *harness) lines() (out []string) {
	for _, m := range h.ch.told() {
		var stories []string
		for _, g := range m.Out.Groups {
			stories = append(stories, storyLine(g))
		}
		line := strings.Join(stories, ", ")
		if m.Out.Digest {
			line = "digest: " + line
		}
		for _, g := range m.Out.Related {
			line += " + " + storyLine(g)
		}
		out = append(out, line)
	}
	return out
}

func storyLine(g alert.Group) string {
	return fmt.Sprintf("%s %s ×%d %s", g.Folded, g.Newest.Reason, g.Total, g.State)
}

// edgeTest runs a function in a bubble.
func edgeTest(t *testing.T, change func(*Config), f func(t *testing.T, h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, change)
		defer h.start(t)()
		f(t, h)
	})
}

func (h *harness) want(t *testing.T, cards ...string) {
	t.Helper()
	if diff := cmp.Diff(cards, h.lines()); diff != "" {
		t.Errorf("cards told (-want +got):\n%s", diff)
	}
}

func TestRecoveryIsOneGreenCard(t *testing.T) {
	edgeTest(t, edge, func(t *testing.T, h *harness) {
		h.says(t, "Normal Node n1 NodeNotReady")
		time.Sleep(5 * time.Minute)
		h.says(t, "Normal Node n1 NodeReady n1", "Normal Pod shop/web-0 Started n1")
		time.Sleep(30 * time.Second)
		h.want(t, "n1 NodeNotReady ×1 firing")
		time.Sleep(5 * time.Hour)
		h.want(t, "n1 NodeNotReady ×1 firing", "n1 NodeNotReady ×1 recovered")
		told := h.ch.told()
		if a, b := told[0].Out.Groups[0].ShortID(alert.DefaultRoute), told[1].Out.Groups[0].ShortID(alert.DefaultRoute); a == b {
			t.Errorf("both cards have the id %s", a)
		}
	})
}

func TestRecoveryOff(t *testing.T) {
	off := func(c *Config) { edge(c); c.Recovery = "off" }
	edgeTest(t, off, func(t *testing.T, h *harness) {
		h.says(t, "Normal Node n1 NodeNotReady")
		time.Sleep(time.Minute)
		h.says(t, "Normal Node n1 NodeReady")
		time.Sleep(5 * time.Hour)
		h.want(t, "n1 NodeNotReady ×1 firing")
	})
}

func TestRecoveryMustBeOnOrOff(t *testing.T) {
	cfg := testConfig(t)
	cfg.Recovery = "yes"
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), `RECOVERY "yes": must be on or off`) {
		t.Errorf("says %v, want it to name RECOVERY and its values", err)
	}
}

func TestRecoveryWaitsForTheLink(t *testing.T) {
	edgeTest(t, edge, func(t *testing.T, h *harness) {
		var down atomic.Bool
		h.ch.answer = func(int, int, Outgoing) error {
			if down.Load() {
				return offline()
			}
			return nil
		}
		h.says(t, "Normal Node n1 NodeNotReady")
		time.Sleep(time.Minute)
		down.Store(true)
		h.says(t, "Normal Node n1 NodeReady", "Warning Node n2 Rebooted")
		time.Sleep(3 * time.Hour)
		down.Store(false)
		time.Sleep(3 * time.Minute)
		h.want(t, "n1 NodeNotReady ×1 firing", "n2 Rebooted ×1 firing", "n1 NodeNotReady ×1 recovered")
	})
}

// Recovered stories are rows of a digest like any other, and told with it.
func TestRecoveryInADigest(t *testing.T) {
	edgeTest(t, edge, func(t *testing.T, h *harness) {
		h.says(t, "Normal Node n1 NodeNotReady")
		time.Sleep(time.Minute)
		h.says(t, "Normal Node n1 NodeReady")
		time.Sleep(54 * time.Second)
		for i := range 6 {
			h.says(t, fmt.Sprintf("Warning Job shop/job%d FailedCreate", i))
		}
		time.Sleep(5 * time.Hour)
		var recovered int
		for _, line := range h.lines()[1:] {
			recovered += strings.Count(line, "recovered")
		}
		if n := len(h.lines()); recovered != 1 || n > 3 {
			t.Errorf("told %q, want the recovery once and a digest", h.lines())
		}
	})
}

func TestPodsOfASilentNodeAreOnItsCard(t *testing.T) {
	edgeTest(t, edge, func(t *testing.T, h *harness) {
		h.says(t, "Warning Pod shop/db-0 BackOff n1", "Warning Pod shop/cache-0 BackOff n2")
		time.Sleep(time.Minute)
		h.says(t, "Warning Pod shop/db-0 BackOff n1") // waits for REPEAT_INTERVAL
		time.Sleep(time.Minute)
		h.says(t, "Warning Pod shop/web-7b5948d699-l299m NodeNotReady", "Warning Pod shop/db-0 NodeNotReady")
		h.says(t, "Normal Node n1 NodeNotReady", "Warning Job shop/sync FailedCreate")
		time.Sleep(10 * time.Hour)
		want := []string{
			"db-0 BackOff ×1 firing", "cache-0 BackOff ×1 firing",
			"n1 NodeNotReady ×1 firing + db-0 BackOff ×2 firing + db-0 NodeNotReady ×1 firing + web-* NodeNotReady ×1 firing",
			"sync FailedCreate ×1 firing",
		}
		got := h.lines()
		if len(got) == 4 { // those that are due together go by their fingerprint
			sortPair(got, 0)
			sortPair(want, 0)
			sortPair(got, 2)
			sortPair(want, 2)
			got[3], want[3] = sortStories(got[3]), sortStories(want[3])
			got[2], want[2] = sortStories(got[2]), sortStories(want[2])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cards told (-want +got):\n%s", diff)
		}
	})
}

func sortPair(lines []string, at int) {
	if lines[at] > lines[at+1] {
		lines[at], lines[at+1] = lines[at+1], lines[at]
	}
}

func TestWhenPodsAreNotFolded(t *testing.T) {
	for _, tc := range []struct {
		name   string
		filter string
		says   []string
		cards  int
	}{
		{"one node", edgeFilter, []string{"Normal Node n1 NodeNotReady", "Warning Pod shop/web-0 NodeNotReady"}, 1},
		{"two nodes, and it may be on either", edgeFilter, []string{"Normal Node n1 NodeNotReady", "Normal Node n2 NodeNotReady", "Warning Pod shop/web-0 NodeNotReady"}, 3},
		{"two nodes, and it says on which", edgeFilter, []string{"Normal Node n1 NodeNotReady", "Normal Node n2 NodeNotReady", "Warning Pod shop/web-0 BackOff n2"}, 2},
		{"one node, told by both", edgeFilter, []string{"Normal Node n1 NodeNotReady n1", "Warning Node n1 NodeNotReady", "Warning Pod shop/web-0 NodeNotReady"}, 2},
		{"another node", edgeFilter, []string{"Normal Node n1 NodeNotReady", "Warning Pod shop/web-0 BackOff n2"}, 2},
		{"no node is named", edgeFilter, []string{"Normal Node n1 NodeNotReady", "Warning Pod shop/web-0 FailedScheduling"}, 2},
		{"no Pod", edgeFilter, []string{"Normal Node n1 NodeNotReady", "Warning Job shop/web FailedCreate n1"}, 2},
		{"nodes do not ring", "type=Warning", []string{"Normal Node n1 NodeNotReady", "Warning Pod shop/web-0 NodeNotReady", "Warning Pod shop/web-1 NodeNotReady"}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			edgeTest(t, func(c *Config) { c.Conditions.Filter = tc.filter }, func(t *testing.T, h *harness) {
				h.says(t, tc.says...)
				time.Sleep(10 * time.Hour)
				if got := h.lines(); len(got) != tc.cards {
					t.Errorf("told %q, want %d cards", got, tc.cards)
				}
			})
		})
	}
}

// More stories under the node than a digest's threshold are still one card;
// with others besides it is one digest, and everything is told once.
func TestManyPodsOfASilentNode(t *testing.T) {
	for _, jobs := range []int{0, 9} {
		edgeTest(t, edge, func(t *testing.T, h *harness) {
			var lines []string
			for i := range 30 {
				lines = append(lines, fmt.Sprintf("Warning Pod shop/web%02d-0 NodeNotReady", i))
			}
			for i := range jobs {
				lines = append(lines, fmt.Sprintf("Warning Job shop/job%d FailedCreate", i))
			}
			h.says(t, append(lines, "Normal Node n1 NodeNotReady")...)
			time.Sleep(10 * time.Hour)
			told := h.ch.told()
			stories := 0
			for _, m := range told {
				stories += len(m.Out.Groups) + len(m.Out.Related)
			}
			if len(told) != 1 || stories != 31+jobs || told[0].Out.Digest != (jobs > 0) {
				t.Errorf("%d jobs: %d messages with %d stories, want 1 with %d:\n%q", jobs, len(told), stories, 31+jobs, h.lines())
			}
		})
	}
}

// TestFlappingNode: every two minutes for three hours, with two Pods on it. No
// Pod ever rings of its own, and nobody stays with a green card while the node
// is silent.
func TestFlappingNode(t *testing.T) {
	edgeTest(t, edge, func(t *testing.T, h *harness) {
		begin := time.Now()
		for range 45 {
			h.says(t, "Normal Node n1 NodeNotReady", "Warning Pod shop/a-0 NodeNotReady", "Warning Pod shop/b-0 NodeNotReady")
			time.Sleep(2 * time.Minute)
			h.says(t, "Normal Node n1 NodeReady")
			time.Sleep(2 * time.Minute)
		}
		time.Sleep(10 * time.Hour)
		var got []string
		pods := map[string]int64{}
		for _, m := range h.ch.told() {
			g := m.Out.Groups[0]
			got = append(got, fmt.Sprint(m.At.Sub(begin).Truncate(time.Minute), " ", g.Newest.Kind, " ", g.State, " +", len(m.Out.Related)))
			for _, p := range m.Out.Related {
				pods[p.Folded] = p.Total
			}
		}
		want := []string{
			"0s Node firing +2", "3m0s Node recovered +0", "4m0s Node firing +2",
			"1h4m0s Node firing +2", "2h4m0s Node firing +2", "3h4m0s Node firing +2", "3h58m0s Node recovered +0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cards (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]int64{"a-0": 45, "b-0": 45}, pods); diff != "" {
			t.Errorf("told of the Pods (-want +got):\n%s", diff)
		}
	})
}

func TestParkedNodeLetsItsPodsRing(t *testing.T) {
	edgeTest(t, edge, func(t *testing.T, h *harness) {
		h.ch.answer = func(_, _ int, o Outgoing) error {
			if len(o.Groups) > 0 && o.Groups[0].Newest.Kind == "Node" {
				return &SendError{Outcome: MessageRefused, Err: fmt.Errorf("bad card")}
			}
			return nil
		}
		h.says(t, "Normal Node n1 NodeNotReady", "Warning Pod shop/a-0 NodeNotReady")
		time.Sleep(time.Hour)
		var told []string
		for _, line := range h.lines() {
			if line != "" { // the notice of the loss
				told = append(told, line)
			}
		}
		if diff := cmp.Diff([]string{"a-0 NodeNotReady ×1 firing"}, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// sortStories puts what stands under a story in order.
func sortStories(line string) string {
	parts := strings.Split(line, " + ")
	for i := 1; i < len(parts); i++ {
		for k := i; k > 1 && parts[k] < parts[k-1]; k-- {
			parts[k], parts[k-1] = parts[k-1], parts[k]
		}
	}
	return strings.Join(parts, " + ")
}
