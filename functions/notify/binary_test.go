package notify

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/google/go-cmp/cmp"
)

// TestBinaryModeLikeTheSDK reads the same requests with the SDK's own reader.
func TestBinaryModeLikeTheSDK(t *testing.T) {
	base := binaryHeaders(nil)
	for name, change := range map[string]map[string]string{
		"plain":              nil,
		"every attribute":    {"Ce-Subject": "shop/Pod/web", "Ce-Time": "2026-11-24T02:14:00.5Z", "Ce-Dataschema": "https://x.example/s"},
		"extensions":         {"Ce-Reason": "BackOff", "Ce-Eventtype": "Warning", "Ce-Origin": "watch"},
		"old version":        {"Ce-Specversion": "0.3"},
		"unknown version":    {"Ce-Specversion": "9.9"},
		"wrong time":         {"Ce-Time": "yesterday"},
		"wrong source":       {"Ce-Source": "::"},
		"wrong extension":    {"Ce-A_b": "x"},
		"no id":              {"Ce-Id": ""},
		"other headers":      {"Cetacean": "x", "X-Ce-Id": "y", "Accept": "*/*"},
		"charset":            {"Content-Type": "application/json; charset=utf-8"},
		"no content type":    {"Content-Type": ""},
		"non-ASCII":          {"Ce-Subject": "caf\u00e9 \u8b66"},
		"percent is no code": {"Ce-Subject": "a%20b"},
	} {
		h := http.Header{}
		for k, v := range base {
			h.Set(k, v)
		}
		for k, v := range change {
			if h.Set(k, v); v == "" {
				h.Del(k)
			}
		}
		want, wantErr := cehttp.NewEventFromHTTPRequest(&http.Request{Header: h, Body: io.NopCloser(strings.NewReader(goodData))})
		got, err := decodeBinary(h, []byte(goodData))
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: %v, the SDK says %v", name, err, wantErr)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(want.String(), got.String()); diff != "" {
			t.Errorf("%s (-SDK +got):\n%s", name, diff)
		}
		if !bytes.Equal(want.Data(), got.Data()) || (want.Validate() == nil) != (got.Validate() == nil) {
			t.Errorf("%s: data %s, valid %v; the SDK says %s, %v", name, got.Data(), got.Validate(), want.Data(), want.Validate())
		}
	}
}
