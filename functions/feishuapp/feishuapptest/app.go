// Package feishuapptest stands in for the part of Feishu's open platform that an
// app's bot uses: the token, and sending and editing messages of one chat. It
// refuses what im/v1 refuses, with its codes, and is stricter where the
// documentation is silent. It listens on loopback only.
//
// Begin with NewApp; what a reader sees is in Messages.
package feishuapptest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// What the stand-in accepts.
const (
	AppID  = "cli_edgebell0000"
	Secret = "s3cr3t-of-the-feishu-app-000000"
	Chat   = "oc_edgebell0000000000000000000000"
)

const (
	messagesPath = "/open-apis/im/v1/messages"
	tokenPath    = "/open-apis/auth/v3/tenant_access_token/internal"
	tokenLife    = 2 * time.Hour
	tokenRenewal = 30 * time.Minute
	uuidLife     = time.Hour
	editable     = 14 * 24 * time.Hour
	maxCard      = 30 << 10
	perSecond    = 5
)

// Message is what stands in the group.
type Message struct {
	ID      string
	MsgType string
	Content string // as it was sent or edited last
	At      time.Time
	Edits   []time.Time
	uuid    string
}

// App is one app whose bot is in one group.
type App struct {
	*webhooktest.Server
	// Limited keeps the chat's and the message's rate, 5 a second.
	Limited bool
	// Calls is how many calls of the month are left; negative means no quota.
	Calls int

	mu       sync.Mutex
	token    string
	tokens   int
	until    time.Time
	sent     []time.Time
	messages []*Message
}

// NewApp starts the platform.
func NewApp() *App {
	a := &App{Calls: -1}
	a.Server = webhooktest.NewServer(a.Judge)
	return a
}

// Messages are those in the group, in the order in which they came.
func (a *App) Messages() []Message {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Message, len(a.messages))
	for i, m := range a.messages {
		out[i] = *m
	}
	return out
}

// Tokens counts the tokens that were granted.
func (a *App) Tokens() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tokens
}

// Revoke makes the present token a bad one.
func (a *App) Revoke() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.until = "", time.Time{}
}

// Delete takes a message out of the group.
func (a *App) Delete(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, m := range a.messages {
		if m.ID == id {
			a.messages = append(a.messages[:i:i], a.messages[i+1:]...)
			return
		}
	}
}

func answer(status, code int, msg string, data any) webhooktest.Reply {
	body, err := json.Marshal(map[string]any{"code": code, "msg": msg, "data": data})
	if err != nil {
		panic(err) // strings and ids
	}
	return webhooktest.Reply{Status: status, Body: string(body), Header: map[string]string{"Content-Type": "application/json; charset=utf-8"}}
}

// refuse is im/v1's way: HTTP 400 and a code.
func refuse(code int, format string, args ...any) webhooktest.Reply {
	return answer(http.StatusBadRequest, code, fmt.Sprintf(format, args...), map[string]any{})
}

// Judge answers as the platform would.
func (a *App) Judge(req webhooktest.Request) webhooktest.Reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	if got := req.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		return refuse(99992402, "field validation failed: content type %q", got)
	}
	body, err := webhooktest.DecodeStrict(req.Raw)
	if err != nil {
		return refuse(99991300, "body: %v", err)
	}
	fields := map[string]string{}
	for k, v := range body {
		s, ok := v.(string)
		if !ok {
			return refuse(99992402, "field validation failed: %s is no string", k)
		}
		fields[k] = s
	}
	id, isMessage := strings.CutPrefix(req.URL.Path, messagesPath+"/")
	switch {
	case req.Method == http.MethodPost && req.URL.RequestURI() == tokenPath:
		return a.grant(req.At, fields)
	case req.Method == http.MethodPost && req.URL.RequestURI() == messagesPath+"?receive_id_type=chat_id":
		return a.charged(req, func() webhooktest.Reply { return a.create(req.At, fields) })
	case req.Method == http.MethodPatch && isMessage && req.URL.RawQuery == "":
		return a.charged(req, func() webhooktest.Reply { return a.patch(req.At, id, fields) })
	}
	return answer(http.StatusNotFound, 99991201, "resource not find", map[string]any{})
}

func (a *App) grant(now time.Time, fields map[string]string) webhooktest.Reply {
	if len(fields) != 2 || fields["app_id"] != AppID {
		return answer(http.StatusOK, 10003, "invalid param", nil)
	}
	if fields["app_secret"] != Secret {
		return answer(http.StatusOK, 10014, "app secret invalid", nil)
	}
	if a.token == "" || a.until.Sub(now) < tokenRenewal {
		a.tokens++
		a.token, a.until = "t-"+strconv.Itoa(a.tokens)+"0123456789abcdef", now.Add(tokenLife)
	}
	body := fmt.Sprintf(`{"code":0,"msg":"ok","tenant_access_token":%q,"expire":%d}`, a.token, int(a.until.Sub(now).Seconds()))
	return webhooktest.Reply{Status: http.StatusOK, Body: body, Header: map[string]string{"Content-Type": "application/json; charset=utf-8"}}
}

// charged makes a call of one with a token that counts against the quota.
func (a *App) charged(req webhooktest.Request, do func() webhooktest.Reply) webhooktest.Reply {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return refuse(99991661, "Missing access token for authorization")
	}
	if token != a.token || a.token == "" || !req.At.Before(a.until) {
		return refuse(99991663, "Invalid access token for authorization: %s", token)
	}
	if a.Calls == 0 {
		return refuse(99991403, "This month's API call quota has been exceeded")
	}
	if a.Calls > 0 {
		a.Calls--
	}
	return do()
}
