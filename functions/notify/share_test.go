package notify

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// tell puts one story of a namespace.
func (h *harness) tell(t *testing.T, namespace string, i int) {
	t.Helper()
	a := alert.Alert{
		Cluster: "pi", Namespace: namespace, Kind: "Pod", Name: fmt.Sprintf("%s-%d", namespace, i), Type: "Warning", Reason: "BackOff",
		Component: "kubelet", Message: "it broke", EventNamespace: namespace, EventName: fmt.Sprint("e.", i), EventUID: fmt.Sprint(namespace, i),
		Count: 1, First: time.Now(), Last: time.Now(),
	}
	if err := h.l.Put(t.Context(), []alert.Alert{a}); err != nil {
		t.Fatal(err)
	}
}

// TestAFloodIsToldTogether: a namespace that tells of a new object every other
// second, too few at a time for a digest, has ten messages and then one for each
// wait; the stories of another go out in messages of their own, soon, and none
// of the flood is left out.
func TestAFloodIsToldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, func(c *Config) { c.Ledger.MaxBytes = 4 << 20 })
		defer h.start(t)()
		const minutes, flood, honest = 20, 600, 10
		happened := map[string]time.Time{}
		for i := range flood {
			h.tell(t, "evil", i)
			if i%(flood/honest) == flood/honest/2 {
				name := fmt.Sprintf("good-%d", i)
				happened[name] = time.Now()
				h.tell(t, "good", i)
			}
			time.Sleep(minutes * time.Minute / flood)
		}
		time.Sleep(2 * time.Minute)

		ofFlood, alone := 0, map[string]time.Duration{}
		for _, try := range h.ch.told() {
			groups, writers := try.Out.Groups, map[writer]bool{}
			for _, g := range groups {
				writers[writerOf(g)] = true
			}
			switch {
			case len(groups) == 1 && groups[0].Newest.Namespace == "good":
				name := groups[0].Newest.Name
				alone[name] = try.At.Sub(happened[name])
			case len(writers) == 1:
				ofFlood++
			}
		}
		if most := 10 + 4 + minutes + 2; ofFlood > most || ofFlood < minutes {
			t.Errorf("%d messages about the flood alone in %d minutes, want at most %d and about one a minute", ofFlood, minutes, most)
		}
		if len(alone) != honest {
			t.Errorf("%d stories of the other in a message of their own, want %d: %v", len(alone), honest, alone)
		}
		for name, took := range alone {
			// GROUP_WAIT, sharePoll, the pace of 20 a minute, the keep-off of a half hour.
			if took > 20*time.Second {
				t.Errorf("%s waited for %s", name, took)
			}
		}
		time.Sleep(time.Hour) // what the ledger has put together is told as a repeat
		told := int64(0)
		for _, try := range h.ch.told() {
			for _, g := range try.Out.Groups {
				told += g.Undelivered(alert.DefaultRoute)
			}
		}
		if told != flood+honest {
			t.Errorf("%d occurrences told, want all %d", told, flood+honest)
		}
	})
}

// TestAQuietNamespaceHasItsWholeShareAgain after a flood.
func TestAQuietNamespaceHasItsWholeShareAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, nil)
		defer h.start(t)()
		for i := range 100 {
			h.tell(t, "shop", i)
			time.Sleep(3 * time.Second)
		}
		time.Sleep(5 * time.Minute)
		before := len(h.ch.told())
		for i := 100; i < 105; i++ {
			h.tell(t, "shop", i)
			time.Sleep(5 * time.Second)
		}
		time.Sleep(20 * time.Second)
		if got := summarize(h.ch.told())[before:]; len(got) != 5 {
			t.Errorf("%d messages about five stories after a quiet time, want one each: %v", len(got), got)
		}
		if n := len(h.f.out[0].share.of); n > 1 {
			t.Errorf("%d namespaces are remembered, want one", n)
		}
	})
}

// TestShare lets one writer send whenever it may, and at random moments, and two
// that share their messages.
func TestShare(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	evil, accomplice := writer{"pi", "evil"}, writer{"pi", "evil-2"}
	for _, perMinute := range []int{1, 3, 4, 20, 100} {
		for name, writers := range map[string]map[writer]bool{"one": {evil: true}, "two": {evil: true, accomplice: true}} {
			t.Run(fmt.Sprintf("%d a minute, %s", perMinute, name), func(t *testing.T) {
				s := newShare(perMinute, slog.New(slog.DiscardHandler))
				rng := rand.New(rand.NewPCG(2, uint64(perMinute)))
				var sent []time.Time
				waited := time.Duration(0)
				for now := start; now.Sub(start) < 2*time.Hour; {
					if s.over(evil, now) {
						now, waited = now.Add(100*time.Millisecond), waited+100*time.Millisecond
						if waited > shareMost {
							t.Fatalf("over its share for %s", waited)
						}
						continue
					}
					s.took(writers, now)
					sent, waited = append(sent, now), 0
					now = now.Add(time.Duration(rng.Int64N(int64(s.every / 8))))
				}
				// Whoever shares messages with another has as many as both together.
				n := len(writers)
				if got, want := most(sent, time.Minute), n*(max(1, perMinute/2)+max(1, perMinute/4)+1); got > want {
					t.Errorf("%d messages within a minute, want at most %d", got, want)
				}
				if got, want := len(sent), n*(perMinute/2+130); got > want {
					t.Errorf("%d messages in two hours, want at most %d", got, want)
				}
			})
		}
	}
}

// TestABurstIsOneDigest: its stories are due a moment after one another, and the
// first does not go out alone. Few are still told one by one, without waiting.
func TestABurstIsOneDigest(t *testing.T) {
	for _, tc := range []struct {
		name    string
		stories int
		want    []summary
	}{
		{"many", 28, []summary{{Digest: true, Stories: 28, Total: 28}}},
		{"few", 2, []summary{{Stories: 1, Total: 1}, {Stories: 1, Total: 1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, nil)
				defer h.start(t)()
				time.Sleep(time.Minute)
				began := time.Now()
				for i := range tc.stories {
					h.tell(t, "shop", i)
					time.Sleep(20 * time.Millisecond)
				}
				time.Sleep(time.Minute)
				wantTold(t, h, tc.want...)
				if took, most := h.ch.told()[0].At.Sub(began), h.l.GroupWait()+settleMost; took > most || tc.stories == 2 && took >= most {
					t.Errorf("the first message after %s, want at most %s", took, most)
				}
			})
		})
	}
}
