package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/kubeevent"
)

// The names of what posting measures.
const (
	one        = "one by one, one sender"
	many       = "one by one, 16 senders"
	batched    = "batches of 100, one sender"
	cpuSingles = "CPU per 1,000 events one by one"
	cpuBatched = "CPU per 1,000 events in batches"
)

// postingTime is how long each way of posting is measured.
const postingTime = 4 * time.Second

// intake measures the function's way in.
func (b *bench) intake() error {
	c, err := b.start(setup{noSource: true, notify: []string{"GROUP_WAIT=1h"}})
	if err != nil {
		return err
	}
	defer c.close()
	return b.posting("intake", c.notify, "http://"+c.sinkAt+"/")
}

// posting measures the ways to post; every event is new.
func (b *bench) posting(stage string, p *measured, url string) error {
	for _, way := range []struct {
		name, cpu      string
		senders, batch int
	}{{one, cpuSingles, 1, 1}, {many, "", 16, 1}, {batched, cpuBatched, 1, 100}} {
		before, err := p.CPU()
		if err != nil {
			return err
		}
		n, took, err := b.flood(url, way.senders, way.batch)
		if err != nil {
			return err
		}
		b.result.add(Measure{Stage: stage, Process: p.Name, Name: way.name, Value: float64(n) / took.Seconds(), Unit: "events/s", Note: "each answer after its sync to disk"})
		if way.cpu == "" {
			continue
		}
		after, err := p.CPU()
		if err != nil {
			return err
		}
		b.result.add(Measure{Stage: stage, Process: p.Name, Name: way.cpu, Value: (after - before).Seconds() / float64(n) * 1000, Unit: "s"})
	}
	return nil
}

// flood posts for postingTime. The bodies are made before the clock starts.
func (b *bench) flood(url string, senders, batch int) (n int, took time.Duration, err error) {
	limit := 20_000
	if batch == 1 {
		limit = 8_000
	}
	bodies, err := bodiesOf(b.events.stories(limit, 200, 0), batch)
	if err != nil {
		return 0, 0, err
	}
	var next, sent atomic.Int64
	var wait sync.WaitGroup
	errs := make(chan error, senders)
	began := time.Now()
	for range senders {
		wait.Go(func() {
			for time.Since(began) < postingTime {
				i := next.Add(1) - 1
				if i >= int64(len(bodies)) {
					return
				}
				if err := post(url, bodies[i], batch > 1); err != nil {
					errs <- err
					return
				}
				sent.Add(int64(batch))
			}
		})
	}
	wait.Wait()
	took = time.Since(began)
	select {
	case err = <-errs:
	default:
	}
	return int(sent.Load()), took, err
}

var poster = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

func post(url string, body []byte, batch bool) error {
	contentType := event.ApplicationCloudEventsJSON
	if batch {
		contentType = event.ApplicationCloudEventsBatchJSON
	}
	resp, err := poster.Post(url, contentType, bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("post: %s: %s", resp.Status, raw)
	}
	return err
}

// bodiesOf makes request bodies as the event source does.
func bodiesOf(events []*corev1.Event, batch int) (out [][]byte, err error) {
	var ces []event.Event
	for i, ev := range events {
		ev.ResourceVersion = fmt.Sprint(1000 + i)
		ce, err := kubeevent.FromCore("bench", kubeevent.OriginWatch, ev)
		if err != nil {
			return nil, err
		}
		ces = append(ces, ce)
	}
	for part := range slices.Chunk(ces, batch) {
		var body []byte
		if batch == 1 {
			body, err = json.Marshal(part[0])
		} else {
			body, err = json.Marshal(part)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, nil
}

// folder makes one to throw away, on the disk that is measured.
func (b *bench) folder() (dir string, clean func(), err error) {
	dir, err = os.MkdirTemp(b.opts.dir, "run-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}
