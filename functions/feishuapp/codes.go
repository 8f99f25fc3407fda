package feishuapp

import (
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/notify"
)

// rule is what a code means; the first line whose code fits and whose msg
// stands in the answer's wins.
type rule struct {
	code    int
	msg     string
	outcome notify.Outcome
	after   time.Duration
	mean    string
}

// rules are the codes of im/v1 and of the token's endpoint, from the pages that
// the package names and Feishu's list of general codes
// (https://open.feishu.cn/document/server-docs/api-call-guide/generic-error-code).
var rules = []rule{
	{99991400, "", notify.Retry, time.Second, "rate limit"},
	{230020, "", notify.Retry, time.Second, "rate limit of the chat or the message"},
	{230049, "", notify.Retry, time.Second, "the message is being sent"},
	{99991403, "", notify.ChannelRefused, time.Hour, "the month's calls of the tenant are used up"},
	{1500, "", notify.Retry, 5 * time.Second, "internal error"},
	{1663, "", notify.Retry, 5 * time.Second, "internal error"},
	{2200, "", notify.Retry, 5 * time.Second, "internal error"},

	{10003, "", notify.ChannelRefused, 0, "APP_ID or SECRET is wrong"},
	{10014, "", notify.ChannelRefused, 0, "APP_ID or SECRET is wrong"},
	{99991661, "", notify.ChannelRefused, 0, "token missing"},
	{99991663, "", notify.ChannelRefused, 0, "token refused twice"},
	{99991664, "", notify.ChannelRefused, 0, "token refused twice"},
	{99991668, "", notify.ChannelRefused, 0, "token refused twice"},
	{99991672, "", notify.ChannelRefused, 0, "the app lacks the right im:message:send_as_bot"},
	{99991662, "", notify.ChannelRefused, 0, "the app is disabled"},
	{230002, "", notify.ChannelRefused, 0, "the bot is not in the group CHAT_ID"},
	{230006, "", notify.ChannelRefused, 0, "the app has no bot: enable it in the developer console"},
	{230013, "", notify.ChannelRefused, 0, "the app is not available to the group's members"},
	{230018, "", notify.ChannelRefused, 0, "the group's settings let the bot send nothing"},
	{230027, "", notify.ChannelRefused, 0, "the app lacks a right"},
	{230035, "", notify.ChannelRefused, 0, "the bot is muted in the group"},
	{232009, "", notify.ChannelRefused, 0, "the group was dissolved"},
	{230001, "receive_id", notify.ChannelRefused, 0, "CHAT_ID is wrong"},

	{230001, "", notify.MessageRefused, 0, "wrong parameters"},
	{230011, "", notify.MessageRefused, 0, "the message was recalled"},
	{230022, "", notify.MessageRefused, 0, "sensitive content"},
	{230025, "", notify.MessageRefused, 0, "too large"},
	{230028, "", notify.MessageRefused, 0, "content audit failed"},
	{230031, "", notify.MessageRefused, 0, "older than 14 days"},
	{230099, "internal error", notify.Retry, 5 * time.Second, "internal error"},
	{230099, "", notify.MessageRefused, 0, "card rejected"},
	{230110, "", notify.MessageRefused, 0, "the message was deleted"},
	{99992402, "", notify.MessageRefused, 0, "a field is wrong"},
}

func classify(code int, msg string) (rule, bool) {
	msg = strings.ToLower(msg)
	for _, r := range rules {
		if r.code == code && strings.Contains(msg, r.msg) {
			return r, true
		}
	}
	return rule{code: code, outcome: notify.Unknown}, false
}

// staleToken says that a new token may pass.
func staleToken(code int) bool {
	switch code {
	case 99991661, 99991663, 99991664, 99991668:
		return true
	}
	return false
}
