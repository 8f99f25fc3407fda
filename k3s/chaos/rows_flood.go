package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent/wire"
	"github.com/edgebell/edgebell/k3s/process"
)

// evil is the namespace that a row's attacker may write Events in.
const evil = "evil"

// forever is more than an attack gets to.
const forever = 1 << 30

// namespaceFlood tells of ever new objects.
func namespaceFlood(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		return a.flood(ctx, forever, 20, func(i int) *corev1.Event {
			return eventOf(evil, "Pod", fmt.Sprintf("x-%08d", i), "BackOff")
		})
	})
}

// objectFlood tells of one object, with ever new reasons and reporters.
func objectFlood(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		return a.flood(ctx, forever, 20, func(i int) *corev1.Event {
			ev := eventOf(evil, "Pod", "x", fmt.Sprintf("Reason%d", i))
			ev.Source.Component = fmt.Sprintf("component-%d", i)
			return ev
		})
	})
}

// fingerprintFlood hands over as many fingerprints as CHAOS_FINGERPRINTS says,
// half of them about what is not the writer's, and then as the honest go on.
func fingerprintFlood(r *run) error {
	n := 60_000
	if s := os.Getenv("CHAOS_FINGERPRINTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 1 {
			return fmt.Errorf("CHAOS_FINGERPRINTS %q: must be a number above 0", s)
		}
	}
	began := time.Now()
	return r.assaulted(func(ctx context.Context, a *assault) error {
		// All of them, however long the honest take.
		err := a.flood(r.ctx, n, 500, func(i int) *corev1.Event { return about(i, "BackOff") })
		r.note("%d fingerprints in %s", a.accepted.Load(), time.Since(began).Round(time.Second))
		return err
	})
}

// about is an Event that evil writes, every other one about somebody else's.
func about(i int, reason string) *corev1.Event {
	ev := eventOf(evil, "Pod", fmt.Sprintf("x-%08d", i), reason)
	if i%2 == 0 {
		ev.InvolvedObject.Namespace = fmt.Sprintf("victim-%d", i/2)
		ev.EventTime = metav1.NowMicro()
	}
	return ev
}

// digestCrowding tells what looks graver and more frequent than anything honest.
func digestCrowding(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		reasons := []string{"SystemOOM", "Evicted", "FailedMount", "NodeNotReady"}
		return a.flood(ctx, forever, 50, func(i int) *corev1.Event {
			ev := about(i, reasons[i%len(reasons)])
			ev.Count = 1<<31 - 1
			return ev
		})
	})
}

// hugeEvents sends Events as large as the API server takes them.
func hugeEvents(r *run) error {
	text := strings.Repeat("界", 1_400_000/3)
	return r.assaulted(func(ctx context.Context, a *assault) error {
		return a.flood(ctx, forever, 1, func(i int) *corev1.Event {
			ev := eventOf(evil, "Pod", fmt.Sprintf("x-%08d", i), "BackOff")
			ev.Message = text
			return ev
		})
	})
}

// healFlood says of the honest objects, all the time, that they are well, and
// waits for as long as it takes until a story counts as over.
func healFlood(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		err := a.flood(ctx, forever, honestStories, func(i int) *corev1.Event {
			ev := eventOf(honestNamespace(i%honestStories), "Pod", honestName(i%honestStories), "Scheduled")
			ev.Namespace, ev.Type, ev.EventTime = evil, corev1.EventTypeNormal, metav1.NowMicro()
			ev.Name, ev.UID = fmt.Sprint("x.", i), ev.UID+"!"
			return ev
		})
		pause(r.ctx, 75*time.Second) // alert.Healing: a minute
		for _, m := range a.bot.Messages() {
			if strings.Contains(m.Plain(), "Recovered: ") {
				r.breaks("card %d tells a recovery that nobody had: %s", m.N, m.Title)
			}
		}
		return err
	})
}

// statusFlood speaks for a million sources.
func statusFlood(r *run) error {
	return r.assaulted(func(ctx context.Context, a *assault) error {
		for i := 0; ctx.Err() == nil; {
			var batch []object
			for range 100 {
				i++
				batch = append(batch, object{
					"specversion": "1.0", "id": fmt.Sprint(i), "type": wire.TypeStatus, "source": fmt.Sprintf("/clusters/c%d", i), "datacontenttype": "application/json",
					"data": object{"boot": fmt.Sprint("b", i), "sequence": 1, "origin": "watch", "intervalSeconds": 60, "connected": true, "dropped": object{"evil": 1 << 31}},
				})
			}
			if err := a.post(ctx, batch, len(batch)); err != nil {
				return err
			}
		}
		return nil
	})
}

// post hands over a batch of CloudEvents once.
func (a *assault) post(ctx context.Context, batch any, n int) error {
	body, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+a.sink+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/cloudevents-batch+json")
	a.sent.Add(int64(n))
	resp, err := process.Fresh.Do(req)
	if err != nil {
		return nil //nolint:nilerr // an attacker goes on
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		a.accepted.Add(int64(n))
	}
	return nil
}
