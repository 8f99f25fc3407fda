package main

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/k3s/process"
)

// baselines measures the least that could do each job.
func (b *bench) baselines() error {
	if err := b.baselineSink(); err != nil {
		return err
	}
	return b.baselineWatch()
}

func (b *bench) baselineSink() error {
	dir, clean, err := b.folder()
	if err != nil {
		return err
	}
	defer clean()
	at := process.FreeAddress()
	p, err := b.spawn(filepath.Join(b.opts.bin, "baseline-sink"), []string{"DATA_DIR=" + dir, "LISTEN_ADDRESS=" + at})
	if err != nil {
		return err
	}
	defer p.stop()
	if err := b.ready(p, "http://"+at+"/readyz"); err != nil {
		return err
	}
	if err := b.result.memory("baseline", p, 0, 0, 0); err != nil {
		return err
	}
	return b.posting("baseline", p, "http://"+at+"/")
}

// baselineWatch measures it at rest, and after 50,000 Events.
func (b *bench) baselineWatch() error {
	for _, n := range []int{0, 50_000} {
		if err := b.baselineWatchOf(n); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) baselineWatchOf(n int) error {
	api := apiservertest.New()
	api.Add(b.events.mixed(n)...)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	defer func() { _ = srv.Close() }()
	at := process.FreeAddress()
	p, err := b.spawn(filepath.Join(b.opts.bin, "baseline-watch"), []string{"API_SERVER=http://" + l.Addr().String(), "LISTEN_ADDRESS=" + at})
	if err != nil {
		return err
	}
	defer p.stop()
	if err := b.hasRead("http://"+at+"/readyz", n); err != nil {
		return err
	}
	took := time.Since(p.Started)
	stage := "baseline"
	if n > 0 {
		stage = fmt.Sprintf("baseline, %d Events", n)
	}
	if err := b.result.memory(stage, p, 0, 0, 0); err != nil || n == 0 {
		return err
	}
	spent, err := p.CPU()
	b.result.add(Measure{Stage: "baseline", Process: p.Name, Name: "read", Value: float64(n) / took.Seconds(), Unit: "events/s", Note: "JSON lines, a few fields decoded, nothing sent on"})
	b.result.add(Measure{Stage: "baseline", Process: p.Name, Name: "CPU per 1,000 events", Value: spent.Seconds() / float64(n) * 1000, Unit: "s"})
	return err
}

func (b *bench) hasRead(url string, n int) error {
	return b.eventually(2*time.Minute, "the watch has read all", func() error {
		raw, err := get(b.ctx, url)
		if err != nil {
			return err
		}
		if got, _ := strconv.Atoi(string(bytes.TrimSpace(raw))); got < n {
			return fmt.Errorf("%d of %d", got, n)
		}
		return nil
	})
}

// ratios compares with the baselines, which is what another machine can do, too.
func (b *bench) ratios() {
	for _, r := range []struct{ name, stage, process, measure, base string }{
		{"RSS at idle", "idle", "notify", "RSS", "baseline-sink"},
		{"RssAnon at idle", "idle", "notify", "RssAnon", "baseline-sink"},
		{"RSS at idle", "idle", "event-source", "RSS", "baseline-watch"},
		{"RssAnon at idle", "idle", "event-source", "RssAnon", "baseline-watch"},
		{"CPU per 1,000 events", "storm", "event-source", "CPU per 1,000 events", "baseline-watch"},
		{"CPU per 1,000 events, listed", "50000 Events", "event-source", "CPU per 1,000 events", "baseline-watch"},
		{one, "intake", "notify", one, "baseline-sink"},
		{many, "intake", "notify", many, "baseline-sink"},
		{batched, "intake", "notify", batched, "baseline-sink"},
		{cpuSingles, "intake", "notify", cpuSingles, "baseline-sink"},
		{cpuBatched, "intake", "notify", cpuBatched, "baseline-sink"},
	} {
		ours, theirs := b.result.value(r.stage, r.process, r.measure), b.result.value("baseline", r.base, r.measure)
		if ratio := ours / theirs; !math.IsNaN(ratio) && !math.IsInf(ratio, 0) {
			b.result.add(Measure{Stage: "ratio", Process: r.process, Name: r.name, Value: ratio, Unit: "×", Note: "of " + r.base})
		}
	}
}
