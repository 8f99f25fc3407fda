package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	goodData = `{"metadata":{"name":"web.1","namespace":"shop","uid":"u1"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web"},"type":"Warning","reason":"BackOff","message":"m","count":2}`
	goodCE   = `{"specversion":"1.0","id":"u1.1","source":"/clusters/pi","type":"io.edgebell.kubernetes.event.v1","datacontenttype":"application/json","data":` + goodData + `}`
	statusCE = `{"specversion":"1.0","id":"b.1","source":"/clusters/pi","type":"io.edgebell.source.status.v1","data":{"boot":"b","sequence":1,"origin":"watch","intervalSeconds":60,"connected":true}}`
)

func binaryHeaders(change map[string]string) map[string]string {
	h := map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": "u1.1",
		"Ce-Source": "/clusters/pi", "Ce-Type": "io.edgebell.kubernetes.event.v1",
	}
	for k, v := range change {
		h[k] = v
	}
	return h
}

func structured() map[string]string {
	return map[string]string{"Content-Type": "application/cloudevents+json; charset=utf-8"}
}

func batch() map[string]string {
	return map[string]string{"Content-Type": "application/cloudevents-batch+json"}
}

// post sends a request to a new function and closes it.
func post(t *testing.T, h *harness, header map[string]string, body string) (int, map[string]any) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for k, v := range header {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	rec := httptest.NewRecorder()
	h.f.Handler().ServeHTTP(rec, req)
	var answer map[string]any
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			t.Fatalf("answer %q is not JSON: %v", rec.Body, err)
		}
	}
	return rec.Code, answer
}

func TestReceive(t *testing.T) {
	bad := strings.Replace(goodCE, `"reason":"BackOff",`, ``, 1)
	for _, tc := range []struct {
		name        string
		header      map[string]string
		body        string
		status      int
		says        string // part of the error
		index       any
		occurrences int64
	}{
		{name: "structured", header: structured(), body: goodCE, status: 204, occurrences: 2},
		{name: "binary", header: binaryHeaders(nil), body: goodData, status: 204, occurrences: 2},
		{name: "batch", header: batch(), body: "[" + goodCE + "," + goodCE + "," + statusCE + "]", status: 204, occurrences: 2},
		{name: "empty batch", header: batch(), body: "[]", status: 204},
		{name: "status", header: structured(), body: statusCE, status: 204},
		{name: "normal event", header: structured(), body: strings.Replace(goodCE, "Warning", "Normal", 1), status: 204},

		{name: "batch with one bad event", header: batch(), body: "[" + goodCE + "," + bad + "]", status: 400, says: "data.reason is empty", index: 1.0},
		{name: "batch with a broken event", header: batch(), body: `[` + goodCE + `,{"specversion":"1.0"}]`, status: 400, says: "event 1 of the batch: CloudEvent is not valid: id: MUST be a non-empty string; source", index: 1.0},
		{name: "batch with a number", header: batch(), body: `[` + goodCE + `,7]`, status: 400, says: "event 1", index: 1.0},
		{name: "batch that is no array", header: batch(), body: goodCE, status: 400, says: "must be a JSON array"},
		{name: "bad event alone", header: structured(), body: bad, status: 400, says: "data.reason is empty"},
		{name: "no id", header: binaryHeaders(map[string]string{"Ce-Id": ""}), body: goodData, status: 400, says: "id"},
		{name: "wrong specversion", header: binaryHeaders(map[string]string{"Ce-Specversion": "9.9"}), body: goodData, status: 400},
		{name: "unknown type", header: binaryHeaders(map[string]string{"Ce-Type": "com.example.thing"}), body: goodData, status: 400, says: `"com.example.thing" is unknown: must be io.edgebell.kubernetes.event.v1, io.edgebell.story.v1 or io.edgebell.source.status.v1`},
		{name: "data is no Event", header: binaryHeaders(nil), body: `{"metadata":7}`, status: 400, says: "not a core/v1 Event"},
		{name: "data is empty", header: binaryHeaders(nil), body: ``, status: 400, says: "body is empty"},
		{name: "not JSON", header: structured(), body: `{{{`, status: 400},
		{name: "status without boot", header: structured(), body: strings.Replace(statusCE, `"boot":"b",`, "", 1), status: 400, says: "data.boot is empty"},
		{name: "no CloudEvent", header: map[string]string{"Content-Type": "application/json"}, body: goodData, status: 415, says: "not a CloudEvent"},
		{name: "no content type", header: nil, body: goodData, status: 415, says: "not a CloudEvent"},
		{name: "protobuf", header: map[string]string{"Content-Type": "application/cloudevents+protobuf"}, body: "x", status: 415, says: "application/cloudevents+json"},
		{name: "gzip", header: map[string]string{"Content-Type": "application/cloudevents+json", "Content-Encoding": "gzip"}, body: "x", status: 415, says: "Content-Encoding"},
		{name: "broken content type", header: map[string]string{"Content-Type": "a/b/c;;"}, body: "x", status: 415, says: "Content-Type"},
		{name: "over the cap", header: structured(), body: strings.Repeat(" ", 1<<20) + goodCE, status: 413, says: "MAX_BODY_BYTES"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := newHarness(t, nil)
			defer func() { _ = h.l.Close() }()
			status, answer := post(t, h, tc.header, tc.body)
			says, _ := answer["error"].(string)
			if status != tc.status || !strings.Contains(says, tc.says) || (tc.status >= 400) != (says != "") {
				t.Errorf("answered %d %v, want %d and an error with %q", status, answer, tc.status, tc.says)
			}
			if diff := cmp.Diff(tc.index, answer["index"]); diff != "" {
				t.Errorf("index (-want +got):\n%s", diff)
			}
			if got := h.l.Counts().Occurrences; got != tc.occurrences {
				t.Errorf("%d occurrences counted, want %d", got, tc.occurrences)
			}
		})
	}
}

func TestReceiveChunkedBodyOverTheCap(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	srv := httptest.NewServer(h.f.Handler())
	defer srv.Close()
	// A reader of unknown length is sent in chunks, without Content-Length.
	body := struct{ *bytes.Reader }{bytes.NewReader(make([]byte, 2<<20))}
	req, err := http.NewRequest(http.MethodPost, srv.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = -1
	req.Header.Set("Content-Type", "application/cloudevents+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %s, want 413", resp.Status)
	}
}

func TestAuthenticate(t *testing.T) {
	const token = "sesame-0123456789"
	for header, want := range map[string]int{
		"":                         401,
		"Bearer":                   401,
		"Bearer wrong":             401,
		"Basic " + token:           401,
		"Bearer " + token + "x":    401,
		"Bearer " + token:          204,
		"Bearer old-" + token:      204,
		"Bearer " + token + "old-": 401,
		"bearer " + token:          204,
		"Bearer  " + token:         401,
		"Bearer " + token[:5]:      401,
		fmt.Sprint("Bearer ", nil): 401,
	} {
		h := newHarness(t, func(c *Config) { c.SinkToken = token + "\nold-" + token })
		status, answer := post(t, h, map[string]string{"Content-Type": "application/cloudevents+json", "Authorization": header}, goodCE)
		if status != want {
			t.Errorf("Authorization %q answered %d, want %d", header, status, want)
		}
		if text := fmt.Sprint(answer); strings.Contains(text, token) {
			t.Errorf("the answer %s shows the token", text)
		}
		_ = h.l.Close()
	}
}

func TestRefusalIsLoggedWithTheConnectionsAddress(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	var log bytes.Buffer
	h.f.log = slog.New(slog.NewTextHandler(&log, nil))
	header := structured()
	header["X-Forwarded-For"], header["X-Real-Ip"], header["Forwarded"] = "203.0.113.7", "203.0.113.8", "for=203.0.113.9"
	if status, _ := post(t, h, header, "{"); status != http.StatusBadRequest {
		t.Fatalf("answered %d, want 400", status)
	}
	const direct = "remote=192.0.2.1:1234" // httptest.NewRequest's
	if got := log.String(); !strings.Contains(got, direct) || strings.Contains(got, "203.0.113.") {
		t.Errorf("logged %q, want %s and nothing that the sender claims", got, direct)
	}
}

func TestLedgerThatTakesNothingAnswers503(t *testing.T) {
	h := newHarness(t, nil)
	_ = h.l.Close()
	status, answer := post(t, h, structured(), goodCE)
	if status != http.StatusServiceUnavailable || answer["error"] == nil {
		t.Errorf("answered %d %v, want 503 and why", status, answer)
	}
	rec := httptest.NewRecorder()
	h.f.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), "ledger") {
		t.Errorf("/readyz answered %d %q, want 503 naming the ledger", rec.Code, rec.Body)
	}
}

func TestProbesStayGreenWhenTheChannelRefuses(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	h.f.out[0].link.down(h.f.log, &SendError{Outcome: ChannelRefused, Err: fmt.Errorf("code 19001")}, refusedFirst, refusedMost)
	for _, path := range []string{"/healthz", "/readyz"} {
		rec := httptest.NewRecorder()
		h.f.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if rec.Code != http.StatusOK {
			t.Errorf("%s answered %d, want 200", path, rec.Code)
		}
	}
	rec := httptest.NewRecorder()
	h.f.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(rec.Body.String(), `edgebell_link_state{state="refused"} 1`) {
		t.Errorf("/metrics does not show the refused link:\n%s", rec.Body)
	}
}

func TestDumpPrintsEveryEventAsOneLine(t *testing.T) {
	var out bytes.Buffer
	h := newHarness(t, func(c *Config) { c.DumpEvents = true })
	defer func() { _ = h.l.Close() }()
	h.f.dumpTo = &out
	normal := strings.NewReplacer("Warning", "Normal", `"count":2`, "\"count\":\n 2").Replace(goodCE)
	if status, answer := post(t, h, batch(), "["+goodCE+","+normal+"]"); status != 204 {
		t.Fatalf("answered %d %v", status, answer)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("printed %q, want two lines", out.String())
	}
	for i, want := range []string{"Warning", "Normal"} {
		var ev struct{ Type string }
		if err := json.Unmarshal([]byte(lines[i]), &ev); err != nil || ev.Type != want {
			t.Errorf("line %d is %q (%v), want a %s Event", i, lines[i], err, want)
		}
	}
}

func TestUnknownPathAndMethodAnswerJSON(t *testing.T) {
	h := newHarness(t, nil)
	defer func() { _ = h.l.Close() }()
	for _, tc := range []struct {
		method, path string
		want         int
	}{{http.MethodGet, "/nowhere", 404}, {http.MethodPut, "/", 405}} {
		rec := httptest.NewRecorder()
		h.f.Handler().ServeHTTP(rec, httptest.NewRequest(tc.method, tc.path, nil))
		if rec.Code != tc.want || !json.Valid(rec.Body.Bytes()) {
			t.Errorf("%s %s answered %d %q, want %d and JSON", tc.method, tc.path, rec.Code, rec.Body, tc.want)
		}
	}
}
