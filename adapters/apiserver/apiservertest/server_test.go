package apiservertest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/edgebell/edgebell/adapters/apiserver/apiservertest"
)

func named(names ...string) []*corev1.Event {
	var out []*corev1.Event
	for _, full := range names {
		ns, name, _ := strings.Cut(full, "/")
		out = append(out, &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}, Type: "Warning"})
	}
	return out
}

// get is one request, without a client's knowledge of Kubernetes.
func get(t *testing.T, srv *apiservertest.Server, path string, query url.Values) (int, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path+"?"+query.Encode(), nil))
	return w.Code, w.Body.Bytes()
}

type page struct {
	Kind, APIVersion string
	Metadata         struct {
		ResourceVersion, Continue string
		RemainingItemCount        int
	}
	Items  []corev1.Event
	Code   int
	Reason string
}

func list(t *testing.T, srv *apiservertest.Server, path string, query url.Values) (int, page) {
	t.Helper()
	code, raw := get(t, srv, path, query)
	var p page
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatalf("%s: %v: %s", path, err, raw)
	}
	return code, p
}

func (p page) names() (out []string) {
	for _, ev := range p.Items {
		out = append(out, ev.Namespace+"/"+ev.Name)
	}
	return out
}

// TestPagesAreOneSnapshot: what is written during a list is not in it, and all
// pages bear the version of the first.
func TestPagesAreOneSnapshot(t *testing.T) {
	srv := apiservertest.New()
	srv.Add(named("b/2", "a/1", "b/1", "a/2", "a-b/1")...)
	_, first := list(t, srv, "/api/v1/events", url.Values{"limit": {"2"}})
	srv.Add(named("b/0", "c/9")...)
	srv.Delete("b", "2")
	_, second := list(t, srv, "/api/v1/events", url.Values{"limit": {"2"}, "continue": {first.Metadata.Continue}})
	_, third := list(t, srv, "/api/v1/events", url.Values{"limit": {"2"}, "continue": {second.Metadata.Continue}})
	// The order of the datastore's keys: "a-b/" is before "a/".
	want := [][]string{{"a-b/1", "a/1"}, {"a/2", "b/1"}, {"b/2"}}
	if diff := cmp.Diff(want, [][]string{first.names(), second.names(), third.names()}); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for i, p := range []page{first, second, third} {
		if p.Metadata.ResourceVersion != "1005" || p.Kind != "EventList" || p.APIVersion != "v1" || (p.Metadata.Continue == "") != (i == 2) {
			t.Errorf("page %d: %+v", i, p.Metadata)
		}
	}
	if first.Metadata.RemainingItemCount != 3 {
		t.Errorf("%d remain, want 3", first.Metadata.RemainingItemCount)
	}
}

// TestExpiredToken: 410, with a token for the rest at the newest version.
func TestExpiredToken(t *testing.T) {
	srv := apiservertest.New()
	srv.Add(named("a/1", "a/2", "a/3")...)
	_, first := list(t, srv, "/api/v1/events", url.Values{"limit": {"1"}})
	srv.Add(named("a/4")...)
	srv.Compact()
	code, gone := list(t, srv, "/api/v1/events", url.Values{"limit": {"1"}, "continue": {first.Metadata.Continue}})
	if code != 410 || gone.Code != 410 || gone.Reason != "Expired" {
		t.Fatalf("got %d, %+v", code, gone)
	}
	_, rest := list(t, srv, "/api/v1/events", url.Values{"continue": {gone.Metadata.Continue}})
	if diff := cmp.Diff([]string{"a/2", "a/3", "a/4"}, rest.names()); diff != "" || rest.Metadata.ResourceVersion != "1004" {
		t.Errorf("the rest at %s (-want +got):\n%s", rest.Metadata.ResourceVersion, diff)
	}
}

// watched reads what a watch says until it ends after a second.
func watched(t *testing.T, srv *apiservertest.Server, query url.Values) (out []string) {
	t.Helper()
	query.Set("watch", "1")
	query.Set("timeoutSeconds", "1")
	_, raw := get(t, srv, "/api/v1/events", query)
	for line := range strings.Lines(string(raw)) {
		var frame struct {
			Type   string
			Object struct {
				Metadata metav1.ObjectMeta
				Code     int
			}
		}
		if err := json.Unmarshal([]byte(line), &frame); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, strings.TrimSpace(frame.Type+" "+frame.Object.Metadata.Name))
		if frame.Object.Code != 0 {
			out = append(out, http.StatusText(frame.Object.Code))
		}
	}
	return out
}

func TestWatch(t *testing.T) {
	srv := apiservertest.New()
	srv.Add(named("a/1", "a/2", "a/3")...)
	srv.Modify("a", "1", func(ev *corev1.Event) { ev.Type = "Normal" })
	srv.Modify("a", "2", func(ev *corev1.Event) { ev.Count++ })
	srv.Modify("a", "1", func(ev *corev1.Event) { ev.Type = "Warning" })
	srv.Delete("a", "3")
	tests := map[string]struct {
		query url.Values
		want  []string
	}{
		"from the start":       {url.Values{"resourceVersion": {"1000"}}, []string{"ADDED 1", "ADDED 2", "ADDED 3", "MODIFIED 1", "MODIFIED 2", "MODIFIED 1", "DELETED 3"}},
		"selected":             {url.Values{"resourceVersion": {"1003"}, "fieldSelector": {"type=Warning"}}, []string{"DELETED 1", "MODIFIED 2", "ADDED 1", "DELETED 3"}},
		"what exists":          {url.Values{}, []string{"ADDED 1", "ADDED 2"}},
		"yet to come":          {url.Values{"resourceVersion": {"5000"}}, nil},
		"with initial events":  {url.Values{"sendInitialEvents": {"true"}, "allowWatchBookmarks": {"true"}}, []string{"ADDED 1", "ADDED 2", "BOOKMARK"}},
		"compacted long since": {url.Values{"resourceVersion": {"999"}}, []string{"ERROR", "Gone"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, watched(t, srv, tt.query)); diff != "" {
				t.Errorf("frames (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	srv := apiservertest.New()
	for path, want := range map[string]int{
		"/api/v1/pods": 404, "/api/v1/namespaces/a/pods": 404, "/api/v1/events?limit=x": 400, "/api/v1/events?resourceVersion=x": 400,
		"/api/v1/events?fieldSelector=message%3Dx": 400, "/api/v1/events?fieldSelector=type": 400, "/api/v1/events?continue=x": 400,
	} {
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/v1/namespaces/a/events", strings.NewReader("{}")))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d", w.Code)
	}
}
