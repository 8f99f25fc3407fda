// Package dingtalktest is a strict stand-in for a custom robot of DingTalk: it
// takes exactly the shape of markdown and text that the guide to custom robots
// documents, at most 20000 bytes, 20 messages a minute and then none for ten,
// a signature of at most one hour's age, and a keyword. It answers as the robot
// does: HTTP 200 and an errcode.
//
// Begin with New.
package dingtalktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// DefaultToken is the access token when Options names none.
const DefaultToken = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

const (
	maxBody = 20000
	maxAge  = time.Hour
)

// Options are the robot's settings.
type Options struct {
	Token    string
	Secret   string
	Keywords []string
	// PerMinute is 20; -1 is no limit.
	PerMinute int
}

// New starts a robot on loopback. Close it.
func New(o Options) *robottest.Robot {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	if o.PerMinute == 0 {
		o.PerMinute = 20
	}
	return robottest.New(robottest.Options{
		Check:     o.check,
		PerMinute: max(o.PerMinute, 0),
		Penalty:   10 * time.Minute,
		Limited:   robottest.Answer{Code: 130101, Msg: "send too fast, exceed 20 times per minute"},
		Path:      "/robot/send?access_token=" + o.Token,
	})
}

type body struct {
	MsgType  string `json:"msgtype"`
	Markdown *struct {
		Title *string `json:"title"`
		Text  *string `json:"text"`
	} `json:"markdown"`
	Text *struct {
		Content *string `json:"content"`
	} `json:"text"`
	At struct {
		AtMobiles []string `json:"atMobiles"`
		AtUserIDs []string `json:"atUserIds"`
		IsAtAll   bool     `json:"isAtAll"`
	} `json:"at"`
}

func (o Options) check(r webhooktest.Request) (m robottest.Message, refused *robottest.Answer) {
	for _, check := range []func(webhooktest.Request) *robottest.Answer{o.address, o.signature} {
		if refused = check(r); refused != nil {
			return m, refused
		}
	}
	m, refused = Read(r.Raw)
	if refused == nil && !o.hasKeyword(m) {
		refused = &robottest.Answer{Code: 310000, Msg: "keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}
	}
	return m, refused
}

func (o Options) address(r webhooktest.Request) *robottest.Answer {
	token := r.URL.Query().Get("access_token")
	mime := r.Header.Get("Content-Type")
	switch {
	case r.URL.Path != "/robot/send":
		return &robottest.Answer{Code: 404, Msg: "请求的URI地址不存在"}
	case r.Method != http.MethodPost:
		return &robottest.Answer{Code: 43002, Msg: "需要POST请求"}
	case !strings.HasPrefix(mime, "application/json") || !strings.Contains(strings.ToLower(mime), "utf-8"):
		return &robottest.Answer{Code: 43004, Msg: "无效的HTTP HEADER Content-Type"}
	case token == "":
		return &robottest.Answer{Code: 40035, Msg: "缺少参数 access_token"}
	case token != o.Token:
		return &robottest.Answer{Code: 300005, Msg: "token is not exist"}
	}
	return nil
}

// signature is checked as the security settings describe it: base64 of
// HMAC-SHA256, keyed with the secret, of the milliseconds, a line feed and the
// secret.
func (o Options) signature(r webhooktest.Request) *robottest.Answer {
	query := r.URL.Query()
	if o.Secret == "" {
		return nil
	}
	ms, err := strconv.ParseInt(query.Get("timestamp"), 10, 64)
	if err != nil || r.At.Sub(time.UnixMilli(ms)).Abs() > maxAge {
		return &robottest.Answer{Code: 310000, Msg: "invalid timestamp, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}
	}
	mac := hmac.New(sha256.New, []byte(o.Secret))
	mac.Write([]byte(query.Get("timestamp") + "\n" + o.Secret))
	want := "sign=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for _, pair := range strings.Split(r.URL.RawQuery, "&") { // escaped just so
		if pair == want {
			return nil
		}
	}
	return &robottest.Answer{Code: 310000, Msg: "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}
}

// Read judges a body and reads its message.
func Read(raw []byte) (m robottest.Message, refused *robottest.Answer) {
	var b body
	if _, err := robottest.Decode(raw, &b); err != nil {
		return m, &robottest.Answer{Code: 40035, Msg: "缺少参数 json: " + err.Error()}
	}
	if len(raw) > maxBody {
		return m, &robottest.Answer{Code: 460101, Msg: "message too long, exceed 20000 bytes"}
	}
	m.MsgType = b.MsgType
	switch {
	case b.MsgType == "markdown" && b.Markdown != nil && b.Text == nil && filled(b.Markdown.Title, b.Markdown.Text):
		m.Title, m.Text = *b.Markdown.Title, *b.Markdown.Text
		m.Markup = robottest.Read(m.Text)
	case b.MsgType == "text" && b.Text != nil && b.Markdown == nil && filled(b.Text.Content):
		m.Text = *b.Text.Content
		m.Markup = robottest.ReadPlain(m.Text)
	case b.MsgType == "markdown" || b.MsgType == "text":
		return m, &robottest.Answer{Code: 40035, Msg: "缺少参数 " + b.MsgType}
	default:
		return m, &robottest.Answer{Code: 400105, Msg: "不支持的消息类型"}
	}
	if b.At.IsAtAll {
		m.Markup.Mentions = append(m.Markup.Mentions, "all")
	}
	m.Markup.Mentions = append(append(m.Markup.Mentions, b.At.AtMobiles...), b.At.AtUserIDs...)
	return m, nil
}

func filled(texts ...*string) bool {
	for _, s := range texts {
		if s == nil || strings.TrimSpace(*s) == "" {
			return false
		}
	}
	return true
}

func (o Options) hasKeyword(m robottest.Message) bool {
	for _, k := range o.Keywords {
		if strings.Contains(m.Text, k) || strings.Contains(m.Title, k) {
			return true
		}
	}
	return len(o.Keywords) == 0
}
