package feishu

import (
	"net/http"
	"strings"
	"time"
)

// rule is one line of the error table. An empty msg matches every message;
// otherwise msg must stand in the bot's message, upper and lower case alike.
type rule struct {
	code  int
	msg   string
	class Class
	// after is the least wait that makes sense for a retry.
	after time.Duration
	// mean is the meaning in our words, for errors whose msg is empty.
	mean string
}

// rules is the error table, whole. The first line that matches wins, so the
// lines of one code stand from the narrow to the wide.
var rules = []rule{
	// Limits. The official advice for 11232 is to wait and to keep off the hour.
	{9499, "too many request", Retry, time.Second, "rate limit"},
	{9499, "frequency limit", Retry, time.Second, "rate limit"},
	{9499, "", PermanentMessage, 0, "malformed or too large body"},
	{11232, "", Retry, time.Second, "bot or platform rate limit"},
	{11233, "", Retry, time.Second, "chat rate limit"},
	{11247, "", Retry, 10 * time.Minute, "quota of the batch or the day"},
	{99991400, "", Retry, time.Second, "gateway rate limit"},

	// Feishu's own trouble.
	{1500, "", Retry, 5 * time.Second, "internal error"},
	{1663, "", Retry, 5 * time.Second, "internal error"},
	{2200, "", Retry, 5 * time.Second, "internal error"},
	{5000, "", Retry, 5 * time.Second, "internal error"},
	{10101, "", Retry, 5 * time.Second, "internal error"},
	{10500, "", Retry, 5 * time.Second, "internal error"},
	{18121, "", Retry, time.Second, "the same request is being processed"},

	// The bot, its settings, the address.
	{19001, "", PermanentChannel, 0, "no such bot: removed, or a wrong address"},
	{19007, "", PermanentChannel, 0, "bot disabled"},
	// Send corrects the clock once before this line is read.
	{19021, "", PermanentChannel, 0, "wrong secret, or a clock more than an hour off"},
	// The address a mobile carrier lends may be back on the list tomorrow.
	{19022, "", PermanentChannel, 0, "IP address not on the bot's list"},
	{10002, "", PermanentChannel, 0, "bot cannot send to the chat"},
	{10030, "", PermanentChannel, 0, "bot cannot send to the chat"},
	{11205, "", PermanentChannel, 0, "bot gone"},
	{11213, "", PermanentChannel, 0, "chat gone or bot banned"},
	{11231, "", PermanentChannel, 0, "chat gone or bot banned"},
	{11237, "", PermanentChannel, 0, "chat gone or bot banned"},
	{11242, "", PermanentChannel, 0, "chat gone or bot banned"},
	{99991201, "", PermanentChannel, 0, "no such address"},
	{99991301, "", PermanentChannel, 0, "wrong method for the address"},

	// The message.
	{19002, "", PermanentMessage, 0, "wrong envelope"},
	{19024, "", PermanentMessage, 0, "keyword not found"},
	{19036, "", PermanentMessage, 0, "message too large"},
	{11246, "service internal error", Retry, 5 * time.Second, "internal error"},
	{11246, "", PermanentMessage, 0, "card rejected"},
	{11235, "", PermanentMessage, 0, "mention of all not allowed"},
	{11248, "", PermanentMessage, 0, "sensitive content"},
	{11312, "", PermanentMessage, 0, "content audit failed"},
	{18054, "", PermanentMessage, 0, "content audit failed"},
	{99991300, "", PermanentMessage, 0, "body is not JSON"},
}

// classify reads the table. Code alone is not enough: 9499 means two things.
func classify(code int, msg string) (rule, bool) {
	msg = strings.ToLower(msg)
	for _, r := range rules {
		if r.code == code && strings.Contains(msg, r.msg) {
			return r, true
		}
	}
	return rule{code: code, class: Unknown}, false
}

// classifyStatus is for answers that hold no code at all: a gateway's, a
// proxy's, a captive portal's.
func classifyStatus(status int) Class {
	switch {
	case status >= 500, status == http.StatusTooManyRequests,
		status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return Retry
	case status >= 300 && status < 400:
		return Retry // we are being led to a log-in page
	case status == http.StatusRequestEntityTooLarge:
		return PermanentMessage
	case status == http.StatusUnauthorized, status == http.StatusNotFound, status == http.StatusGone,
		status == http.StatusMethodNotAllowed, status == http.StatusProxyAuthRequired,
		status == http.StatusForbidden, status == http.StatusPaymentRequired, status == http.StatusUnavailableForLegalReasons:
		// The last three are a firewall's or a carrier's, who has not looked at
		// the card. Nothing is lost when this guess is wrong: a channel is
		// probed again.
		return PermanentChannel
	case status >= 200 && status < 300:
		return Ambiguous
	}
	return Unknown
}
