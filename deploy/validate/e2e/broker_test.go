//go:build e2e

package e2e

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// strictBroker takes single CloudEvents and nothing else, as Knative's do.
type strictBroker struct {
	mu      sync.Mutex
	ids     map[string]bool
	refused []string
}

func (b *strictBroker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var event struct{ SpecVersion, ID, Type string }
	single := r.Header.Get("Content-Type") == "application/cloudevents+json" ||
		r.Header.Get("Content-Type") == "application/cloudevents+json; charset=utf-8"
	if single && err == nil {
		err = json.Unmarshal(body, &event)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !single || err != nil || event.SpecVersion != "1.0" || event.ID == "":
		b.refused = append(b.refused, r.Header.Get("Content-Type")+" "+tail(string(body)))
		w.WriteHeader(http.StatusUnsupportedMediaType)
	case r.Header.Get("Authorization") != "":
		b.refused = append(b.refused, "a token that the Broker would not hand on")
		w.WriteHeader(http.StatusUnauthorized)
	default:
		b.ids[event.Type+" "+event.ID] = true
		w.WriteHeader(http.StatusAccepted)
	}
}

func (b *strictBroker) state() (events int, refused []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.ids), b.refused
}

// With the Knative overlay's settings the source sends single events only.
func TestKnativeOverlayTalksToABroker(t *testing.T) {
	binary := abs(t, filepath.Join(dist, "bin/linux-"+runtime.GOARCH, "event-source"))
	need(t, binary)
	recorded := abs(t, filepath.Join(repository, "deploy/validate/testdata/events.json"))
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	start(t, exec.Command(build(t, "./adapters/apiserver/apiservertest/server"), "-events", recorded, "-count", "250", "-kubeconfig", kubeconfig))
	wait(t, "stand-in API server", time.Minute, func() (bool, string) {
		_, err := os.Stat(kubeconfig)
		return err == nil, "no kubeconfig yet"
	})

	broker := &strictBroker{ids: map[string]bool{}}
	srv := httptest.NewServer(broker)
	defer srv.Close()
	env := environment(t, rendered(t, "overlays/knative"), "event-source")
	maps.Copy(env, map[string]string{"K_SINK": srv.URL, "KUBECONFIG": kubeconfig, "LISTEN_ADDRESS": port(t)})
	cmd := exec.Command(binary)
	cmd.Env = []string{}
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	start(t, cmd)
	wait(t, "250 events", time.Minute, func() (bool, string) {
		n, refused := broker.state()
		if len(refused) > 0 {
			t.Fatalf("refused: %s", refused[0])
		}
		return n > 250, strconv.Itoa(n) // 250 Events and the source's own status
	})
}
