package feishutest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed page.css
var pageCSS string

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":    func() template.CSS { return template.CSS(pageCSS) },
	"clock":  func(t time.Time) string { return t.Local().Format("15:04:05") },
	"colour": colour,
	"size":   textSize,
	"align":  align,
	"bytes":  humanBytes,
	"len64":  func(raw json.RawMessage) int64 { return int64(len(raw)) },
	"join":   func(list []string) string { return strings.Join(list, "；") },
}).Parse(pageHTML))

// entry is a line of the chat: a day, a message, or a refusal in grey.
type entry struct {
	Day     string
	Message *Message
	Note    string
	At      time.Time
	Count   int
	// First: the avatar is shown once for neighbours.
	First bool
}

type page struct {
	Entries []entry // newest first: the page grows from the bottom
	State   State
	Refresh int
	Older   int
}

const (
	defaultRefresh = 3
	shownEntries   = 200
)

func (b *Bot) servePage(w http.ResponseWriter, r *http.Request) {
	refresh := defaultRefresh
	if n, err := strconv.Atoi(r.URL.Query().Get("refresh")); err == nil && n >= 0 {
		refresh = n
	}
	p := page{State: b.State(), Refresh: refresh}
	p.Entries, p.Older = entries(b.Answers(), b.Messages())
	var buf bytes.Buffer
	if err := pageTemplate.Execute(&buf, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(buf.Bytes()) // the browser may have gone away
}

// entries puts requests and messages into one story, newest first.
func entries(answers []Answer, messages []Message) (list []entry, older int) {
	byN := map[int]*Message{}
	for i := range messages {
		byN[messages[i].N] = &messages[i]
	}
	day := ""
	for _, a := range answers {
		if d := a.At.Local().Format("2006年1月2日"); d != day {
			day = d
			list = append(list, entry{Day: day, At: a.At})
		}
		last := &list[len(list)-1]
		if m := byN[a.Accepted]; m != nil {
			list = append(list, entry{Message: m, At: a.At, First: last.Message == nil})
			if a.Status != 0 {
				continue
			}
		}
		note := noteOf(a)
		if last = &list[len(list)-1]; last.Note == note {
			last.Count++
			last.At = a.At
			continue
		}
		list = append(list, entry{Note: note, At: a.At, Count: 1})
	}
	slices.Reverse(list)
	if len(list) > shownEntries {
		return list[:shownEntries], len(list) - shownEntries
	}
	return list, 0
}

func noteOf(a Answer) string {
	switch {
	case a.Accepted != 0:
		return "已入群，但回执丢失 · " + a.Check
	case a.Status == 0:
		return "连接中断 · " + a.Check
	case a.Code != 0:
		return fmt.Sprintf("未入群 · %d %s", a.Code, a.Msg)
	}
	return fmt.Sprintf("未入群 · HTTP %d · %s", a.Status, a.Check)
}

// colour lets only known colours become class names.
func colour(name string) string {
	name, _, _ = strings.Cut(name, "-") // "blue-50" and the like
	if slices.Contains(headerTemplates, name) || name == "lime" || name == "neutral" {
		return "c-" + name
	}
	return "c-default"
}

func textSize(name string) string {
	switch {
	case name == "notation" || name == "x-small":
		return "s-small"
	case strings.HasPrefix(name, "heading") || strings.HasSuffix(name, "-large") || name == "xxxx-large":
		return "s-large"
	}
	return ""
}

func align(name string) string {
	if name == "center" || name == "right" {
		return "a-" + name
	}
	return ""
}

func humanBytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
