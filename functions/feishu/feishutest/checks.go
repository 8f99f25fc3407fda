package feishutest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/webhook/webhooktest/strictjson"
)

// checks is the order in which the bot looks at a request; the first that
// fails answers. Up to the token it is known from live answers, behind that it
// is a guess that tests must not lean on.
var checks = []struct {
	name string
	run  func(*call) *reply
}{
	{"path", (*call).checkPath},
	{"method", (*call).checkMethod},
	{"token", (*call).checkToken},
	{"enabled", (*call).checkEnabled},
	{"size", (*call).checkSize},
	{"json", (*call).checkJSON},
	{"gateway limit", (*call).checkGateway},
	{"rate limit", (*call).checkRate},
	{"hour mark", (*call).checkHourMark},
	{"ip", (*call).checkIP},
	{"sign", (*call).checkSign},
	{"msg_type", (*call).checkMsgType},
	{"envelope", (*call).checkEnvelope},
	{"content", (*call).checkContent},
	{"keyword", (*call).checkKeyword},
	{"card", (*call).checkCard},
	{"mention of all", (*call).checkAtAll},
	{"sensitive words", (*call).checkDLP},
	{"count", (*call).countAccepted},
}

const hookPathV1 = "/open-apis/bot/hook/"

func (c *call) isV1() bool { return strings.HasPrefix(c.r.URL.Path, hookPathV1) }

func (c *call) token() (string, bool) {
	if token, ok := strings.CutPrefix(c.r.URL.Path, hookPath); ok {
		return token, true
	}
	return strings.CutPrefix(c.r.URL.Path, hookPathV1)
}

func (c *call) checkPath() *reply {
	if token, ok := c.token(); !ok || token == "" || strings.Contains(token, "/") {
		return refuse(http.StatusNotFound, 99991201, "resource not find")
	}
	return nil
}

func (c *call) checkMethod() *reply {
	if c.r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, 99991301, "request method doesn't match")
	}
	return nil
}

func (c *call) checkToken() *reply {
	token, _ := c.token()
	if token != c.opts.Token || c.opts.RejectQuery && c.r.URL.RawQuery != "" {
		return refuse(http.StatusOK, 19001, "param invalid: incoming webhook access token invalid")
	}
	return nil
}

func (c *call) checkEnabled() *reply {
	if !c.opts.Disabled {
		return nil
	}
	return &reply{status: http.StatusOK, code: 19007, msg: "Bot Not Enabled",
		body: `{"StatusCode":0,"StatusMessage":"","code":19007,"msg":"Bot Not Enabled"}`}
}

func (c *call) checkSize() *reply {
	if len(c.raw) <= c.opts.MaxBody {
		return nil
	}
	if c.opts.SizeAnswer == SizeExceeded {
		return refuse(http.StatusOK, 19036, "The message exceeds the size limit of 30KB")
	}
	return c.badRequest("Bad Request")
}

func (c *call) checkJSON() *reply {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return c.badRequest("Bad Request")
	}
	body, err := strictjson.Decode(c.raw)
	if err != nil {
		return c.badRequest("Bad Request")
	}
	c.body = body
	return nil
}

func (c *call) checkGateway() *reply {
	limit := c.opts.GatewayPerMinute
	if limit <= 0 {
		return nil
	}
	if wait := c.bot.gateway.wait(c.tick, limit, time.Minute); wait > 0 {
		seconds := strconv.Itoa(int(wait/time.Second) + 1)
		return refuse(http.StatusTooManyRequests, 99991400, "request trigger frequency limit").
			with("X-Ogw-Ratelimit-Limit", strconv.Itoa(limit)).
			with("X-Ogw-Ratelimit-Reset", seconds)
	}
	c.bot.gateway.add(c.tick)
	return nil
}

func (c *call) checkRate() *reply {
	l := &c.bot.limiter
	if l.wait(c.tick, c.opts.PerSecond, time.Second) == 0 && l.wait(c.tick, c.opts.PerMinute, time.Minute) == 0 {
		return nil
	}
	how := c.opts.LimitAnswer
	if how == LimitMixed && c.bot.rand.IntN(2) == 0 {
		how = Limit9499
	}
	if how == Limit9499 {
		return refuse(http.StatusBadRequest, 9499, "too many request")
	}
	return frequencyLimited()
}

func frequencyLimited() *reply {
	return refuse(http.StatusOK, 11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
}

func (c *call) checkHourMark() *reply {
	distance := c.now.Sub(c.now.Round(30 * time.Minute)).Abs()
	if c.opts.HourMarkWindow == 0 || distance > c.opts.HourMarkWindow || c.bot.rand.Float64() >= c.opts.HourMarkChance {
		return nil
	}
	return frequencyLimited()
}

func (c *call) checkIP() *reply {
	remote := c.r.Header.Get("X-Fake-IP")
	if remote == "" {
		remote, _, _ = net.SplitHostPort(c.r.RemoteAddr) // empty matches nothing
	}
	allows := func(entry string) bool { return allowsIP(entry, remote) }
	if len(c.opts.IPAllow) == 0 || slices.ContainsFunc(c.opts.IPAllow, allows) {
		return nil
	}
	return refuse(http.StatusOK, 19022, "Ip Not Allowed")
}

func allowsIP(entry, remote string) bool {
	addr, err := netip.ParseAddr(remote)
	if err != nil || !addr.Is4() {
		return false
	}
	if prefix, ok := strings.CutSuffix(entry, "*"); ok {
		return strings.HasPrefix(remote, prefix)
	}
	if network, err := netip.ParsePrefix(entry); err == nil {
		return network.Contains(addr)
	}
	return entry == remote
}

// signWindow is inclusive here; whether it is there nobody has written down.
const signWindow = 3600

func (c *call) checkSign() *reply {
	if c.opts.Secret == "" || c.isV1() {
		return nil
	}
	refused := refuse(http.StatusOK, 19021, "sign match fail or timestamp is not within one hour from current time")
	timestamp := ""
	switch v := c.body["timestamp"].(type) {
	case string:
		timestamp = v
	case json.Number:
		timestamp = v.String()
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	age := c.now.Unix() - seconds
	if err != nil || age > signWindow || age < -signWindow {
		return refused
	}
	mac := hmac.New(sha256.New, []byte(timestamp+"\n"+c.opts.Secret))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if sign, _ := c.body["sign"].(string); !hmac.Equal([]byte(sign), []byte(want)) {
		return refused
	}
	return nil
}

func (c *call) countAccepted() *reply {
	c.bot.limiter.add(c.tick)
	return nil
}
