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

// TestSqueeze: a channel of few bytes loses what is needed least, and never the
// footer with the id.
func TestSqueeze(t *testing.T) {
	whole := func(v View) (Message, error) {
		lines := append([]string{v.Mark + " " + v.Title, v.Subtitle, v.Headline, v.Message, v.Hint, v.Notices}, v.Rows...)
		raw, err := json.Marshal(strings.Join(append(lines, v.Details, v.Command, v.Footer), "\n"))
		return Message{MsgType: "text", Payload: raw}, err
	}
	long := strings.Repeat("x", 250)
	g := alert.Group{Total: 30, Folded: "cart-*", Newest: alert.Alert{
		Type: "Warning", Reason: "Failed", Namespace: "shop", Kind: "Pod", Name: "cart-0", Message: "begin " + strings.Repeat("of the message ", 50),
	}}
	for i := range 10 {
		g.Objects = append(g.Objects, alert.Object{Name: fmt.Sprint(long, i), Count: 3})
	}
	dropped := map[string]int64{}
	for i := range 10 {
		dropped[fmt.Sprintf("reason-%d-%s", i, strings.Repeat("y", 100))] = 1
	}
	for _, most := range []int{700, 1024, 2048, 4096} {
		r, err := New(Config{Language: "en", Timezone: "UTC"}, Options{Forms: []Form{whole}, MaxBytes: most})
		if err != nil {
			t.Fatal(err)
		}
		story, err := r.Single(Native(0), Story{Group: g, SentAt: time.Unix(0, 0), Notices: Notices{Dropped: dropped}})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := r.Digest(Native(0), Digest{Groups: []alert.Group{g, g, g}, SentAt: time.Unix(0, 0), Notices: Notices{Dropped: dropped}})
		if err != nil {
			t.Fatal(err)
		}
		notice, err := r.Notice(Native(0), Notices{Dropped: dropped})
		if err != nil {
			t.Fatal(err)
		}
		all := []Message{story, notice}
		for _, p := range parts {
			all = append(all, p.Message)
		}
		for i, m := range all {
			if len(m.Payload) > most || !strings.Contains(string(m.Payload), "id ") {
				t.Errorf("message %d at %d bytes takes %d, or lost its id: %s", i, most, len(m.Payload), m.Payload)
			}
		}
		if !strings.Contains(string(story.Payload), "begin of the message") {
			t.Errorf("at %d bytes the story lost its message to lesser things: %s", most, story.Payload)
		}
	}
}

// TestManyClusters: what stands for many clusters says so, and names them.
func TestManyClusters(t *testing.T) {
	g := alert.Group{
		Clusters: 37, Total: 74, Folded: "*", First: time.Unix(0, 0), Last: time.Unix(60, 0),
		Newest:  alert.Alert{Cluster: "edge-36", Namespace: "*", EventNamespace: "*", Kind: "Pod", Name: "web-36", Type: "Warning", Reason: "Failed", Message: "no route to registry"},
		Objects: []alert.Object{{Name: "edge-1", Count: 2}, {Name: "edge-36", Count: 72}},
	}
	for lang, want := range map[string]string{"en": "37 clusters", "zh": "37 个集群"} {
		r, err := New(Config{Language: lang, Timezone: "UTC"}, Options{Cluster: "hub"})
		if err != nil {
			t.Fatal(err)
		}
		single, err := r.Single(V2, Story{Group: g, SentAt: time.Unix(90, 0)})
		if err != nil {
			t.Fatal(err)
		}
		digest, err := r.Digest(V2, Digest{Groups: []alert.Group{g}, SentAt: time.Unix(90, 0)})
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{string(single.Payload), string(digest[0].Payload)} {
			if !strings.Contains(said, want) || strings.Contains(said, "cluster edge-36") || strings.Contains(said, "web-36") {
				t.Errorf("%q is not in, or one cluster stands for all: %s", want, said)
			}
		}
		if !strings.Contains(string(single.Payload), "edge-1 ") {
			t.Errorf("the clusters are not listed: %s", single.Payload)
		}
	}
}
