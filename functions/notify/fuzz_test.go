package notify

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
)

// FuzzDecodeRequest wants of any request either valid CloudEvents or a refusal
// that names what is wrong, and never a panic.
func FuzzDecodeRequest(f *testing.F) {
	f.Add("application/cloudevents+json", "", []byte(goodCE))
	f.Add("application/cloudevents-batch+json", "", []byte("["+goodCE+","+statusCE+"]"))
	f.Add("application/json", "1.0", []byte(goodData))
	f.Add("application/json; charset=\xff", "1.0", []byte("{}"))
	f.Add("", "0.3", []byte("\x00"))
	f.Fuzz(func(t *testing.T, contentType, version string, body []byte) {
		req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		req.Header["Content-Type"] = []string{contentType}
		if version != "" {
			req.Header["Ce-Specversion"] = []string{version}
			req.Header["Ce-Id"] = []string{"1"}
			req.Header["Ce-Source"] = []string{"/clusters/x"}
			req.Header["Ce-Type"] = []string{"io.edgebell.kubernetes.event.v1"}
		}
		read, leave, err := readBody(req, 1<<20, &bodies{free: 1 << 20})
		leave()
		var events []event.Event
		if err == nil {
			events, err = decodeRequest(req, read)
		}
		var refused *refusal
		switch {
		case err == nil:
			for i := range events {
				if err := events[i].Validate(); err != nil {
					t.Errorf("event %d was let in: %v", i, err)
				}
			}
		case !errors.As(err, &refused):
			t.Errorf("error %v is no refusal", err)
		case refused.status < 400 || refused.status > 499 || refused.Error() == "":
			t.Errorf("refused with %d %q", refused.status, refused.Error())
		}
	})
}
