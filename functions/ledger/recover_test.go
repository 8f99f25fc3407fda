package ledger

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// nodeEvent is an Event about a node; it happens now.
func nodeEvent(name, reason string) alert.Alert {
	now := time.Now()
	return alert.Alert{
		Cluster: "edge", Kind: "Node", Name: name, Node: name, Type: "Normal", Reason: reason, Component: "node-controller",
		EventNamespace: "default", EventName: fmt.Sprintf("%s.%x", name, now.UnixNano()), EventUID: fmt.Sprint(now.UnixNano()),
		Count: 1, First: now, Last: now, Revision: uint64(now.Unix()),
	}
}

// podEvent is an Event about a Pod on the node pi; it happens now.
func podEvent(name, eventType, reason string) alert.Alert {
	a := nodeEvent(name, reason)
	a.Namespace, a.Kind, a.Type, a.Node, a.EventNamespace = "shop", "Pod", eventType, "pi", "shop"
	return a
}

func take(t testing.TB, l *Ledger, alerts ...alert.Alert) {
	t.Helper()
	var reports []Report
	for _, a := range alerts {
		reports = append(reports, Report{Alert: a, Rings: a.Type == "Warning" || a.NodeDown(), Heals: a.Heals()})
	}
	if err := l.Take(context.Background(), reports); err != nil {
		t.Fatal(err)
	}
}

// tell delivers what is due and says what it told.
func tell(t testing.TB, l *Ledger) (told []string) {
	t.Helper()
	var marks []Mark
	for _, g := range due(t, l) {
		marks = append(marks, MarkOf(g))
		told = append(told, fmt.Sprint(g.Newest.Reason, " ", g.Folded, " ×", g.Undelivered(route), " ", g.State))
	}
	if len(marks) == 0 {
		return nil
	}
	if err := l.Delivered(context.Background(), route, marks, Notices{}); err != nil {
		t.Fatal(err)
	}
	return told
}

// bubble gives each case a ledger and a clock of its own.
func bubble(t *testing.T, f func(t *testing.T, l *Ledger)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := open(t, testConfig(tempDir(t)))
		defer closeLedger(t, l)
		f(t, l)
	})
}

const down, up = "NodeNotReady pi ×1 firing", "NodeNotReady pi ×0 recovered"

func TestRecoveryIsToldOnceAfterItsHold(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		same(t, "trouble", []string{down}, tell(t, l))
		time.Sleep(time.Minute)
		take(t, l, nodeEvent("pi", "NodeReady"))
		time.Sleep(time.Minute - time.Second)
		same(t, "in the hold", 0, len(tell(t, l)))
		time.Sleep(time.Second)
		same(t, "after the hold", []string{up}, tell(t, l))
		time.Sleep(20 * time.Hour)
		same(t, "later", 0, len(tell(t, l)))
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		same(t, "trouble again", []string{down}, tell(t, l))
	})
}

func TestQuietIsNotRecovered(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		tell(t, l)
		time.Sleep(20 * time.Hour)
		same(t, "told", 0, len(tell(t, l)))
		groups, err := l.Groups()
		if err != nil || len(groups) != 1 || groups[0].State != alert.Firing {
			t.Errorf("want one firing group, got %+v, %v", groups, err)
		}
	})
}

func TestWhatWasNeverToldIsToldOnceAsRecovered(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(time.Second)
		take(t, l, nodeEvent("pi", "NodeReady"))
		time.Sleep(3 * time.Hour) // the link is down
		same(t, "told", []string{"NodeNotReady pi ×1 recovered"}, tell(t, l))
		time.Sleep(3 * time.Hour)
		same(t, "later", 0, len(tell(t, l)))
	})
}

func TestGoodNewsThatChangeNothingWriteNothing(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		old := nodeEvent("pi", "NodeReady")
		time.Sleep(time.Minute)
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		tell(t, l)
		other := nodeEvent("pi-2", "NodeReady")
		timeless := nodeEvent("pi", "NodeReady")
		timeless.Last = time.Time{}
		before := commits(l)
		take(t, l, old, other, timeless, nodeEvent("pi", "NodeSchedulable"), podEvent("pi", "Normal", "Started"))
		same(t, "writes", before, commits(l))
		used := nodeEvent("pi", "NodeReady")
		take(t, l, used)
		if commits(l) == before {
			t.Error("good news were not written")
		}
		before = commits(l)
		take(t, l, used, used)
		same(t, "writes of a replay", before, commits(l))
		time.Sleep(2 * time.Minute)
		same(t, "told", []string{up}, tell(t, l))
		before = commits(l)
		take(t, l, nodeEvent("pi", "NodeReady"))
		same(t, "writes of news of what is over", before, commits(l))

		// Trouble again: what healed the first does not heal the second,
		// though its clock may be ahead.
		again := nodeEvent("pi", "NodeNotReady")
		again.Last = used.Last.Add(-time.Second)
		take(t, l, again)
		time.Sleep(10 * time.Second)
		tell(t, l)
		take(t, l, used)
		time.Sleep(2 * time.Hour)
		same(t, "told after old news", 0, len(tell(t, l)))
	})
}

func TestListOutOfOrder(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		trouble := nodeEvent("pi", "NodeNotReady")
		time.Sleep(time.Minute)
		take(t, l, nodeEvent("pi", "NodeReady"), trouble)
		time.Sleep(time.Minute)
		same(t, "told", []string{"NodeNotReady pi ×1 recovered"}, tell(t, l))
	})
}

// TestGoodNewsInAnEarlierRequest: a long list is several requests, in the order
// of names.
func TestGoodNewsInAnEarlierRequest(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		first, second := podEvent("a", "Warning", "BackOff"), podEvent("a", "Warning", "BackOff")
		second.EventName, second.EventUID = "other", "other"
		time.Sleep(5 * time.Minute)
		started := podEvent("a", "Normal", "Started")
		take(t, l, started)
		for _, late := range []alert.Alert{first, second} {
			take(t, l, late)
		}
		time.Sleep(time.Minute)
		same(t, "told", []string{"BackOff a ×2 firing"}, tell(t, l))
		time.Sleep(10 * time.Minute)
		same(t, "told", []string{"BackOff a ×0 recovered"}, tell(t, l))
	})
}

func TestGoodNewsInAnEarlierRequestThatEndNothing(t *testing.T) {
	for name, events := range map[string]func() (good, bad alert.Alert){
		"another object": func() (good, bad alert.Alert) {
			bad = podEvent("a", "Warning", "BackOff")
			time.Sleep(time.Minute)
			return podEvent("b", "Normal", "Started"), bad
		},
		"another reason": func() (good, bad alert.Alert) {
			bad = podEvent("a", "Warning", "BackOff")
			time.Sleep(time.Minute)
			return podEvent("a", "Normal", "Scheduled"), bad
		},
		"the same second": func() (good, bad alert.Alert) {
			return podEvent("a", "Normal", "Started"), podEvent("a", "Warning", "BackOff")
		},
		"older": func() (good, bad alert.Alert) {
			good = podEvent("a", "Normal", "Started")
			time.Sleep(time.Minute)
			return good, podEvent("a", "Warning", "BackOff")
		},
		"older, by a clock that is ahead": func() (good, bad alert.Alert) {
			good = podEvent("a", "Normal", "Started")
			good.Last = good.Last.Add(time.Hour)
			time.Sleep(time.Minute)
			return good, podEvent("a", "Warning", "BackOff")
		},
		"of no known revision": func() (good, bad alert.Alert) {
			bad = podEvent("a", "Warning", "BackOff")
			bad.Revision = 0
			time.Sleep(time.Minute)
			return podEvent("a", "Normal", "Started"), bad
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *Ledger) {
				good, bad := events()
				take(t, l, good)
				take(t, l, bad)
				time.Sleep(time.Minute)
				same(t, "told", []string{"BackOff a ×1 firing"}, tell(t, l))
				time.Sleep(time.Hour)
				same(t, "told later", 0, len(tell(t, l)))
			})
		})
	}
	bubble(t, func(t *testing.T, l *Ledger) {
		bad := podEvent("a", "Warning", "BackOff")
		time.Sleep(time.Minute)
		take(t, l, podEvent("a", "Normal", "Started"))
		time.Sleep(time.Minute)
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		take(t, l, bad)
		time.Sleep(time.Minute)
		_ = tell(t, l)
		time.Sleep(30 * time.Minute)
		same(t, "told of a silent node's Pod", 0, len(tell(t, l)))
	})
}

// TestGoodNewsAreForgotten: neither time nor a flood make them a burden.
func TestGoodNewsAreForgotten(t *testing.T) {
	var h goodNews
	var now Time
	for i := range 5 * maxHeals {
		a := podEvent(fmt.Sprint("p", i), "Normal", "Started")
		h.note(now, a, a.Heals())
		if n := len(h.young) + len(h.old); n > 2*maxHeals || i >= maxHeals && n < maxHeals {
			t.Fatalf("%d remembered after %d", n, i)
		}
	}
	for range 2 {
		now = now.After(healsFor)
		h.age(now)
	}
	same(t, "remembered", 0, len(h.young)+len(h.old))
}

func TestEveryObjectMustBeWell(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		a, b := "web-7c5ddbdf54-2kk5p", "web-7c5ddbdf54-l299m"
		take(t, l, podEvent(a, "Warning", "FailedScheduling"), podEvent(b, "Warning", "FailedScheduling"))
		time.Sleep(5 * time.Second)
		same(t, "trouble", []string{"FailedScheduling web-* ×2 firing"}, tell(t, l))
		take(t, l, podEvent(a, "Normal", "Scheduled"))
		time.Sleep(10 * time.Hour)
		same(t, "one is well", 0, len(tell(t, l)))
		take(t, l, podEvent(b, "Normal", "Scheduled"))
		time.Sleep(time.Minute)
		same(t, "both are well", []string{"FailedScheduling web-* ×0 recovered"}, tell(t, l))
	})
}

func TestMoreObjectsThanListedNeverRecover(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		var names []string
		for i := range alert.MaxObjects + 1 {
			name := fmt.Sprintf("web-7c5ddbdf54-2kk%c%c", "bcdfg"[i/5], "bcdfg"[i%5])
			names = append(names, name)
			take(t, l, podEvent(name, "Warning", "FailedScheduling"))
		}
		time.Sleep(5 * time.Second)
		tell(t, l)
		for _, name := range names {
			take(t, l, podEvent(name, "Normal", "Scheduled"))
		}
		time.Sleep(10 * time.Hour)
		same(t, "told", 0, len(tell(t, l)))
	})
}

// A container in a crash loop is started every few minutes.
func TestCrashLoopIsNotOverBetweenCrashes(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		crash, recovered := podEvent("db-0", "Warning", "BackOff"), 0
		for range 36 {
			crash.Count, crash.Last = crash.Count+1, time.Now()
			take(t, l, crash)
			time.Sleep(5 * time.Second)
			take(t, l, podEvent("db-0", "Normal", "Started"))
			time.Sleep(5*time.Minute - 5*time.Second)
			for _, g := range due(t, l) {
				if g.State == alert.Recovered {
					recovered++
				}
			}
			tell(t, l)
		}
		same(t, "recoveries while it crashed", 0, recovered)
		take(t, l, podEvent("db-0", "Normal", "Started"))
		time.Sleep(10*time.Minute - time.Second)
		for _, g := range due(t, l) {
			same(t, "state in the hold", alert.Firing, g.State)
		}
		time.Sleep(time.Second)
		groups := due(t, l)
		if len(groups) != 1 || groups[0].State != alert.Recovered {
			t.Errorf("after ten quiet minutes: %+v, want it recovered", groups)
		}
	})
}

// A container that was started says nothing more once its node is silent.
func TestNodeThatGoesSilentTakesGoodNewsBack(t *testing.T) {
	for _, together := range []bool{false, true} {
		bubble(t, func(t *testing.T, l *Ledger) {
			take(t, l, podEvent("db-0", "Warning", "BackOff"))
			time.Sleep(5 * time.Second)
			tell(t, l)
			started := podEvent("db-0", "Normal", "Started")
			time.Sleep(time.Minute)
			silent := nodeEvent("pi", "NodeNotReady")
			if together {
				take(t, l, silent, started)
			} else {
				take(t, l, started)
				take(t, l, silent)
			}
			time.Sleep(20 * time.Minute)
			same(t, "told", []string{down}, tell(t, l))
		})
	}
}

func TestHoldOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig(tempDir(t))
		l := open(t, cfg)
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		tell(t, l)
		time.Sleep(time.Second)
		take(t, l, nodeEvent("pi", "NodeReady"))
		time.Sleep(30 * time.Second)
		closeLedger(t, l)
		time.Sleep(time.Hour) // without power the hold does not go on
		l = open(t, cfg)
		time.Sleep(29 * time.Second)
		same(t, "in the hold", 0, len(tell(t, l)))
		time.Sleep(time.Second)
		same(t, "after the hold", []string{up}, tell(t, l))
		closeLedger(t, l)
		l = open(t, cfg)
		defer closeLedger(t, l)
		time.Sleep(time.Hour)
		same(t, "after another restart", 0, len(tell(t, l)))
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		tell(t, l)
		time.Sleep(time.Second)
		take(t, l, nodeEvent("pi", "NodeReady")) // the rows read at the start are found
		time.Sleep(2 * time.Hour)
		same(t, "recovered again", []string{up}, tell(t, l))
	})
}

func TestTroubleWhileTheRecoveryIsOnItsWay(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		tell(t, l)
		time.Sleep(time.Second)
		take(t, l, nodeEvent("pi", "NodeReady"))
		time.Sleep(time.Minute)
		card := due(t, l)
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		if err := l.Delivered(context.Background(), route, []Mark{MarkOf(card[0])}, Notices{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		same(t, "told", []string{down}, tell(t, l))
	})
}

func TestWhatNoReaderSawIsNotToldAsOver(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		take(t, l, nodeEvent("pi", "NodeNotReady"))
		time.Sleep(5 * time.Second)
		if err := l.Park(context.Background(), route, []Mark{MarkOf(due(t, l)[0])}); err != nil {
			t.Fatal(err)
		}
		take(t, l, nodeEvent("pi", "NodeReady"))
		time.Sleep(time.Hour)
		same(t, "told", 0, len(tell(t, l)))
	})
}

// TestFlapping: a node that goes and comes every two minutes for three hours.
// The readers are told at once, once that it is over, at once that it is not,
// and then once per REPEAT_INTERVAL; they never stay with a card that says that
// it is over while it is not.
func TestFlapping(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		begin := time.Now()
		type card struct {
			at    time.Duration
			state alert.State
		}
		var cards []card
		look := func(until time.Duration) {
			for time.Since(begin) < until {
				for _, g := range due(t, l) {
					cards = append(cards, card{time.Since(begin).Truncate(time.Minute), g.State})
				}
				tell(t, l)
				time.Sleep(5 * time.Second)
			}
		}
		var at time.Duration
		for ; at < 3*time.Hour; at += 4 * time.Minute {
			take(t, l, nodeEvent("pi", "NodeNotReady"))
			look(at + 2*time.Minute)
			take(t, l, nodeEvent("pi", "NodeReady"))
			look(at + 4*time.Minute)
		}
		look(at + 20*time.Hour)
		// The last NodeReady comes after 2h58m; it must then stay well for
		// as long as it takes to repeat.
		want := []string{"0s firing", "3m0s recovered", "4m0s firing", "1h4m0s firing", "2h4m0s firing", "3h4m0s firing", "3h58m0s recovered"}
		var got []string
		for _, c := range cards {
			got = append(got, fmt.Sprint(c.at, " ", c.state))
		}
		same(t, "cards", want, got)
	})
}

// TestTheEndOfALongSilenceIsTold: what is said of a node once, and its end
// after days.
func TestTheEndOfALongSilenceIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, l *Ledger) {
		take(t, l, nodeEvent("pi", "NodeNotReady"), podEvent("web-0", "Warning", "BackOff"))
		time.Sleep(5 * time.Second)
		same(t, "trouble", 2, len(tell(t, l)))
		time.Sleep(9 * 24 * time.Hour)
		groups, err := l.Groups()
		if err != nil || len(groups) != 1 {
			t.Errorf("want the node's story alone, got %+v, %v", groups, err)
		}
		if nodes, err := l.Nodes(); err != nil || len(nodes) != 0 {
			t.Errorf("want no node that went silent lately, got %+v, %v", nodes, err)
		}
		take(t, l, nodeEvent("pi", "NodeReady"))
		time.Sleep(time.Minute)
		same(t, "the end", []string{up}, tell(t, l))
		time.Sleep(90 * 24 * time.Hour)
		if groups, err := l.Groups(); err != nil || len(groups) != 0 {
			t.Errorf("want nothing, got %+v, %v", groups, err)
		}
	})
}
