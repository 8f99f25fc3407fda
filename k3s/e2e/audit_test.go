//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
	"github.com/edgebell/edgebell/k3s/process"
)

// TestAuditStories: the API server tells by itself, by the installer's own
// files. Counts and times are those that it holds and that a watch by the side
// finds; a poisoned request costs itself alone; with the watch on as well
// nothing is counted twice.
func TestAuditStories(t *testing.T) {
	webhook, sink, dir := process.FreeAddress(), process.FreeAddress(), t.TempDir()
	bot := bell(t)
	startNotifyHere := func() *running { return startNotify(t, bot, sink, dir, "GROUP_WAIT=1s", "DIGEST_THRESHOLD=50") }
	notify := startNotifyHere()
	startAudit(t, webhook, sink)
	c := startCluster(t, installed(t, "http://"+webhook)...)
	c.prepare(t)
	watched, watchedDir := process.FreeAddress(), t.TempDir()
	watchedNotify := startNotify(t, bell(t), watched, watchedDir, "GROUP_WAIT=1s")
	startSource(t, c, watched)

	c.create(t, "/apis/apps/v1/namespaces/demo/deployments", deployment("sensor-gw", 2))
	eventually(t, time.Minute, "two Pods", func() error { return c.wantPods(t, 2) })
	c.allowPods(t, 2)
	c.create(t, "/apis/batch/v1/namespaces/demo/jobs", job("backfill"))
	c.create(t, coreEvents, coreEvent("cam.1", "Pod", "camera-front", "Warning", "BackOff", "Back-off restarting", 1))
	c.create(t, newEvents, newEvent("cam.2", "Pod", "camera-back", "Warning", "Unhealthy", "Readiness probe failed"))
	c.create(t, coreEvents+"?dryRun=All", coreEvent("cam.3", "Pod", "never-was", "Warning", "BackOff", "dry run", 1))
	c.repeat(t, "cam.1", 6)
	for _, words := range [][]string{
		{"FailedScheduling", "demo/sensor-gw-", "no nodes available"},
		{"FailedCreate", "demo/backfill", "exceeded quota"},
		{"BackOff", "demo/camera-front"},
		{"Unhealthy", "demo/camera-back"},
	} {
		eventually(t, time.Minute, strings.Join(words, " "), func() error {
			if n := len(cards(bot, words...)); n != 1 {
				return fmt.Errorf("%d cards, want 1", n)
			}
			return nil
		})
	}
	c.wantCounts(t, sink)
	if n := len(cards(bot, "never-was")); n != 0 {
		t.Errorf("%d cards of a dry run", n)
	}
	if n := c.auditErrors(t); n != 0 {
		t.Errorf("apiserver_audit_error_total %d before any poison", n)
	}

	c.poison(t, bot)

	goOn := c.holdWriters(t)
	c.wantCounts(t, sink)
	c.wantCounts(t, watched)
	notify.end(t)
	watchedNotify.end(t)
	c.wantStories(t, "by audit", dir)
	c.wantStories(t, "by watch", watchedDir)
	notify = startNotifyHere()
	goOn()

	startSource(t, c, sink)
	c.create(t, coreEvents, coreEvent("both.1", "Pod", "both", "Warning", "BackOff", "told twice", 3))
	c.repeat(t, "both.1", 5)
	// A source tells what it has delivered once a minute.
	eventually(t, 90*time.Second, "both entries", func() error {
		st, err := readStatus(sink)
		if err == nil && (len(st.Sources) != 2 || st.Sources[0].Accepted == 0 || st.Sources[1].Accepted == 0) {
			err = fmt.Errorf("sources %+v, want two that have delivered", st.Sources)
		}
		return err
	})
	c.holdWriters(t)
	c.wantCounts(t, sink)
	notify.end(t)
	c.wantStories(t, "by both", dir)
	if st, err := readAudit(webhook); err != nil || len(st.Dropped) != 0 || st.PutOff != 0 {
		t.Errorf("audit webhook: %+v, %v; want nothing dropped", st, err)
	}
}

// poison sends what an audit backend cannot encode and wants it to cost nothing
// but itself.
func (c *cluster) poison(t *testing.T, bot *feishutest.Bot) {
	t.Helper()
	const poison = `{"kind":"Event",, : this is not json`
	for i := 1; i <= 2; i++ {
		status, _ := c.do(t, http.MethodPatch, coreEvents+"/cam.1?fieldManager=x", "application/apply-patch+yaml", []byte(poison))
		c.create(t, coreEvents, coreEvent(fmt.Sprintf("after.%d", i), "Pod", fmt.Sprintf("after-%d", i), "Warning", "BackOff", "good", 1))
		eventually(t, 30*time.Second, "the Event behind the poison", func() error {
			if len(cards(bot, fmt.Sprintf("after-%d", i))) != 1 {
				return errMissing
			}
			return nil
		})
		if n := c.auditErrors(t); n != i || status != http.StatusBadRequest {
			t.Errorf("poison %d (answered %d): apiserver_audit_error_total %d, want %d", i, status, n, i)
		}
	}
}

// TestAuditOutage shows what the API server's patience is worth: an outage
// within it costs nothing; a restart of the API server meanwhile loses what it
// was to repeat, which the receiver counts; a list closes the gap.
func TestAuditOutage(t *testing.T) {
	t.Parallel()
	webhook, sink, dir := process.FreeAddress(), process.FreeAddress(), t.TempDir()
	bot := bell(t)
	startAudit(t, webhook, sink)
	c := startCluster(t, append(ownAlone(t, installed(t, "http://"+webhook)), "--without", "controller-manager,scheduler")...)
	c.create(t, "/api/v1/namespaces", object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": namespace}})
	warn := func(name string) {
		c.create(t, coreEvents, coreEvent(name+".1", "Pod", name, "Warning", "BackOff", "it broke", 1))
	}
	putOff := func(n int) {
		t.Helper()
		eventually(t, 30*time.Second, "Events are put off", func() error {
			if st, err := readAudit(webhook); err != nil || st.PutOff != n {
				return fmt.Errorf("%+v, %w; want %d put off", st, err, n)
			}
			return nil
		})
	}

	warn("patient")
	putOff(1)
	notify := startNotify(t, bot, sink, dir, "GROUP_WAIT=1s")
	eventually(t, 90*time.Second, "the API server repeats", func() error { return wantOccurrences(sink, notify, 1) })
	putOff(0)

	notify.end(t)
	warn("lost-1")
	warn("lost-2")
	putOff(2)
	c.restartAPIServer(t)
	notify = startNotify(t, bot, sink, dir, "GROUP_WAIT=1s")
	warn("later")
	eventually(t, 30*time.Second, "the next Event", func() error { return wantOccurrences(sink, notify, 2) })
	eventually(t, 3*time.Minute, "the loss is counted", func() error {
		if st, err := readAudit(webhook); err != nil || st.Dropped["not_repeated"] != 2 || st.PutOff != 0 {
			return fmt.Errorf("%+v, %w; want 2 not repeated", st, err)
		}
		return nil
	})
	if st, err := readStatus(sink); err != nil || st.Ledger.Occurrences != 2 {
		t.Errorf("%d occurrences, %v; the two are lost to the audit webhook", st.Ledger.Occurrences, err)
	}
	startSource(t, c, sink)
	c.wantCounts(t, sink)
}
