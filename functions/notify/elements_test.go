package notify

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzElements holds elements against encoding/json, over everything that is a
// JSON array.
func FuzzElements(f *testing.F) {
	for _, seed := range []string{
		"[]", " [ ] ", "[1]", "[ 1 , null,true\n,\t-2.5e3 ]", `["a,b","\"","\\",",\\\"]"]`, `[{"a":[1,{"b":"}"}],"c":"\\\""},[[],[","]],""]`, `[[]]`, `[{}]`, "null", "{}", `"["`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) {
			return
		}
		var want []json.RawMessage
		if !isArray(body) {
			if json.Unmarshal(body, &want) == nil && !bytes.Equal(bytes.Trim(body, jsonSpace), []byte("null")) {
				t.Fatalf("%q is an array", body)
			}
			return
		}
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatal(err)
		}
		i := 0
		for one := range elements(body) {
			if i >= len(want) || !bytes.Equal(one, want[i]) {
				t.Fatalf("%q: element %d is %q, want %q", body, i, one, want)
			}
			i++
		}
		if i != len(want) {
			t.Fatalf("%q: %d elements, want %d", body, i, len(want))
		}
	})
}

func TestBatchIsAnArray(t *testing.T) {
	for body, want := range map[string]string{
		" null ": "it is null", "{}": "cannot unmarshal object", `[{"id":1}`: "unexpected end", "[1 2]": "invalid character '2'",
	} {
		_, err := decodeBatch([]byte(body))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "must be a JSON array") {
			t.Errorf("%s: error %v, want it to say %q", body, err, want)
		}
	}
	if events, err := decodeBatch([]byte(" [ ] ")); err != nil || len(events) != 0 {
		t.Errorf("an empty batch: %d events, error %v", len(events), err)
	}
}
