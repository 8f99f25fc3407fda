package notify

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
)

// strike is one Warning in each of many clusters.
func strike(t *testing.T, l *ledger.Ledger, reason string, clusters ...int) {
	t.Helper()
	var alerts []alert.Alert
	for _, i := range clusters {
		name := fmt.Sprintf("web-%d", i)
		alerts = append(alerts, alert.Alert{
			Cluster: fmt.Sprintf("edge-%d", i), Namespace: "shop", Kind: "Pod", Name: name, Type: "Warning", Reason: reason, Component: "kubelet",
			Message: "no route to registry", Count: 2, First: time.Now(), Last: time.Now(), EventNamespace: "shop", EventName: name + reason, EventUID: fmt.Sprint(i, reason, time.Now()),
		})
	}
	if err := l.Put(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestManyClustersAreOneCard: what 37 clusters have at once is one card, what
// two have are two; each story is marked as told, and repeats in its time.
func TestManyClustersAreOneCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.FleetDigest = 3 })
		stop := h.start(t)
		defer stop()
		strike(t, h.l, "Failed", upTo(37)...)
		strike(t, h.l, "BackOff", 1, 2)
		time.Sleep(time.Minute)
		synctest.Wait()
		var got [][4]int64 // clusters, stories, occurrences, listed
		for _, try := range h.ch.told() {
			g := try.Out.Groups[0]
			got = append(got, [4]int64{int64(g.Clusters), int64(max(len(try.Out.Members[g.Fingerprint]), 1)), g.Total, int64(len(g.Objects))})
		}
		want := [][4]int64{{37, 37, 74, 20}, {0, 1, 2, 1}, {0, 1, 2, 1}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cards (-want +got):\n%s", diff)
		}
		if _, waits := h.l.NextDue(alert.DefaultRoute); waits {
			t.Error("something is due still")
		}
		strike(t, h.l, "Failed", upTo(37)...)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		told := h.ch.told()
		if len(told) != 4 || told[3].Out.Groups[0].Total != 148 || told[3].Out.Groups[0].Delivered[alert.DefaultRoute] != 74 {
			t.Errorf("%d cards, the last %+v, want one more of 148 occurrences, 74 of them told before", len(told), told[len(told)-1].Out.Groups)
		}
	})
}

// TestClustersOneAfterAnother: what begins in further clusters while the first
// one's GROUP_WAIT lasts, and a second more, is on its card; what two clusters have is told of each
// in its own time.
func TestClustersOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.FleetDigest, c.Ledger.GroupWait = 3, 5*time.Second })
		stop := h.start(t)
		defer stop()
		for i := range 37 {
			strike(t, h.l, "Failed", i)
			if i == 1 || i == 2 {
				strike(t, h.l, "BackOff", i)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		var got []string
		for _, try := range h.ch.told() {
			g := try.Out.Groups[0]
			got = append(got, fmt.Sprintf("%s of %d, %d times, waited %s", g.Newest.Reason, max(g.Clusters, 1), g.Total, try.Out.SentAt.Sub(g.First).Round(time.Second)))
		}
		want := []string{"Failed of 37, 74 times, waited 6s", "BackOff of 1, 2 times, waited 6s", "BackOff of 1, 2 times, waited 6s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("cards (-want +got):\n%s", diff)
		}
		if _, waits := h.l.NextDue(alert.DefaultRoute); waits {
			t.Error("something is due still")
		}
	})
}

// TestNamespacesOfTheirOwn: that clusters name their namespaces differently does
// not make what they say a stranger's word.
func TestNamespacesOfTheirOwn(t *testing.T) {
	var groups []alert.Group
	for i := range 3 {
		ns := fmt.Sprintf("site-%d", i)
		a := alert.Alert{Cluster: ns, Namespace: ns, EventNamespace: ns, Kind: "Pod", Name: "web-0", Type: "Warning", Reason: "Evicted", Component: "kubelet"}.Bounded()
		g := alert.NewGroup(a)
		g.Add(a, 1)
		groups = append(groups, g)
	}
	one := together(groups, alert.DefaultRoute)
	if one.Newest.Foreign() || one.Newest.Namespace != "*" || card.SeverityOf(one.Newest) != card.SeverityOf(groups[0].Newest) {
		t.Errorf("one story for all is %+v, severity %v, want it as grave as each", one.Newest, card.SeverityOf(one.Newest))
	}
}

// TestMoreWhileTheCardIsOnItsWay: what comes then is told by the next card.
func TestMoreWhileTheCardIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.FleetDigest = 3 })
		h.ch.answer = func(try, _ int, _ Outgoing) error {
			if try == 0 {
				strike(t, h.l, "Failed", 0)
			}
			return nil
		}
		stop := h.start(t)
		defer stop()
		strike(t, h.l, "Failed", upTo(3)...)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		told := h.ch.told()
		if len(told) != 2 || told[0].Out.Groups[0].Total != 6 || told[1].Out.Groups[0].Undelivered(alert.DefaultRoute) != 2 {
			t.Errorf("cards are %+v, want 6 occurrences, then 2 more", told)
		}
	})
}

// TestFleetsInADigest: several troubles of many clusters are a row each.
func TestFleetsInADigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.FleetDigest = 3 })
		down := h.cut()
		stop := h.start(t)
		defer stop()
		for _, reason := range []string{"Failed", "BackOff", "Unhealthy", "FailedMount", "FailedScheduling", "Evicted", "FailedCreate"} {
			strike(t, h.l, reason, upTo(5)...)
		}
		time.Sleep(3 * time.Hour)
		down.Store(false)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		told := h.ch.told()
		if len(told) != 1 || !told[0].Out.Digest || len(told[0].Out.Groups) != 7 {
			t.Errorf("%d cards, want one digest of seven rows", len(told))
		}
		if _, waits := h.l.NextDue(alert.DefaultRoute); waits {
			t.Error("something is due still")
		}
	})
}

// thrifty is a fakeUpdater whose changes may have to wait.
type thrifty struct {
	*fakeUpdater
	wait atomic.Int64 // of type time.Duration
}

func (c *thrifty) EditsIn() time.Duration { return time.Duration(c.wait.Load()) }

// TestChangesThatHaveToWait hold up nothing that is new, and are made once they
// may be.
func TestChangesThatHaveToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, nil)
		ch := &thrifty{fakeUpdater: u}
		h.f = New(h.f.cfg, h.l, single(ch), WithLogger(h.f.log))
		defer h.start(t)()
		h.happen(t, 1, 1)
		time.Sleep(time.Minute)
		ch.wait.Store(int64(time.Hour))
		h.happen(t, 1, 5)
		time.Sleep(10 * time.Minute)
		h.happen(t, 2, 1)
		time.Sleep(time.Minute)
		u.want(t, "m1 app-1×1", "m2 app-2×1")
		ch.wait.Store(0)
		time.Sleep(time.Minute)
		u.want(t, "m1 app-1×1", "m2 app-2×1", "edit m1 app-1×5")
	})
}

// TestACardOfManyClustersIsNoSingleOnes: it is never changed to tell the story
// of one of them.
func TestACardOfManyClustersIsNoSingleOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, u := editing(t, func(c *Config) { c.FleetDigest = 3 })
		defer h.start(t)()
		strike(t, h.l, "Failed", upTo(3)...)
		time.Sleep(time.Minute)
		for i := range 3 {
			strike(t, h.l, "Failed", i)
			time.Sleep(20 * time.Minute)
		}
		for _, m := range u.messages(false) {
			if strings.HasPrefix(m, "edit m1 ") {
				t.Errorf("messages %q: the card of three clusters became one's", u.messages(false))
			}
		}
	})
}
