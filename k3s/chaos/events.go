package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/edgebell/edgebell/adapters/kubeevent"
)

const (
	cluster   = "chaos"
	namespace = "chaos"
)

// subjects are what the nine stories of a row are about. Their names have
// nothing that could be folded.
var subjects = []struct{ kind, name, reason, component string }{
	{"Pod", "camera", "BackOff", "kubelet"},
	{"Pod", "gateway", "Unhealthy", "kubelet"},
	{"Pod", "broker", "FailedScheduling", "default-scheduler"},
	{"Job", "nightly", "FailedCreate", "job-controller"},
	{"CronJob", "sync", "FailedNeedsStart", "cronjob-controller"},
	{"PersistentVolumeClaim", "recordings", "ProvisioningFailed", "persistentvolume-controller"},
	{"HorizontalPodAutoscaler", "gateway", "FailedGetResourceMetric", "horizontal-pod-autoscaler"},
	{"DaemonSet", "agent", "FailedCreate", "daemonset-controller"},
	{"Ingress", "edge", "BackendNotFound", "ingress-controller"},
}

// generator makes Events and goes on with them, as recorders do. The same seed
// makes the same ones, but for their times.
type generator struct {
	rng    *rand.Rand
	made   []*corev1.Event
	latest time.Time // when the newest is said to have happened; zero: now
}

// fresh is a new Event about one of the subjects.
func (g *generator) fresh() *corev1.Event {
	n := len(g.made)
	about := subjects[g.rng.IntN(len(subjects))]
	at := metav1.NewTime(g.now().Truncate(time.Second))
	ev := &corev1.Event{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s.%016x", about.name, g.rng.Uint64()), Namespace: namespace,
			UID: types.UID(fmt.Sprintf("%08x-0000-4000-8000-%012x", g.rng.Uint32(), n)), ResourceVersion: fmt.Sprint(1000 + n),
			CreationTimestamp: at,
		},
		InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: about.kind, Namespace: namespace, Name: about.name},
		Reason:         about.reason, Type: corev1.EventTypeWarning,
		Message:        fmt.Sprintf("%s of %s, number %d", about.reason, about.name, n),
		Source:         corev1.EventSource{Component: about.component},
		FirstTimestamp: at, LastTimestamp: at, Count: int32(1 + g.rng.IntN(3)),
	}
	g.made = append(g.made, ev)
	return ev.DeepCopy()
}

// again is an Event of before that has happened some times more.
func (g *generator) again() *corev1.Event {
	if len(g.made) == 0 {
		return g.fresh()
	}
	ev := g.made[g.rng.IntN(len(g.made))]
	ev.Count += int32(1 + g.rng.IntN(4))
	ev.LastTimestamp = metav1.NewTime(g.now().Truncate(time.Second))
	ev.ResourceVersion = fmt.Sprint(number(ev.ResourceVersion) + 1)
	return ev.DeepCopy()
}

func (g *generator) now() time.Time {
	if g.latest.IsZero() {
		return time.Now()
	}
	return g.latest
}

// storyOf names the story that an Event belongs to as its cards do.
func storyOf(ev *corev1.Event) story {
	place := ev.InvolvedObject.Kind + " " + ev.InvolvedObject.Namespace + "/" + ev.InvolvedObject.Name
	return story(ev.Reason + " " + place)
}

// account is what was handed over, per story.
type account map[story]int64

// sum adds up the Events of a store.
func sum(events []*corev1.Event) account {
	a := account{}
	for _, ev := range events {
		if ev.Type == corev1.EventTypeWarning {
			a[storyOf(ev)] += kubeevent.Count(ev)
		}
	}
	return a
}

func (a account) total() (n int64) {
	for _, v := range a {
		n += v
	}
	return n
}

// folded tells stories apart by reason and kind alone.
func (a account) folded() account {
	out := account{}
	for s, n := range a {
		what, _, _ := strings.Cut(string(s), "/")
		what, _, _ = cutLast(what, " ")
		out[story(strings.TrimSuffix(what, " "))] += n
	}
	return out
}

func plus(a, b account) account {
	out := account{}
	for _, from := range []account{a, b} {
		for s, n := range from {
			out[s] += n
		}
	}
	return out
}
