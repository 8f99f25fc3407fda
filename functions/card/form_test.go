package card

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
)

// plainForm is a channel of short messages, whose title must never be cut.
func plainForm(v View) (Message, error) {
	lines := append([]string{v.Mark + " " + v.Title, v.Headline, v.Message}, v.Rows...)
	raw, err := json.Marshal(strings.Join(append(lines, Truncate(v.Details, 200), v.Footer), "\n"))
	return Message{MsgType: "text", Payload: raw}, err
}

// TestNativeForms: a channel's own forms take the place of Feishu's schemas,
// and its own bound is kept by stories and digests, which still tell all.
func TestNativeForms(t *testing.T) {
	const most = 1500
	r, err := New(Config{Language: "en", Timezone: "UTC"}, Options{Forms: []Form{plainForm}, MaxBytes: most})
	if err != nil {
		t.Fatal(err)
	}
	if forms := r.Forms(); len(forms) != 1 || forms[0] != Native(0) {
		t.Fatalf("forms are %v, want the channel's only", forms)
	}
	var groups []alert.Group
	for i := range 40 {
		groups = append(groups, alert.Group{Total: 1, Newest: alert.Alert{
			Type: "Warning", Reason: "Failed", Namespace: "shop", Kind: "Pod", Name: fmt.Sprintf("cart-%d", i), Message: strings.Repeat("<b>&", 800),
		}})
	}
	msg, err := r.Single(Native(0), Story{Group: groups[0], SentAt: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(msg.Payload); n > most || n < most-100 {
		t.Errorf("a story of a long message takes %d bytes, want nearly %d", n, most)
	}
	parts, err := r.Digest(Native(0), Digest{Groups: groups, SentAt: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	told := map[int]int{}
	for _, p := range parts {
		if len(p.Payload) > most {
			t.Errorf("a part takes %d bytes, want at most %d", len(p.Payload), most)
		}
		for _, g := range p.Groups {
			told[g]++
		}
	}
	for i := range groups {
		if told[i] != 1 {
			t.Errorf("group %d is told by %d parts, want 1", i, told[i])
		}
	}
}
