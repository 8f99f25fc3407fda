package dingtalk

import (
	"testing"

	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/dingtalk/dingtalktest"
	"github.com/edgebell/edgebell/functions/robot/robottest"
)

// FuzzForms lets the strict robot judge messages of any view.
func FuzzForms(f *testing.F) {
	f.Add("title", "headline", robottest.Hostile, "row\nrow", "details", "bell")
	f.Add("@all", "<@x>", "[a](b)", "1. x", "    y", "[告警]*_")
	f.Fuzz(func(t *testing.T, title, headline, message, row, details, keyword string) {
		if (Config{URL: "http://127.0.0.1/robot/send?access_token=x", Keyword: keyword}).Validate("") != nil {
			t.Skip()
		}
		v := card.View{Mark: "🔴", Title: title, Subtitle: title, Headline: headline, Message: message, Rows: []string{row, row},
			Notices: headline, Hint: row, Details: details, Command: title, Footer: "id 01234567"}
		for _, form := range Forms(keyword) {
			m, err := form(v)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Payload) > MaxBody {
				t.Skip() // the Renderer cuts
			}
			told, refused := dingtalktest.Read(m.Payload)
			if refused != nil {
				t.Fatalf("refused: %+v\n%s", refused, m.Payload)
			}
			checkMarkup(t, "message", keyword, told)
		}
	})
}
