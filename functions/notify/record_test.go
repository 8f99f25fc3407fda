//go:build record

package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/edgebell/edgebell/adapters/apiserver"
	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
	"github.com/edgebell/edgebell/adapters/kubeevent"
	"github.com/edgebell/edgebell/adapters/sink"
	sourcestatus "github.com/edgebell/edgebell/adapters/status"
)

// TestRecord makes the recordings that TestRecorded replays.
func TestRecord(t *testing.T) {
	recordSource(t, "source-batch", 100)
	recordSource(t, "source-single", 1)
	recordStatus(t)
	recordSDK(t)
	recordCurl(t)
}

// recorder keeps the requests it gets, as they came.
type recorder struct {
	mu       sync.Mutex
	requests [][]byte
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	raw, err := httputil.DumpRequest(req, true)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	r.mu.Lock()
	r.requests = append(r.requests, raw)
	r.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (r *recorder) save(t *testing.T, name string, i int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) <= i {
		t.Fatalf("%s: %d requests came, want more than %d", name, len(r.requests), i)
	}
	if err := os.MkdirAll(recordings, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(recordings, name+".http"), r.requests[i], 0o644); err != nil {
		t.Fatal(err)
	}
}

// recordedEvents are real Events of a cluster whose quota was used up.
func recordedEvents(t *testing.T) []*corev1.Event {
	t.Helper()
	raw, err := os.ReadFile("../../adapters/kubeevent/testdata/quota-storm.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []*corev1.Event }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// recordSource lets the event source read a stand-in API server.
func recordSource(t *testing.T, name string, batch int) {
	t.Helper()
	r := new(recorder)
	srv := httptest.NewServer(r)
	defer srv.Close()
	api := apiservertest.New()
	for _, ev := range recordedEvents(t) {
		api.Add(ev)
	}
	apiSrv := httptest.NewServer(api)
	defer apiSrv.Close()
	client, err := sink.New(sink.Config{URL: srv.URL, Token: "recorded-token", Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := writeKubeconfig(t, &rest.Config{Host: apiSrv.URL})
	source, err := apiserver.New(apiserver.Config{Kubeconfig: kubeconfig}, "recorded", batch, client, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = source.Run(ctx) }()
	for range 100 {
		if source.State().Complete {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	cancel()
	<-done
	r.save(t, name, 0)
}

func writeKubeconfig(t *testing.T, c *rest.Config) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],"clusters":[{"name":"c","cluster":{"server":%q}}]}`, c.Host)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func recordStatus(t *testing.T) {
	t.Helper()
	r := new(recorder)
	srv := httptest.NewServer(r)
	defer srv.Close()
	client, err := sink.New(sink.Config{URL: srv.URL, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	now := func() kubeevent.Status { return kubeevent.Status{Connected: true, ConnectedSince: time.Now()} }
	sourcestatus.New("recorded", kubeevent.OriginWatch, time.Minute, now, client, slog.Default()).Run(ctx)
	r.save(t, "source-status", 0)
}

// recordSDK sends with the CloudEvents SDK's own client.
func recordSDK(t *testing.T) {
	t.Helper()
	r := new(recorder)
	srv := httptest.NewServer(r)
	defer srv.Close()
	client, err := cloudevents.NewClientHTTP(cloudevents.WithTarget(srv.URL))
	if err != nil {
		t.Fatal(err)
	}
	for i, mode := range []func(context.Context) context.Context{cloudevents.WithEncodingBinary, cloudevents.WithEncodingStructured} {
		ce, err := kubeevent.FromCore("recorded", kubeevent.OriginWatch, recordedEvents(t)[i*10])
		if err != nil {
			t.Fatal(err)
		}
		if res := client.Send(mode(t.Context()), ce); !cloudevents.IsACK(res) {
			t.Fatal(res)
		}
	}
	r.save(t, "sdk-binary", 0)
	r.save(t, "sdk-structured", 1)
}

// recordCurl sends what the README shows.
func recordCurl(t *testing.T) {
	t.Helper()
	r := new(recorder)
	srv := httptest.NewServer(r)
	defer srv.Close()
	body := `{"metadata":{"namespace":"shop","name":"web.1","uid":"0b9f"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web-7d9f8c6b54-x2x9q"},"type":"Warning","reason":"BackOff","message":"Back-off restarting failed container web","count":3,"lastTimestamp":"2026-11-24T10:00:00Z"}`
	cmd := exec.CommandContext(t.Context(), "curl", "-sS", srv.URL, "-H", "ce-specversion: 1.0", "-H", "ce-id: 0b9f.1",
		"-H", "ce-source: /clusters/recorded", "-H", "ce-type: "+kubeevent.TypeEvent, "-H", "Content-Type: application/json", "-d", body)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("curl: %v: %s", err, out)
	}
	r.save(t, "curl-binary", 0)
}
