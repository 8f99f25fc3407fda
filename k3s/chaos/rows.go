package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// usualRounds is how often kill-notify kills.
const usualRounds = 500

// lane is a sequence of rows; lanes run side by side, as most of the time is
// spent waiting.
type lane struct {
	name    string
	cluster bool // needs a real control plane
}

var (
	killing = lane{name: "kill"}
	sources = lane{name: "source"}
	bots    = lane{name: "bot"}
	// refusals mostly wait.
	refusals = lane{name: "refusal"}
	disks    = lane{name: "disk"}
	planes   = lane{name: "api", cluster: true}
	floods   = lane{name: "flood"}
	// Two control planes are enough at a time.
	planesTTL = lane{name: "ttl", cluster: true}
)

// row is one fault.
type row struct {
	name, fault string
	lane        lane
	rounds      int // of usualRounds
	least       int // rounds that make sense
	run         func(*run) error
}

var rows = []row{
	{"kill-notify", "kill -9 of the function", killing, usualRounds, 1, killNotify},
	{"kill-source", "kill -9 of the event source", sources, 100, 1, killSource},
	{"kill-both", "kill -9 of either or both", sources, 100, 1, killBoth},
	{"bot-faults", "random faults of the bot", bots, 240, 6, botFaults},
	{"bot-refuses", "refusals that last", refusals, 6, 6, botRefuses},
	{"link-down", "link down, 10,000 occurrences", bots, 1, 1, outage},
	{"bot-clock", "the bot's clock hours and years away", bots, 10, 2, skew},
	{"storm", "a recorded quota storm", bots, 1, 1, storm},
	{"disk-full", "disk full: before, while, under it", disks, 12, 3, fullDisk},
	{"disk-readonly", "disk read-only after a power cut", disks, 6, 1, readOnlyDisk},
	{"damage", "the ledger file damaged", disks, 40, 1, damaged},
	{"api-restart", "kill -9 of the API server", planes, 4, 1, apiRestart},
	{"api-compaction", "quiet spell, compaction, 410 Gone", planes, 2, 1, apiCompaction},
	{"api-down", "source down while Events go on", planes, 5, 1, apiDown},
	{"api-token", "the source's token revoked, later replaced", planes, 1, 1, apiToken},
	{"namespace-flood", "one namespace, ever new objects", floods, 1, 1, namespaceFlood},
	{"object-flood", "one object, ever new reasons", floods, 1, 1, objectFlood},
	{"card-flood", "one namespace, a new object a second", refusals, 1, 1, cardFlood},
	{"fingerprint-flood", "ever new fingerprints", floods, 1, 1, fingerprintFlood},
	{"digest-crowding", "grave stories, of everybody", floods, 1, 1, digestCrowding},
	{"huge-events", "Events of 1.4 MB", floods, 1, 1, hugeEvents},
	{"heal-flood", "good news of others' objects", floods, 1, 1, healFlood},
	{"status-flood", "a status of ever new sources", floods, 1, 1, statusFlood},
	{"notify-port", "slow, endless, idle, huge, packed", floods, 1, 1, notifyPort},
	{"audit-port", "the same at the audit webhook", floods, 1, 1, auditPort},
	{"audit-tls", "handshakes, certificates, HTTP/2 at its HTTPS", floods, 1, 1, auditTLS},
	{"api-ttl", "source down for longer than Events live", planesTTL, 1, 1, apiTTL},
}

func rowNames() []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.name)
	}
	return out
}

func indexOf(name string) int {
	for i, r := range rows {
		if r.name == name {
			return i
		}
	}
	return -1
}

// run is a row under way.
type run struct {
	ctx    context.Context
	bin    string // the programs
	dir    string
	seed   uint64
	rng    *rand.Rand
	rounds int

	mu     sync.Mutex
	scenes int
	result *result
}

// note adds a line below the table.
func (r *run) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.notes = append(r.result.notes, fmt.Sprintf(format, args...))
}

// breaks says that a promise was not kept.
func (r *run) breaks(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.v.breaks(format, args...)
}

func (r *run) add(rounds int, v verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.rounds += rounds
	r.result.add(v)
}

// rowPatience ends a row that hangs.
const rowPatience = 20 * time.Minute

// runAll runs every row, the lanes side by side, and returns their results in
// the order of the rows.
func runAll(ctx context.Context, o options, rows []row, dir string) []*result {
	results := make([]*result, len(rows))
	inLane := map[string][]int{}
	for i, r := range rows {
		results[i] = &result{name: r.name, fault: r.fault}
		inLane[r.lane.name] = append(inLane[r.lane.name], i)
	}
	var all sync.WaitGroup
	for _, mine := range inLane {
		all.Go(func() {
			for _, i := range mine {
				rows[i].do(ctx, o, &run{bin: dir, dir: filepath.Join(dir, rows[i].name), result: results[i]})
			}
		})
	}
	all.Wait()
	return results
}

// do runs one row; what it returns as an error is a broken promise, too.
func (row row) do(ctx context.Context, o options, r *run) {
	ctx, cancel := context.WithTimeout(ctx, rowPatience)
	defer cancel()
	began := time.Now()
	h := fnv.New64a()
	_, _ = h.Write([]byte(row.name)) // a hash takes everything
	r.ctx, r.seed = ctx, o.seed^h.Sum64()
	r.rng = rand.New(rand.NewPCG(r.seed, 0))
	r.rounds = max(row.least, (o.rounds*row.rounds+usualRounds/2)/usualRounds)
	err := os.MkdirAll(r.dir, 0o700)
	if err == nil {
		err = row.run(r)
	}
	if err != nil {
		r.breaks("%v", err)
	}
	r.result.took = time.Since(began)
	fmt.Printf("%-14s %-8s %s\n", row.name, r.result.verdict(), r.result.took.Round(100*time.Millisecond))
}
