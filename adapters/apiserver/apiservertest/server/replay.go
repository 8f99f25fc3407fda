package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/adapters/kubeevent"
)

const (
	// maxAdded bounds what a long run adds; older ones expire, as by the API
	// server's --event-ttl.
	maxAdded = 1000
	// compaction is as often as the API server has it.
	compaction = 5 * time.Minute
	// repeat: every third write changes the Event of the write before.
	repeat = 3
)

// replay makes Events of recorded ones.
type replay struct {
	api      *apiservertest.Server
	recorded []corev1.Event
	loop     bool
	made     int
	added    []metav1.ObjectMeta
}

// load reads Lists of core/v1 Events, as "kubectl get events -o json" prints.
func load(files []string) ([]corev1.Event, error) {
	var out []corev1.Event
	for _, file := range files {
		if file = strings.TrimSpace(file); file == "" {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read Events: %w", err)
		}
		var list corev1.EventList
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, fmt.Errorf("read Events: %s is no List of Events: %w", file, err)
		}
		for _, ev := range list.Items {
			if ev.InvolvedObject.Kind == "" {
				return nil, fmt.Errorf("read Events: %s: %s/%s is no core/v1 Event", file, ev.Namespace, ev.Name)
			}
		}
		out = append(out, list.Items...)
	}
	if len(out) == 0 {
		return nil, errors.New("-events: must name a file with Events")
	}
	return out, nil
}

// parseRate reads 2/s, 30/m, 100/h or a number per second.
func parseRate(s string) (every time.Duration, err error) {
	number, unit, _ := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(number, 64)
	per, ok := map[string]time.Duration{"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	if err != nil || !ok || n < 0 || n > 10_000 {
		return 0, fmt.Errorf("-rate %s: must be such as 2/s, 30/m or 0", s)
	}
	if n == 0 {
		return 0, nil
	}
	return time.Duration(float64(per) / n), nil
}

// fill adds what is there at the start: the recorded Events, moved so that the
// newest is now, or count made from them.
func (r *replay) fill(count int, now time.Time) {
	if count <= 0 {
		for i := range r.recorded {
			r.api.Add(moved(&r.recorded[i], r.age(now)))
		}
		return
	}
	for range count {
		r.api.Add(r.next(now))
	}
}

func (r *replay) age(now time.Time) time.Duration {
	var newest time.Time
	for i := range r.recorded {
		if seen := kubeevent.LastSeen(&r.recorded[i]); seen.After(newest) {
			newest = seen
		}
	}
	return now.Sub(newest)
}

// next is the next recorded Event as if it happened now, to a new object of
// the same kind.
func (r *replay) next(now time.Time) *corev1.Event {
	from := &r.recorded[r.made%len(r.recorded)]
	ev := moved(from, now.Sub(kubeevent.LastSeen(from)))
	ev.Name = fmt.Sprintf("%s.%d", ev.Name, r.made)
	ev.UID = ""
	ev.CreationTimestamp = metav1.NewTime(now.Truncate(time.Second))
	r.made++
	return ev
}

// moved shifts all times that are set.
func moved(from *corev1.Event, by time.Duration) *corev1.Event {
	ev := from.DeepCopy()
	for _, t := range []*metav1.Time{&ev.FirstTimestamp, &ev.LastTimestamp, &ev.CreationTimestamp} {
		if !t.IsZero() {
			*t = metav1.NewTime(t.Add(by).Truncate(time.Second))
		}
	}
	if !ev.EventTime.IsZero() {
		ev.EventTime = metav1.NewMicroTime(ev.EventTime.Add(by))
	}
	if ev.Series != nil {
		ev.Series.LastObservedTime = metav1.NewMicroTime(ev.Series.LastObservedTime.Add(by))
	}
	ev.ManagedFields = nil
	return ev
}

// run writes until ctx ends, or until each recorded Event was added once.
func (r *replay) run(ctx context.Context, every time.Duration) {
	compact := time.NewTicker(compaction)
	defer compact.Stop()
	var write <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		write = t.C
	}
	for i, start := 1, r.made; ; {
		select {
		case <-ctx.Done():
			return
		case <-compact.C:
			r.api.Compact()
		case now := <-write:
			r.write(i, now)
			if i++; !r.loop && r.made-start >= len(r.recorded) {
				write = nil
			}
		}
	}
}

func (r *replay) write(i int, now time.Time) {
	if n := len(r.added); i%repeat == 0 && n > 0 {
		r.api.Modify(r.added[n-1].Namespace, r.added[n-1].Name, func(ev *corev1.Event) { again(ev, now) })
		return
	}
	ev := r.next(now)
	r.api.Add(ev)
	if r.added = append(r.added, ev.ObjectMeta); len(r.added) > maxAdded {
		r.api.Delete(r.added[0].Namespace, r.added[0].Name)
		r.added = r.added[1:]
	}
}

// again is how a recorder counts one more.
func again(ev *corev1.Event, now time.Time) {
	if ev.Series != nil {
		ev.Series.Count++
		ev.Series.LastObservedTime = metav1.NewMicroTime(now)
		return
	}
	ev.Count++
	ev.LastTimestamp = metav1.NewTime(now.Truncate(time.Second))
}
