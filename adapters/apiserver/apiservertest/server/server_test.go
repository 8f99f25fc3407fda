package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/adapters/kubeevent"
)

const recordings = "../../../kubeevent/testdata/quota-storm.json"

func TestParseRate(t *testing.T) {
	for in, want := range map[string]time.Duration{"0": 0, "2/s": time.Second / 2, "30/m": 2 * time.Second, "4": time.Second / 4, "x": -1, "2/d": -1, "-1": -1, "": -1} {
		got, err := parseRate(in)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %s, want %s (%v)", in, got, want, err)
		}
	}
}

func TestListenOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "nonsense"} {
		if l, err := listen(address); err == nil {
			_ = l.Close()
			t.Errorf("listens on %s", address)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "pods.json")
	if err := os.WriteFile(bad, []byte(`{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"p"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range [][]string{nil, {""}, {"/does/not/exist"}, {bad}} {
		if _, err := load(files); err == nil {
			t.Errorf("loads %q", files)
		}
	}
}

func TestFill(t *testing.T) {
	recorded, err := load([]string{recordings})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, count := range []int{0, 1000} {
		r := &replay{api: apiservertest.New(), recorded: recorded}
		r.fill(count, now)
		want := count
		if want == 0 {
			want = len(recorded)
		}
		all := r.api.Events()
		if len(all) != want {
			t.Errorf("count %d: %d served, want %d", count, len(all), want)
		}
		newest := slices.MaxFunc(all, func(a, b *corev1.Event) int { return kubeevent.LastSeen(a).Compare(kubeevent.LastSeen(b)) })
		if d := now.Sub(kubeevent.LastSeen(newest)); d < 0 || d > time.Second {
			t.Errorf("count %d: the newest is %s old", count, d)
		}
	}
}

func TestRun(t *testing.T) {
	recorded, err := load([]string{recordings})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		loop           bool
		min, max, made int
	}{
		"once": {loop: false, min: 2 * len(recorded), max: 2 * len(recorded), made: len(recorded)},
		"loop": {loop: true, min: len(recorded) + maxAdded, max: len(recorded) + maxAdded, made: 2 * 7200 * 2 / 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &replay{api: apiservertest.New(), recorded: recorded, loop: tt.loop}
				r.fill(0, time.Now())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go r.run(ctx, time.Second/2)
				time.Sleep(2*time.Hour + time.Second/4) // fake time
				synctest.Wait()
				if n := len(r.api.Events()); n < tt.min || n > tt.max {
					t.Errorf("%d Events, want %d to %d", n, tt.min, tt.max)
				}
				if diff := cmp.Diff(tt.made, r.made); diff != "" {
					t.Errorf("made (-want +got):\n%s", diff)
				}
			})
		})
	}
}
