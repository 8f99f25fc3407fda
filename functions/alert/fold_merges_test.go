package alert

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// score counts, in one namespace, the workloads that share a story with
// another one, and those that tell more than one story per kind.
func score(r *rand.Rand, workloads []workload) (merged, split int) {
	tellers := map[string]map[int]bool{}
	for i, w := range workloads {
		stories := map[string]map[string]bool{}
		for _, a := range append(w.alerts(r), w.alerts(r)...) {
			key := a.Kind + "/" + a.FoldedName()
			if tellers[key] == nil {
				tellers[key] = map[int]bool{}
			}
			tellers[key][i] = true
			if stories[a.Kind] == nil {
				stories[a.Kind] = map[string]bool{}
			}
			stories[a.Kind][a.FoldedName()] = true
		}
		for _, names := range stories {
			if w.whole() && len(names) > 1 {
				split++
				break
			}
		}
	}
	victims := map[int]bool{}
	for _, who := range tellers {
		if len(who) > 1 {
			maps.Copy(victims, who)
		}
	}
	return len(victims), split
}

func TestFalseMerges(t *testing.T) {
	const seed, namespaces, bound = 20261124, 1000, 0.01
	r := rand.New(rand.NewPCG(seed, seed))
	var total, merged, split int
	for range namespaces {
		workloads := randomNamespace(r)
		m, s := score(r, workloads)
		total, merged, split = total+len(workloads), merged+m, split+s
	}
	rate := float64(merged) / float64(total)
	t.Logf("seed %d: of %d workloads in %d namespaces %d (%.3f %%) share a story with another one, %d (%.3f %%) tell more than one",
		seed, total, namespaces, merged, 100*rate, split, 100*float64(split)/float64(total))
	if rate > bound {
		t.Errorf("false merges: %.3f %%, want at most %.0f %%", 100*rate, 100*bound)
	}
	// One hash in 40,000 is too short to be known for one.
	if limit := total / 5000; split > limit {
		t.Errorf("%d workloads tell more than one story, want at most %d", split, limit)
	}
}

// Pairs that look as much alike as the shape allows. Where names alone cannot
// tell, the two merge always; the test keeps that list complete and short.
func TestFalseMergesOfLookalikes(t *testing.T) {
	const seed, pairs = 7, 1000
	hex := func(r *rand.Rand, n int) string { return fmt.Sprintf("%016x", r.Uint64())[:n] }
	tests := []struct {
		shape    string
		atLeast  float64
		atMost   float64
		generate func(r *rand.Rand) []workload
	}{
		{"Deployments web and web-<5 safe>", 0, 0, func(r *rand.Rand) []workload {
			return []workload{{deployment, "web"}, {deployment, "web-" + randomSuffix(r)}}
		}},
		{"Deployments web and web-<hash>", 0, 0, func(r *rand.Rand) []workload {
			return []workload{{deployment, "web"}, {deployment, "web-" + randomHash(r)}}
		}},
		{"Deployments web-1 and web-2", 0, 0, func(*rand.Rand) []workload {
			return []workload{{deployment, "web-1"}, {deployment, "web-2"}}
		}},
		{"StatefulSets db and db-<5 safe>", 0, 0, func(r *rand.Rand) []workload {
			return []workload{{statefulSet, "db"}, {statefulSet, "db-" + randomSuffix(r)}}
		}},
		{"DaemonSets log and log-<5 safe>", 0, 0.005, func(r *rand.Rand) []workload {
			return []workload{{daemonSet, "log"}, {daemonSet, "log-" + randomSuffix(r)}}
		}},
		{"CronJobs sync and sync-<5 safe>", 0, 0, func(r *rand.Rand) []workload {
			return []workload{{cronJob, "sync"}, {cronJob, "sync-" + randomSuffix(r)}}
		}},
		{"Jobs of two dates", 0, 0, func(r *rand.Rand) []workload {
			day := recorded.AddDate(0, 0, -1-r.IntN(9000))
			return []workload{{job, "dump-" + day.Format("20060102")}, {job, "dump-" + day.AddDate(0, 0, 1).Format("20060102")}}
		}},
		{"Jobs of two build numbers", 0, 0.005, func(r *rand.Rand) []workload {
			build := func() string { return fmt.Sprint(10_000_000 + r.IntN(90_000_000)) }
			return []workload{{job, "ci-" + build()}, {job, "ci-" + build()}}
		}},
		{"Jobs of two commits, seven hex digits", 0, 0.005, func(r *rand.Rand) []workload {
			return []workload{{job, "ci-" + hex(r, 7)}, {job, "ci-" + hex(r, 7)}}
		}},
		{"bare Pods named by words", 0, 0, func(r *rand.Rand) []workload {
			return []workload{{barePod, "db-redis"}, {barePod, "db-mysql"}}
		}},
		{"DaemonSet and Pod by hand, five random of [a-z0-9]", 0, 0.4, func(r *rand.Rand) []workload {
			return []workload{{daemonSet, "log"}, {barePod, "log-" + base36(r, suffixLen)}}
		}},

		// Names cannot tell these apart.
		{"one name, two kinds", 1, 1, func(*rand.Rand) []workload {
			return []workload{{deployment, "web"}, {cronJob, "web"}}
		}},
		{"Deployment web and DaemonSet web-<hash>", 0.99, 1, func(r *rand.Rand) []workload {
			return []workload{{deployment, "web"}, {daemonSet, "web-" + randomHash(r)}}
		}},
		{"Jobs train-1 and train-2", 1, 1, func(*rand.Rand) []workload {
			return []workload{{job, "train-1"}, {job, "train-2"}}
		}},
		{"bare Pods db-mssql and db-pgsql", 1, 1, func(*rand.Rand) []workload {
			return []workload{{barePod, "db-mssql"}, {barePod, "db-pgsql"}}
		}},
	}
	for _, tt := range tests {
		r := rand.New(rand.NewPCG(seed, seed))
		var merged int
		for range pairs {
			if m, _ := score(r, tt.generate(r)); m > 0 {
				merged++
			}
		}
		rate := float64(merged) / pairs
		t.Logf("%6.2f %%  %s", 100*rate, tt.shape)
		if rate < tt.atLeast || rate > tt.atMost {
			t.Errorf("%s: %.4f of the pairs merge, want %.3f to %.3f", tt.shape, rate, tt.atLeast, tt.atMost)
		}
	}
}
