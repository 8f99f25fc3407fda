package notify

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMetricsNameTheRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := func(r *routed) string {
			var b strings.Builder
			r.f.writeMetrics(&b)
			return b.String()
		}
		r := newRouted(t, nil, "a=namespace=a", "default")
		r.happen("Pod a/web BackOff", 1)
		time.Sleep(time.Minute)
		for _, want := range []string{
			`edgebell_link_state{route="a",state="up"} 1`, `edgebell_link_state{route="default",state="unknown"} 1`, `edgebell_groups_waiting{route="a"} 0`,
			`edgebell_sends_total{route="a",result="delivered"} 1`, `edgebell_channel_bytes_total{route="default",direction="out"} 0`,
		} {
			if !strings.Contains(text(r), want+"\n") {
				t.Errorf("metrics lack %s:\n%s", want, text(r))
			}
		}
		r.stop()
		r = newRouted(t, nil, "default")
		defer r.stop()
		for _, want := range []string{`edgebell_link_state{state="unknown"} 1`, `edgebell_groups_waiting 0`, `edgebell_channel_bytes_total{direction="out"} 0`} {
			if !strings.Contains(text(r), want+"\n") {
				t.Errorf("metrics of the one route lack %s", want)
			}
		}
	})
}
