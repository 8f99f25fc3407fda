package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// assault is one hostile row under way: somebody who means harm beside three
// namespaces that do not.
type assault struct {
	*scene
	sent, accepted atomic.Int64 // of the attacker: what it handed over, what was answered 2xx
	also           atomic.Int64 // honest stories that go another way

	mu     sync.Mutex
	honest []plea
}

// plea is one story of an honest namespace.
type plea struct {
	name  string // as a card names its object
	taken time.Time
}

// damage is what an attack has done.
type damage struct {
	attack         string
	sent, accepted int64
	memory, disk   int64 // peaks in bytes
	honest, named  int
	worst          time.Duration // from the answer to the card that names it
	cards          int
	bytes          int64 // of the cards
}

const (
	// mostMemory is the limit of notify's Pod.
	mostMemory = 64 << 20
	// mostDisk is the ledger file and what lies beside it.
	mostDisk = 17 << 20
	// mostDelay holds GROUP_WAIT, the digest before, the pace of 20 cards a
	// minute, the quiet seconds of a half hour, and a machine that is busy.
	mostDelay = 30 * time.Second

	honestStories = 12
	honestEvery   = 1500 * time.Millisecond
	honestWait    = 90 * time.Second
)

// assaulted runs an attack while honest stories happen one after another, and
// judges what became of them. The limits are those of a real installation.
func (r *run) assaulted(attack func(ctx context.Context, a *assault) error, env ...string) error {
	s, err := r.scene(append([]string{
		"GROUP_WAIT=1s", "REPEAT_INTERVAL=1h", "FEISHU_MAX_PER_MINUTE=20", "GOMEMLIMIT=40MiB", "LOG_LEVEL=warn",
	}, env...)...)
	if err != nil {
		return err
	}
	a := &assault{scene: s}
	return s.during(func() error {
		began := s.notify
		ctx, stop := context.WithCancel(r.ctx)
		defer stop()
		done := make(chan error, 1)
		go func() { done <- attack(ctx, a) }()
		err := a.plead(r.ctx)
		if err == nil {
			err = a.heard(r.ctx)
		}
		if err != nil {
			r.breaks("%v", err)
		}
		stop()
		if err := <-done; err != nil && r.ctx.Err() == nil {
			return fmt.Errorf("attack: %w", err)
		}
		d, err := a.damage(began)
		if err != nil {
			return err
		}
		r.suffered(d)
		return nil
	})
}

func honestNamespace(i int) string { return fmt.Sprintf("honest-%d", i%3) }
func honestName(i int) string      { return fmt.Sprintf("gate-%03d", i) }

// plead lets the honest stories happen.
func (a *assault) plead(ctx context.Context) error {
	sender := newSender(a.scene)
	for i := range honestStories {
		ev := eventOf(honestNamespace(i), "Pod", honestName(i), "FailedScheduling")
		if err := sender.post(ctx, []*corev1.Event{ev}); err != nil {
			return err
		}
		a.plea(ev, time.Now())
		pause(ctx, honestEvery)
	}
	return nil
}

func (a *assault) plea(ev *corev1.Event, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.honest = append(a.honest, plea{"Pod " + ev.Namespace + "/" + ev.InvolvedObject.Name, at})
}

// pleas is how many honest stories there are to be.
func (a *assault) pleas() int { return honestStories + int(a.also.Load()) }

// heard waits until a card has named every honest story.
func (a *assault) heard(ctx context.Context) error {
	return eventually(ctx, honestWait, "every honest story is named", func() error {
		named, _ := a.named(a.bot.Messages())
		if named < a.pleas() {
			return fmt.Errorf("%d of %d are", named, a.pleas())
		}
		return nil
	})
}

// named is how many honest stories the cards name, and the longest that one
// has waited for it. To be counted among others is not enough.
func (a *assault) named(messages []feishutest.Message) (n int, worst time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.honest {
		for _, m := range messages {
			if strings.Contains(m.Plain(), p.name) {
				n++
				worst = max(worst, m.Received.Sub(p.taken))
				break
			}
		}
	}
	return n, worst
}

func (a *assault) damage(began *process.Process) (damage, error) {
	messages := a.bot.Messages()
	d := damage{sent: a.sent.Load(), accepted: a.accepted.Load(), honest: a.pleas(), cards: len(messages)}
	d.named, d.worst = a.named(messages)
	for _, m := range messages {
		d.bytes += int64(len(m.Raw))
	}
	err := began.Alive()
	if err == nil && a.notify != began {
		err = errors.New("notify was started again")
	}
	if err != nil {
		return d, err
	}
	if d.memory, err = peakMemory(began); err != nil {
		return d, err
	}
	d.disk, err = diskUse(a.dir)
	return d, err
}

// judge says what of the promise an attack has broken.
func (d damage) judge() (broken []string) {
	breaks := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	if d.named < d.honest {
		breaks("%d of %d honest stories were named", d.named, d.honest)
	}
	if d.worst > mostDelay {
		breaks("an honest story waited for %s, want at most %s", d.worst.Round(time.Millisecond), mostDelay)
	}
	if d.memory > mostMemory {
		breaks("%d bytes of memory, want at most %d", d.memory, mostMemory)
	}
	if d.disk > mostDisk {
		breaks("%d bytes of disk, want at most %d", d.disk, mostDisk)
	}
	if d.sent == 0 {
		breaks("there was no attack")
	}
	return broken
}

// suffered adds what an attack has done to the row.
func (r *run) suffered(d damage) {
	d.attack = r.result.fault
	for _, b := range d.judge() {
		r.breaks("%s", b)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.damage = &d
}

// eventOf is a Warning about an object of its own namespace.
func eventOf(namespace, kind, name, reason string) *corev1.Event {
	at := metav1.Now()
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: namespace, Name: name + "." + reason, UID: types.UID(namespace + name + reason), ResourceVersion: "1"},
		InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: kind, Namespace: namespace, Name: name},
		Reason:         reason, Type: corev1.EventTypeWarning, Message: reason + " of " + name,
		Source: corev1.EventSource{Component: "kubelet"}, FirstTimestamp: at, LastTimestamp: at, Count: 1,
	}
}

// flood posts batches of what make makes until ctx ends or n are handed over;
// what is answered otherwise than 2xx is not repeated.
func (a *assault) flood(ctx context.Context, n, batch int, make func(i int) *corev1.Event) error {
	sender := newSender(a.scene)
	for i := 0; i < n && ctx.Err() == nil; {
		var events []*corev1.Event
		for ; len(events) < batch && i < n; i++ {
			events = append(events, make(i))
		}
		body, err := encode(events)
		if err != nil {
			return err
		}
		a.sent.Add(int64(len(events)))
		if status, _ := sender.once(ctx, body); status/100 == 2 {
			a.accepted.Add(int64(len(events)))
		}
	}
	return nil
}
