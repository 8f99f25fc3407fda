package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/onward"
	"github.com/edgebell/edgebell/functions/webhook"
)

// edges is how many clusters tell one hub.
const edges = 1000

// fleet is the clusters of a hub: each tells its stories through the channel
// that the function on the edge would tell them through.
type fleet struct {
	channels []notify.Channel
	sent     map[string]map[string]int64 // occurrences by cluster and reason
	tries    atomic.Int64
}

func edgeName(i int) string { return fmt.Sprintf("edge-%04d", i) }

func newFleet(at string) (*fleet, error) {
	f := &fleet{sent: map[string]map[string]int64{}}
	for i := range edges {
		ch, err := onward.New(onward.Config{URL: "http://" + at + "/", Token: hubToken}, webhook.Options{Cluster: edgeName(i)})
		if err != nil {
			return nil, err
		}
		f.channels = append(f.channels, ch)
	}
	return f, nil
}

// trouble is a kind of trouble that clusters may have in common.
type trouble struct{ kind, reason, component, message string }

// registry is what a thousand clusters have when their one registry is gone.
var registry = trouble{"Pod", "Failed", "kubelet", `Failed to pull image "registry.example/%s:1.4.2": dial tcp: lookup registry.example: no such host`}

// volumes is what some of them have.
var volumes = trouble{"Pod", "FailedMount", "kubelet", `MountVolume.SetUp failed for volume "%s": rpc error: code = DeadlineExceeded`}

// others are all different.
var others = []trouble{
	{"Pod", "FailedScheduling", "default-scheduler", "0/3 nodes are available for %s: 3 Insufficient memory"},
	{"Job", "BackoffLimitExceeded", "job-controller", "Job %s has reached the specified backoff limit"},
	{"ReplicaSet", "FailedCreate", "replicaset-controller", `pods "%s" is forbidden: exceeded quota`},
	{"Pod", "Evicted", "kubelet", "The node was low on resource: memory, taken from %s"},
	{"Pod", "Unhealthy", "kubelet", "Readiness probe of %s failed: HTTP probe failed with statuscode: 503"},
	{"HorizontalPodAutoscaler", "FailedGetResourceMetric", "horizontal-pod-autoscaler", "failed to get cpu utilization of %s"},
	{"PersistentVolumeClaim", "ProvisioningFailed", "persistentvolume-controller", "storageclass of %s not found"},
	{"Pod", "BackOff", "kubelet", "Back-off restarting failed container in pod %s"},
	{"Service", "SyncLoadBalancerFailed", "service-controller", "Error syncing load balancer of %s"},
	{"Pod", "FailedCreatePodSandBox", "kubelet", "Failed to create pod sandbox of %s: network plugin is not ready"},
}

// has makes a cluster's story of a trouble: everywhere with other names, other
// namespaces and other counts.
func (f *fleet) has(i int, t trouble) alert.Group {
	name, ns, now := fmt.Sprintf("app%d-0", i), fmt.Sprintf("site-%d", i), time.Now()
	a := alert.Alert{
		Namespace: ns, Kind: t.kind, Name: name, Type: "Warning", Reason: t.reason, Component: t.component,
		Node: fmt.Sprintf("node-%d", i), Message: fmt.Sprintf(t.message, name),
		EventNamespace: ns, EventName: name + ".1", EventUID: name + t.reason, Count: int64(1 + i%7), First: now.Add(-time.Minute), Last: now,
	}.Bounded()
	g := alert.NewGroup(a)
	g.Add(a, a.Count)
	if f.sent[edgeName(i)] == nil {
		f.sent[edgeName(i)] = map[string]int64{}
	}
	f.sent[edgeName(i)][t.reason] += a.Count
	return g
}

// total is all that was sent, in occurrences.
func (f *fleet) total() (n int64) {
	for _, reasons := range f.sent {
		for _, count := range reasons {
			n += count
		}
	}
	return n
}

// tell has all clusters post at once, and returns when the hub has said of
// everything that it holds it, with the number of requests that were needed.
func (f *fleet) tell(ctx context.Context, stories map[int][]alert.Group) (requests int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var wait sync.WaitGroup
	var needed atomic.Int64
	errs := make(chan error, len(stories))
	for i, groups := range stories {
		wait.Go(func() {
			n, err := f.post(ctx, i, groups)
			needed.Add(int64(n))
			if err != nil {
				errs <- fmt.Errorf("%s: %w", edgeName(i), err)
			}
		})
	}
	wait.Wait()
	select {
	case err = <-errs:
	default:
	}
	return int(needed.Load()), err
}

func (f *fleet) post(ctx context.Context, i int, groups []alert.Group) (requests int, err error) {
	parts, err := f.channels[i].Render(0, notify.Outgoing{Groups: groups, Digest: len(groups) > 1, Route: alert.DefaultRoute, SentAt: time.Now()})
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		if err := f.send(ctx, i, p); err != nil {
			return len(parts), err
		}
	}
	return len(parts), nil
}

// send tries as the function does: after a second, and then after twice as
// long each time, up to a minute, less up to a fifth.
func (f *fleet) send(ctx context.Context, i int, p notify.Part) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		f.tries.Add(1)
		_, err := f.channels[i].Send(ctx, p)
		var se *notify.SendError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &se) && se.Outcome != notify.Retry && se.Outcome != notify.Ambiguous:
			return fmt.Errorf("the hub refuses a story: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not told: %w", err)
		case <-time.After(wait - rand.N(wait/5)):
		}
	}
}

// link is the way from the clusters to the hub. Every tenth answer is lost on
// it, and the hub sees each connection come from an address of its own.
type link struct {
	*relay
	answers, lost, conns atomic.Int64
}

func newLink(hub string) (l *link, err error) {
	l = &link{}
	l.relay, err = (&relay{
		to: hub,
		dial: func(to string) (net.Conn, error) {
			n := l.conns.Add(1)
			from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1+byte(n>>16), byte(n>>8), byte(n))}}
			return from.Dial("tcp", to)
		},
		passes: func() bool {
			if l.answers.Add(1)%10 != 0 {
				return true
			}
			l.lost.Add(1)
			return false
		},
	}).start()
	return l, err
}
