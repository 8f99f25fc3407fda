// Package wecomtest is a strict stand-in for a group robot of WeCom: it takes
// exactly the shape of markdown and text that the guide to group robots
// documents, at most 4096 and 2048 bytes of content, no \uXXXX, 20 messages a
// minute. It answers as the robot does: HTTP 200 and an errcode.
//
// Begin with New.
package wecomtest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// DefaultKey is the key when Options names none.
const DefaultKey = "693a91f6-7a0c-4bc4-97a0-0ec2b1fa5aaa"

const (
	maxMarkdown = 4096
	maxText     = 2048
)

// Options are the robot's settings.
type Options struct {
	Key string
	// PerMinute is 20; -1 is no limit.
	PerMinute int
}

// New starts a robot on loopback. Close it.
func New(o Options) *robottest.Robot {
	if o.Key == "" {
		o.Key = DefaultKey
	}
	if o.PerMinute == 0 {
		o.PerMinute = 20
	}
	return robottest.New(robottest.Options{
		Check:     o.check,
		PerMinute: max(o.PerMinute, 0),
		Penalty:   time.Second,
		Limited:   *said(45009, "api freq out of limit"),
		Path:      "/cgi-bin/webhook/send?key=" + o.Key,
	})
}

// said is a message as the robot ends it.
func said(code int, msg string) *robottest.Answer {
	return &robottest.Answer{Code: code, Msg: fmt.Sprintf("%s, hint: [1755605200056773468916791], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=%d", msg, code)}
}

type body struct {
	MsgType  string `json:"msgtype"`
	Markdown *struct {
		Content string `json:"content"`
	} `json:"markdown"`
	Text *struct {
		Content         string   `json:"content"`
		Mentioned       []string `json:"mentioned_list"`
		MentionedMobile []string `json:"mentioned_mobile_list"`
	} `json:"text"`
}

func (o Options) check(r webhooktest.Request) (m robottest.Message, refused *robottest.Answer) {
	query := r.URL.Query()
	switch {
	case r.URL.Path != "/cgi-bin/webhook/send", len(query) != 1, query.Get("key") != o.Key:
		return m, said(93000, "invalid webhook url")
	case r.Method != http.MethodPost:
		return m, said(43002, "require POST method")
	}
	return Read(r.Raw)
}

// Read judges a body and reads its message.
func Read(raw []byte) (m robottest.Message, refused *robottest.Answer) {
	var b body
	escaped, err := robottest.Decode(raw, &b)
	switch {
	case err != nil:
		return m, said(47001, "data format error: "+err.Error())
	case escaped:
		return m, said(40033, "invalid character")
	}
	return b.read()
}

func (b body) read() (m robottest.Message, refused *robottest.Answer) {
	most := maxText
	switch {
	case b.MsgType == "markdown" && b.Markdown != nil && b.Text == nil:
		most, m.Text = maxMarkdown, b.Markdown.Content
		m.Markup = robottest.Read(m.Text)
	case b.MsgType == "text" && b.Text != nil && b.Markdown == nil:
		m.Text = b.Text.Content
		// <@userid> is live in plain text, too.
		m.Markup = robottest.ReadPlain(m.Text)
		m.Markup.Mentions = append(append(m.Markup.Mentions, b.Text.Mentioned...), b.Text.MentionedMobile...)
	default:
		return m, said(40008, "invalid message type")
	}
	m.MsgType = b.MsgType
	switch {
	case m.Text == "":
		return m, said(44004, "empty content")
	case len(m.Text) > most:
		return m, said(40058, fmt.Sprintf("%s.content exceed max length %d. invalid Request Parameter", b.MsgType, most))
	}
	return m, nil
}
