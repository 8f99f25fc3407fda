package telegram

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/webhook"
	"github.com/edgebell/edgebell/functions/webhook/wire"
)

// answer is https://core.telegram.org/bots/api#making-requests.
type answer struct {
	OK          bool   `json:"ok"`
	ErrorCode   int    `json:"error_code"`
	Description string `json:"description"`
	Result      struct {
		MessageID int64 `json:"message_id"`
	} `json:"result"`
	// Parameters are https://core.telegram.org/bots/api#responseparameters.
	Parameters struct {
		RetryAfter      int64       `json:"retry_after"`
		MigrateToChatID json.Number `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// rules say what a description means, by its beginning in lower case. The
// documentation leaves codes and descriptions open; these are those of the Bot
// API server (https://github.com/tdlib/telegram-bot-api, Client.cpp) and of
// Telegram (https://core.telegram.org/method/messages.sendMessage). All other
// answers of 400 are the message's fault.
var rules = []struct {
	says    string
	outcome notify.Outcome
}{
	{"message is not modified", delivered},
	{"chat not found", notify.ChannelRefused},
	{"group chat was upgraded to a supergroup chat", notify.ChannelRefused},
	{"group chat was deactivated", notify.ChannelRefused},
	{"peer_id_invalid", notify.ChannelRefused},
	{"chat_id is empty", notify.ChannelRefused},
	{"message thread not found", notify.ChannelRefused},
	{"topic_closed", notify.ChannelRefused},
	{"topic_deleted", notify.ChannelRefused},
	{"not enough rights", notify.ChannelRefused},
	{"have no rights to send a message", notify.ChannelRefused},
	{"need administrator rights", notify.ChannelRefused},
	{"chat_write_forbidden", notify.ChannelRefused},
	{"chat_restricted", notify.ChannelRefused},
	{"chat_send_plain_forbidden", notify.ChannelRefused},
	{"user is deactivated", notify.ChannelRefused},
	{"logged out", notify.ChannelRefused}, // of this server, for another
}

// delivered is no outcome of notify's: the far side has the message already.
const delivered notify.Outcome = -1

const maxWait = int64(time.Hour / time.Second)

// judge reads an answer; a nil error means delivered.
func (c *channel) judge(a wire.Answer) (answer, *notify.SendError) {
	var said answer
	readable := json.Unmarshal(a.Body, &said) == nil && (said.OK || said.ErrorCode != 0)
	switch {
	case !readable && a.Status >= 200 && a.Status < 300 && strings.HasPrefix(strings.TrimSpace(string(a.Body)), "<"):
		return said, c.Fail(a, notify.Retry, "answer is a web page, not Telegram's (a captive portal?)")
	case !readable && a.Status >= 200 && a.Status < 300:
		return said, c.Fail(a, notify.Ambiguous, "answer is not Telegram's")
	case !readable:
		return answer{}, c.FailForeign(a)
	case said.OK && a.Status == http.StatusOK:
		return said, nil
	case said.OK:
		return said, c.Fail(a, notify.Ambiguous, "ok under a failing HTTP status")
	}
	outcome := classify(said)
	if outcome == delivered {
		return said, nil
	}
	fail := c.Fail(a, outcome, said.Description)
	fail.RetryAfter = max(fail.RetryAfter, time.Duration(min(max(said.Parameters.RetryAfter, 0), maxWait))*time.Second)
	return said, fail
}

func classify(said answer) notify.Outcome {
	_, text, found := strings.Cut(strings.ToLower(said.Description), ": ") // behind "Bad Request"
	if !found {
		text = strings.ToLower(said.Description)
	}
	for _, r := range rules {
		if said.ErrorCode == http.StatusBadRequest && strings.HasPrefix(text, r.says) {
			return r.outcome
		}
	}
	return webhook.ByStatus(said.ErrorCode)
}
