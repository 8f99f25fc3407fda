package apiserver_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

func TestListThenWatch(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 250)...)
		src, _ := start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		if k.posted() != 250 || srv.Watching() != 1 {
			t.Fatalf("after the list: %d posted, %d watches", k.posted(), srv.Watching())
		}
		if s := src.State(); !s.Connected || !s.Complete || s.Since.IsZero() {
			t.Errorf("after the list: %+v", s)
		}
		srv.Add(some(250, 1)...)
		srv.Modify("default", "e000007", func(ev *corev1.Event) { ev.Count = 2 })
		srv.Delete("default", "e000008")
		pass(100 * time.Millisecond)
		if diff := cmp.Diff([]string{"default/Pod/p250", "default/Pod/p7"}, k.subjects()[250:]); diff != "" {
			t.Errorf("after the watch (-want +got):\n%s", diff)
		}
		if m := k.missing(srv); len(m) > 0 {
			t.Errorf("missing %v", m)
		}
		if s := src.Stats(); s.Lists != 3 || s.Watches != 1 || s.Read != 252 || s.Delivered != 252 {
			t.Errorf("stats %+v", s)
		}
		if q := srv.Requests()[0]; q.Limit != 100 || !strings.HasPrefix(q.Accept, "application/vnd.kubernetes.protobuf") {
			t.Errorf("first request %+v", q)
		}
		if q := srv.Requests()[3]; q.Verb != "watch" || !q.Bookmarks || q.TimeoutSeconds < 300 || q.TimeoutSeconds > 600 || q.ResourceVersion != "1250" {
			t.Errorf("watch request %+v", q)
		}
	})
}

func TestPoison(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		srv.Add(some(0, 3)...)
		noUID := func(ev *corev1.Event) { ev.UID = "" }
		srv.Modify("default", "e000001", noUID)
		src, log := start(t, srv, k, apiserver.Config{})
		synctest.Wait()
		srv.Modify("default", "e000002", noUID)
		srv.Add(some(3, 1)...)
		pass(100 * time.Millisecond)
		if diff := cmp.Diff([]string{"default/Pod/p0", "default/Pod/p2", "default/Pod/p3"}, k.subjects()); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]uint64{"malformed": 2}, src.Stats().Dropped); diff != "" || log.count("Event dropped") != 2 {
			t.Errorf("dropped (-want +got):\n%s\nlog:\n%s", diff, log)
		}
		srv.EndWatches()
		pass(time.Minute)
		if srv.Watching() != 1 || src.Stats().Dropped["malformed"] != 2 {
			t.Error("poison is passed once and for all")
		}
	})
}

func TestNamespaces(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		var all []*corev1.Event
		for i, ns := range []string{"a", "b", "c"} {
			for _, ev := range some(10*i, 3) {
				ev.Namespace, ev.InvolvedObject.Namespace = ns, ns
				all = append(all, ev)
			}
		}
		srv.Add(all...)
		src, _ := start(t, srv, k, apiserver.Config{Namespaces: []string{"a", " c", "a", ""}})
		pass(2 * time.Second)
		if k.posted() != 6 || srv.Watching() != 2 {
			t.Errorf("%d posted, %d watches", k.posted(), srv.Watching())
		}
		srv.Intercept(func(q apiservertest.Request) int {
			if q.Namespace == "c" {
				return 403
			}
			return 0
		})
		srv.BreakWatches()
		pass(5 * time.Second)
		if ok, reason := src.Ready(); ok || !strings.HasPrefix(reason, "namespace c: ") {
			t.Errorf("ready %v, %q", ok, reason)
		}
		for _, q := range srv.Requests() {
			if q.Namespace != "a" && q.Namespace != "c" {
				t.Errorf("asked for namespace %q", q.Namespace)
			}
		}
		srv.Modify("a", "e000000", func(*corev1.Event) {})
		synctest.Wait()
		if k.posted() != 7 {
			t.Errorf("%d posted, want namespace a to go on", k.posted())
		}
	})
}

func TestFieldSelector(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		srv, k := apiservertest.New(), &taker{}
		normal := func(ev *corev1.Event) { ev.Type = "Normal" }
		events := some(0, 4)
		normal(events[1])
		srv.Add(events...)
		start(t, srv, k, apiserver.Config{FieldSelector: "type=Warning,involvedObject.name!=p3"})
		synctest.Wait()
		srv.Modify("default", "e000003", func(*corev1.Event) {})
		srv.Modify("default", "e000001", func(ev *corev1.Event) { ev.Type = "Warning" })
		srv.Modify("default", "e000002", normal)
		synctest.Wait()
		want := []string{"default/Pod/p0", "default/Pod/p2", "default/Pod/p1"}
		if diff := cmp.Diff(want, k.subjects()); diff != "" {
			t.Errorf("posted (-want +got):\n%s", diff)
		}
	})
}
