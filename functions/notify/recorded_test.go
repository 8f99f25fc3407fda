package notify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/recorded/*.golden.json anew")

const recordings = "testdata/recorded"

// toldStory is what a story must say after a recording was taken.
type toldStory struct {
	Cluster, Namespace, Kind, Folded, Reason, Component string
	Total                                               int64
	Objects                                             int
	First, Last                                         time.Time
	Message                                             string
}

// TestRecorded replays requests as they came over the wire, headers and body,
// from the project's own event source, from the CloudEvents SDK's client and
// from curl, in structured, binary and batch mode. They are made anew by
//
//	go test -tags record -run TestRecord$ ./functions/notify
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob(recordings + "/*.http")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d recordings found (%v), want at least 6", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			h := newHarness(t, nil)
			defer func() { _ = h.l.Close() }()
			for range 2 { // the second time, everything was taken already
				rec := httptest.NewRecorder()
				h.f.Handler().ServeHTTP(rec, readRecording(t, file))
				if rec.Code != http.StatusNoContent {
					t.Fatalf("answered %d %s", rec.Code, rec.Body)
				}
			}
			compareGolden(t, strings.TrimSuffix(file, ".http")+".golden.json", h.stories(t))
		})
	}
}

func readRecording(t *testing.T, file string) *http.Request {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
	return req
}

func (h *harness) stories(t *testing.T) []toldStory {
	t.Helper()
	groups, err := h.l.Groups()
	if err != nil {
		t.Fatal(err)
	}
	out := []toldStory{}
	for _, g := range groups {
		out = append(out, toldStory{
			g.Newest.Cluster, g.Newest.Namespace, g.Newest.Kind, g.Folded, g.Newest.Reason, g.Newest.Component,
			g.Total, len(g.Objects) + int(g.MoreObjects), g.First, g.Last, g.Newest.Message,
		})
	}
	slices.SortFunc(out, func(a, b toldStory) int { return strings.Compare(a.Kind+a.Folded+a.Reason, b.Kind+b.Folded+b.Reason) })
	return out
}

func compareGolden(t *testing.T, file string, got []toldStory) {
	t.Helper()
	if *update {
		raw, err := json.MarshalIndent(got, "", "  ")
		if err == nil {
			err = os.WriteFile(file, append(raw, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []toldStory
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stories (-want +got):\n%s", diff)
	}
}
