package auditwebhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/adapters/sink"
)

// small is a body with one Event.
var small = []byte(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[` + entryOf("u1", "1") + `]}`)

func entryOf(uid, version string) string {
	return fmt.Sprintf(`{"stage":"ResponseComplete","verb":"create","requestURI":"/api/v1/namespaces/edge/events",
"responseStatus":{"code":201},"responseObject":{"kind":"Event","apiVersion":"v1",
"metadata":{"name":"n.%[1]s","namespace":"edge","uid":%[1]q,"resourceVersion":%[2]q},
"involvedObject":{"kind":"Pod","namespace":"edge","name":"n"},"reason":"BackOff","type":"Warning","message":"m","count":1}}`, uid, version)
}

var quiet = slog.New(slog.DiscardHandler)

func config() Config {
	return Config{Cluster: "kubernetes", ListenAddress: "127.0.0.1:8082", MaxBodyBytes: 4 << 20}
}

func webhook(t testing.TB, cfg Config, s Sink) *Webhook {
	t.Helper()
	w, err := New(cfg, s, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func post(h http.Handler, path string, body []byte) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
	return rec
}

// sinkFunc is a Sink.
type sinkFunc func(context.Context, []event.Event) error

func (f sinkFunc) Post(ctx context.Context, events []event.Event) error { return f(ctx, events) }

// taker takes everything and remembers what.
type taker struct {
	mu      sync.Mutex
	sources []string
	ids     []string
}

func (s *taker) Post(_ context.Context, events []event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		s.sources, s.ids = append(s.sources, events[i].Source()), append(s.ids, events[i].ID())
	}
	return nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCustody: 200 only when the receiver has taken the Event or refuses it for
// good, and an answer within five seconds whatever the receiver does.
func TestCustody(t *testing.T) {
	status := func(code int) roundTrip {
		return func(r *http.Request) (*http.Response, error) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
			return &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody}, r.Body.Close()
		}
	}
	slow := func(wait time.Duration) roundTrip {
		return func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(wait):
				return status(http.StatusAccepted)(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
	}
	tests := []struct {
		name     string
		receiver roundTrip
		want     int
		after    time.Duration
		accepted uint64
		refused  map[string]uint64
	}{
		{"200", status(200), 200, 0, 1, nil},
		{"202", status(202), 200, 0, 1, nil},
		{"204", status(204), 200, 0, 1, nil},
		{"400", status(400), 200, 0, 0, map[string]uint64{"bad_request": 1}},
		{"413", status(413), 200, 0, 0, map[string]uint64{"too_large": 1}},
		{"415", status(415), 200, 0, 0, map[string]uint64{"unsupported": 1}},
		{"422", status(422), 200, 0, 0, map[string]uint64{"bad_request": 1}},
		{"302", status(302), 503, 0, 0, nil},
		{"401", status(401), 503, 0, 0, nil},
		{"403", status(403), 503, 0, 0, nil},
		{"404", status(404), 503, 0, 0, nil},
		{"429", status(429), 503, 0, 0, nil},
		{"500", status(500), 503, 0, 0, nil},
		{"502", status(502), 503, 0, 0, nil},
		{"503", status(503), 503, 0, 0, nil},
		{"refused connection", func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, 503, 0, 0, nil},
		{"slow but in time", slow(3 * time.Second), 200, 3 * time.Second, 1, nil},
		{"hangs", slow(time.Hour), 503, postTimeout, 0, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, err := sink.New(sink.Config{URL: "http://sink.test/"}, sink.WithLogger(quiet), sink.WithTransport(tc.receiver))
				if err != nil {
					t.Fatal(err)
				}
				w := webhook(t, config(), client)
				start := time.Now()
				rec := post(w.Handler(), "/", small)
				if rec.Code != tc.want || time.Since(start) != tc.after {
					t.Errorf("answer %d after %s; want %d after %s", rec.Code, time.Since(start), tc.want, tc.after)
				}
				if got := rec.Header().Get("Retry-After"); (rec.Code == 503) != (got == "10") {
					t.Errorf("Retry-After %q with %d", got, rec.Code)
				}
				if s := client.Stats(); s.Accepted != tc.accepted || cmp.Diff(tc.refused, s.Refused) != "" {
					t.Errorf("accepted %d, refused %v; want %d, %v", s.Accepted, s.Refused, tc.accepted, tc.refused)
				}
				if owed := w.put.len(); owed != boolInt(tc.want == 503) {
					t.Errorf("%d put off", owed)
				}
			})
		})
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestSettledWithoutTheSink: what cannot get better by being sent again, and
// what is none of ours, is answered 200 without a word to the sink.
func TestSettledWithoutTheSink(t *testing.T) {
	cfg := config()
	cfg.MaxBodyBytes = minBodyBytes
	large := append(bytes.Repeat([]byte(" "), minBodyBytes), small...)
	tests := []struct {
		name    string
		body    []byte
		want    int
		dropped map[string]uint64
	}{
		{"too large", large, 200, map[string]uint64{dropTooLarge: 1}},
		{"much too large", bytes.Repeat([]byte("x"), 3<<20), 200, map[string]uint64{dropTooLarge: 1}},
		{"malformed", []byte("{"), 200, map[string]uint64{dropMalformed: 1}},
		{"nothing of ours", read(t, "refusals-422-403-400-deletes.json"), 200, map[string]uint64{}},
		{"something else", []byte(`{"kind":"AdmissionReview"}`), 400, map[string]uint64{}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			w := webhook(t, cfg, sinkFunc(func(context.Context, []event.Event) error { return errors.New("must not be asked") }))
			if rec := post(w.Handler(), "/", tc.body); rec.Code != tc.want {
				t.Errorf("answer %d %s; want %d", rec.Code, rec.Body, tc.want)
			}
			if diff := cmp.Diff(tc.dropped, w.Status().Dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
			if requests, held := w.room.used(); requests != 0 || held != 0 {
				t.Errorf("%d requests, %d bytes still held", requests, held)
			}
		})
	}
}

// TestLargeBodyOverNetwork: the sender of a body that is too large has to see
// the answer, which it would not if it were cut off while it writes.
func TestLargeBodyOverNetwork(t *testing.T) {
	w := webhook(t, config(), &taker{})
	srv := httptest.NewServer(w.Handler())
	defer srv.Close()
	for _, chunked := range []bool{false, true} {
		var body io.Reader = bytes.NewReader(make([]byte, 20<<20))
		if chunked {
			body = struct{ io.Reader }{body}
		}
		resp, err := http.Post(srv.URL, "application/json", body)
		if err != nil {
			t.Fatalf("chunked %t: %v", chunked, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("chunked %t: answer %d; want 200", chunked, resp.StatusCode)
		}
	}
	if got := w.Status().Dropped[dropTooLarge]; got != 2 {
		t.Errorf("%d dropped as too large; want 2", got)
	}
}
