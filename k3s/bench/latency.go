package main

import (
	"fmt"
	"strings"
	"time"
)

// latency measures from an Event's write to a real API server.
func (b *bench) latency() error {
	if b.withoutControlPlane("latency") {
		return nil
	}
	server, err := b.startAPIServer()
	if err != nil {
		return err
	}
	defer server.stop()
	if err := b.commitLatency(server); err != nil {
		return err
	}
	return b.cardLatency(server)
}

// commitLatency writes 40 Warnings a second. The commit is seen from outside,
// by the function's answer: a proxy on the way notes it.
func (b *bench) commitLatency(server *apiServer) error {
	watch := newStopwatch()
	c, err := b.start(setup{kubeconfig: server.Kubeconfig, sinkProxy: watch.proxy, notify: []string{"GROUP_WAIT=1h"}})
	if err != nil {
		return err
	}
	defer c.close()
	if err := b.pour(server, load{perSecond: 40, n: 40 * b.opts.seconds}, watch); err != nil {
		return err
	}
	err = b.eventually(30*time.Second, "all are committed", func() error {
		if _, _, missing := watch.since(); missing > 0 {
			return fmt.Errorf("%d are not", missing)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.quantiles("latency", "write to commit at 40/s", watch, 50)
	return nil
}

// cardLatency rings for one new story after the other, slower than the bot's
// limit, so that only the first card of a story is measured.
func (b *bench) cardLatency(server *apiServer) error {
	n := b.opts.samples + 1
	c, err := b.start(setup{kubeconfig: server.Kubeconfig, tls: true, notify: []string{"GROUP_WAIT=0s", "DIGEST_THRESHOLD=1000", "FILTER=type=Warning,name in (" + namesFrom(ringFrom, n) + ")"}})
	if err != nil {
		return err
	}
	defer c.close()
	// The first card makes the connection.
	if err := b.ringFor(c, server, ringFrom, 1, "write to first card's POST, new connection, GROUP_WAIT=0s", 0); err != nil {
		return err
	}
	return b.ringFor(c, server, ringFrom+1, n-1, "write to card's POST, GROUP_WAIT=0s", 50)
}

// ringFor writes n Warnings, each of a new object.
func (b *bench) ringFor(c *chain, server *apiServer, first, n int, name string, target float64) error {
	const apart = 700 * time.Millisecond
	watch := newStopwatch()
	for i := range n {
		if err := b.clearOfMark(3 * time.Second); err != nil {
			return err
		}
		ev := b.events.event(&b.events.warnings[i%len(b.events.warnings)], first+i, time.Now())
		began, answered, err := server.write(ev)
		if err != nil {
			return err
		}
		watch.wrote(ev.InvolvedObject.Name, began, answered)
		if err := b.pause(apart); err != nil {
			return err
		}
	}
	err := b.eventually(time.Minute, "all cards came", func() error {
		for _, m := range c.bot.Messages() {
			for name := range watch.began {
				if strings.Contains(m.Plain()+"\n", name+"\n") || strings.Contains(m.Plain(), name+" ") {
					watch.arrived(name, m.Received)
				}
			}
		}
		if _, _, missing := watch.since(); missing > 0 {
			return fmt.Errorf("%d are missing", missing)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.quantiles("latency", name, watch, target)
	return nil
}

// ringFrom is the number of the first object that rings: beyond those that the
// server has Events of already.
const ringFrom = 100_000

func namesFrom(first, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("sensor-%d", first+i)
	}
	return strings.Join(names, ",")
}

func (b *bench) quantiles(stage, name string, watch *stopwatch, target float64) {
	begun, answered, _ := watch.since()
	if len(answered) == 1 {
		b.result.add(Measure{Stage: stage, Process: "chain", Name: name, Value: answered[0], Unit: "ms", Note: "once; TLS handshake and reading the system's certificates included"})
		return
	}
	b.result.quantiles(stage, name, begun, answered, target)
}

// quantiles adds times in ms; the target is for the p99.
func (r *Result) quantiles(stage, name string, begun, answered []float64, target float64) {
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"max", 1}} {
		m := Measure{Stage: stage, Process: "chain", Name: name + ", " + q.name, Value: quantile(answered, q.q), Unit: "ms",
			Note: fmt.Sprintf("from the API server's answer; %s ms from the begin of the write", short(quantile(begun, q.q)))}
		if q.name == "p99" {
			m.Target = target
		}
		r.add(m)
	}
}
