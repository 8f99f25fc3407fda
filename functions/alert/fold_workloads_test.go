package alert

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	utilrand "k8s.io/apimachinery/pkg/util/rand"
)

// The generator below names objects as Kubernetes' controllers do.

const (
	deployment  = "Deployment"
	replicaSet  = "ReplicaSet"
	statefulSet = "StatefulSet"
	daemonSet   = "DaemonSet"
	job         = "Job"
	indexedJob  = "indexed Job"
	cronJob     = "CronJob"
	barePod     = "bare Pod"
	staticPod   = "static Pod"
)

type workload struct{ kind, name string }

func randomSuffix(r *rand.Rand) string {
	b := make([]byte, suffixLen)
	for i := range b {
		b[i] = safe[r.IntN(len(safe))]
	}
	return string(b)
}

func randomHash(r *rand.Rand) string { return utilrand.SafeEncodeString(fmt.Sprint(r.Uint32())) }

// generateName is the API server's.
func generateName(r *rand.Rand, prefix string) string {
	return prefix[:min(len(prefix), generatedLen-suffixLen)] + randomSuffix(r)
}

// alerts are of what one run, or one rollout, of the workload creates.
func (w workload) alerts(r *rand.Rand) []Alert {
	last := recorded.Add(-time.Duration(r.IntN(60*24*60)) * time.Minute)
	pod := func(name string) Alert { return Alert{Kind: "Pod", Name: name, Node: "edge-1", Last: last} }
	pods := func(prefix string) []Alert {
		return []Alert{pod(generateName(r, prefix)), pod(generateName(r, prefix))}
	}
	switch w.kind {
	case deployment:
		rs := w.name + "-" + randomHash(r)
		return append(pods(rs+"-"), Alert{Kind: "ReplicaSet", Name: rs, Last: last})
	case replicaSet:
		return append(pods(w.name+"-"), Alert{Kind: "ReplicaSet", Name: w.name, Last: last})
	case daemonSet:
		return pods(w.name + "-")
	case statefulSet:
		return []Alert{pod(w.name + "-0"), pod(fmt.Sprintf("%s-%d", w.name, r.IntN(20)))}
	case job:
		return append(pods(w.name+"-"), Alert{Kind: "Job", Name: w.name, Last: last})
	case indexedJob:
		return append(pods(fmt.Sprintf("%s-%d-", w.name, r.IntN(30))), Alert{Kind: "Job", Name: w.name, Last: last})
	case cronJob: // the run began up to three days before its Event
		name := fmt.Sprintf("%s-%d", w.name, last.Unix()/60-int64(r.IntN(3*24*60)))
		return append(pods(name+"-"), Alert{Kind: "Job", Name: name, Last: last})
	case staticPod:
		return []Alert{pod(w.name + "-edge-1")}
	default:
		return []Alert{pod(w.name)}
	}
}

// whole says that everything the workload creates, per kind, is one story.
func (w workload) whole() bool { return w.kind != statefulSet }

// The most frequent last words of npm and PyPI names that could be a Pod's
// suffix or a hash, and the words that names of workloads are made of.
var (
	suffixWords = strings.Fields("mssql httpx https nspkg http2 pgsql rdbms html5 ddmrp pdfjs httpd sshfs smtpd rs485 nl2br btrfs rdkx5 bcp47 rfm69 rc522")
	hashWords   = strings.Fields("888888 6886754 b88d868f df5979 dc977884 9cdff847")
	appWords    = strings.Fields("camera sensor edge gateway shop billing monitor traefik registry telemetry ota vision plc modbus weather fleet pos kiosk door meter")
	partWords   = strings.Fields("api web ui db cache redis mysql postgres kafka mqtt worker sync backup agent proxy exporter relay ingest migrate cleanup report scan auth mail queue node init train gw nginx")
	endWords    = strings.Fields("v1 v2 canary blue green dev prod staging main internal")
)

func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

// randomName ends in a suspicious word fifteen times as often as names do in
// the wild, and in a small number one time in twelve.
func randomName(r *rand.Rand, apps []string) string {
	name := pick(r, apps) + "-" + pick(r, partWords)
	switch p := r.IntN(100_000); {
	case p < 2_000:
		return name + "-" + pick(r, suffixWords)
	case p < 2_030:
		return name + "-" + pick(r, hashWords)
	case p < 10_000:
		return fmt.Sprintf("%s-%d", name, 1+r.IntN(4))
	case p < 40_000:
		return name + "-" + pick(r, endWords)
	}
	return name
}

func randomKind(r *rand.Rand) string {
	kinds := []struct {
		kind   string
		weight int
	}{{deployment, 45}, {statefulSet, 12}, {daemonSet, 12}, {cronJob, 10}, {job, 8}, {barePod, 8}, {indexedJob, 2}, {staticPod, 2}, {replicaSet, 1}}
	n := r.IntN(100)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			return k.kind
		}
	}
	panic("weights below 100")
}

// randomNamespace holds forty workloads of four apps, each with its own name.
func randomNamespace(r *rand.Rand) []workload {
	apps := []string{pick(r, appWords), pick(r, appWords), pick(r, appWords), pick(r, appWords)}
	names := map[string]bool{}
	for len(names) < 40 {
		names[randomName(r, apps)] = true
	}
	var out []workload
	for _, name := range slices.Sorted(maps.Keys(names)) {
		out = append(out, workload{randomKind(r), name})
	}
	return out
}

func base36(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
	}
	return string(b)
}
