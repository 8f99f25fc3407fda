package feishutest_test

import (
	"encoding/json"
	"io"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// FuzzBody: whatever is posted, the bot answers JSON with a code, and the page
// can be rendered.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{plainCard, `{"msg_type":"post","content":{"post":{"zh_cn":{"content":[[{"tag":"md","text":"[a](https://b.example)"}]]}}}}`,
		`{"msg_type":"interactive","card":` + v1(div("lark_md", "<at id=all></at> **b** ```"), oneTable) + `}`,
		`{"msg_type":"interactive","card":` + v2(nested(2, div("plain_text", "x"))) + `}`, `{}`, `[`, `{"msg_type":"interactive","card":{"header":{"title":1}}}`} {
		f.Add([]byte(seed))
	}
	bot := feishutest.NewBot(feishutest.Options{PerSecond: feishutest.Off, PerMinute: feishutest.Off, Keep: 10})
	f.Fuzz(func(t *testing.T, body []byte) {
		resp, err := bot.Transport().RoundTrip(request(t, "http://bot"+bot.Path(), string(body)))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		var a struct{ Code *int }
		if err != nil || json.Unmarshal(raw, &a) != nil || a.Code == nil {
			t.Fatalf("answer %q, %v", raw, err)
		}
		if accepted := *a.Code == 0; accepted {
			if m := bot.Messages(); len(m) == 0 || string(m[len(m)-1].Raw) != string(body) {
				t.Fatal("accepted, but not in the group")
			}
		}
		if got := page(t, bot); got == "" {
			t.Fatal("no page")
		}
	})
}
