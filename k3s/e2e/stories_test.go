//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// text is all that a person can read of a message.
func text(m feishutest.Message) string {
	return strings.Join(append([]string{m.Title, m.Subtitle}, m.Texts...), "\n")
}

// cards are the messages that hold all of words.
func cards(bot *feishutest.Bot, words ...string) []feishutest.Message {
	var out []feishutest.Message
next:
	for _, m := range bot.Messages() {
		for _, w := range words {
			if !strings.Contains(text(m), w) {
				continue next
			}
		}
		out = append(out, m)
	}
	return out
}

// story is one card that must come, and come once.
type story struct {
	name  string
	words []string
}

// TestStoriesBecomeCards is the main job on real input: real controllers make
// trouble, and each trouble becomes one card.
func TestStoriesBecomeCards(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	c.prepare(t)
	bot := feishutest.NewBot(feishutest.Options{Secret: "s3cret", Keywords: []string{"edgebell"}})
	bot.Start()
	defer bot.Close()
	sink, dir := process.FreeAddress(), t.TempDir()
	notify := startNotify(t, bot, sink, dir, "FEISHU_SECRET=s3cret", "FEISHU_KEYWORD=edgebell", "GROUP_WAIT=3s",
		"DIGEST_THRESHOLD=50", "FEISHU_MAX_PER_MINUTE=100", "SINK_TOKEN=between-us")
	startSource(t, c, sink, "SINK_TOKEN=between-us")

	c.create(t, "/apis/apps/v1/namespaces/demo/deployments", deployment("sensor-gw", 3))
	c.create(t, "/apis/autoscaling/v2/namespaces/demo/horizontalpodautoscalers", autoscaler("sensor-gw", "sensor-gw"))
	c.create(t, "/api/v1/namespaces/demo/persistentvolumeclaims", claim("recordings", "no-such-class"))
	eventually(t, 60*time.Second, "three Pods", func() error { return c.wantPods(t, 3) })
	c.allowPods(t, 3)
	c.create(t, "/apis/batch/v1/namespaces/demo/jobs", job("backfill"))
	c.create(t, "/apis/batch/v1/namespaces/demo/cronjobs", cronJob("sync"))
	c.create(t, coreEvents, coreEvent("cam.1", "Pod", "camera-front", "Warning", "BackOff", `Back-off restarting "cam"`, 1))
	c.create(t, newEvents, newEvent("cam.2", "Pod", "camera-back", "Warning", "Unhealthy", "Readiness probe failed: <at id=all></at>"))
	c.create(t, coreEvents, coreEvent("cam.3", "Pod", "camera-front", "Normal", "Pulled", "normal-must-not-ring", 1))

	for _, s := range []story{
		{"three Pods without a node", []string{"FailedScheduling", "demo/sensor-gw-", "no nodes available"}},
		{"a Job refused by the quota", []string{"FailedCreate", "demo/backfill", "exceeded quota"}},
		{"a CronJob refused by the quota", []string{"FailedCreate", "demo/sync-", "exceeded quota"}},
		{"an autoscaler without metrics", []string{"FailedGetResourceMetric", "demo/sensor-gw"}},
		{"a claim of a class that is not there", []string{"ProvisioningFailed", "demo/recordings", "no-such-class"}},
		{"a core/v1 Event made by hand", []string{"BackOff", "demo/camera-front", `Back-off restarting "cam"`, "node-1"}},
		{"an events.k8s.io/v1 Event made by hand", []string{"Unhealthy", "demo/camera-back", "id=all></at>"}},
	} {
		eventually(t, 2*time.Minute, s.name, func() error {
			if n := len(cards(bot, s.words...)); n != 1 {
				return fmt.Errorf("%d cards with %q, want 1 of %d", n, s.words, len(bot.Messages()))
			}
			return nil
		})
	}

	// A repeat counts and makes no second card before REPEAT_INTERVAL.
	c.repeat(t, "cam.1", 6)
	eventually(t, 20*time.Second, "the repeat is counted", func() error {
		return wantOccurrences(sink, notify, 6)
	})
	if n := len(cards(bot, "camera-front")); n != 1 {
		t.Errorf("%d cards about camera-front after a repeat, want 1", n)
	}
	for _, m := range bot.Messages() {
		checkMessage(t, m)
	}
	c.holdWriters(t)
	c.wantCounts(t, sink)
	notify.end(t)
	c.wantStories(t, "by watch", dir)
}

// checkMessage holds what is true of every message.
func checkMessage(t *testing.T, m feishutest.Message) {
	t.Helper()
	if strings.Contains(text(m), "normal-must-not-ring") {
		t.Errorf("a Normal Event became a card: %s", text(m))
	}
	if len(m.Mentions) > 0 || len(m.Links) > 0 {
		t.Errorf("the card %q mentions %v and links %v, want nothing live", m.Title, m.Mentions, m.Links)
	}
	if !strings.Contains(text(m), "e2e") {
		t.Errorf("the card %q does not name its cluster:\n%s", m.Title, text(m))
	}
}

func (c *cluster) wantPods(t *testing.T, n int) error {
	t.Helper()
	_, answer := c.do(t, http.MethodGet, "/api/v1/namespaces/demo/pods", "", nil)
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(answer, &list); err != nil {
		return err
	}
	if len(list.Items) != n {
		return fmt.Errorf("%d Pods, want %d", len(list.Items), n)
	}
	return nil
}

type ledgerStatus struct {
	Ledger struct {
		Occurrences int64 `json:"occurrences"`
		Groups      int   `json:"groups"`
	} `json:"ledger"`
	Sources []struct {
		Connected bool   `json:"connected"`
		Accepted  uint64 `json:"accepted"`
	} `json:"sources"`
}

func readStatus(address string) (st ledgerStatus, err error) {
	err = statusOf(address, &st)
	return st, err
}

// wantOccurrences wants at least n occurrences counted.
func wantOccurrences(address string, p *running, n int64) error {
	st, err := readStatus(address)
	if err != nil {
		return err
	}
	if st.Ledger.Occurrences < n {
		return fmt.Errorf("%d occurrences counted, want at least %d", st.Ledger.Occurrences, n)
	}
	return nil
}

// wantCounts compares what the function counted with what the API server
// holds, once both are still.
func (c *cluster) wantCounts(t *testing.T, sink string) {
	t.Helper()
	eventually(t, time.Minute, "counts agree", func() error {
		before := c.warnings(t)
		st, err := readStatus(sink)
		if err != nil {
			return err
		}
		if after := c.warnings(t); before != after {
			return fmt.Errorf("the cluster is still writing: %d, then %d", before, after)
		}
		if st.Ledger.Occurrences != before {
			return fmt.Errorf("function counted %d occurrences, the API server holds %d", st.Ledger.Occurrences, before)
		}
		return nil
	})
}

// warnings adds up the counts of all Warnings.
func (c *cluster) warnings(t *testing.T) (n int64) {
	t.Helper()
	_, answer := c.do(t, http.MethodGet, "/api/v1/events?fieldSelector=type%3DWarning", "", nil)
	var list struct {
		Items []struct {
			Count  int64
			Series *struct{ Count int64 }
		}
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		t.Fatal(err)
	}
	for _, ev := range list.Items {
		switch {
		case ev.Series != nil && ev.Series.Count > 0:
			n += ev.Series.Count
		default:
			n += max(ev.Count, 1)
		}
	}
	return n
}
