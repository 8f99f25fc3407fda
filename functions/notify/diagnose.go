package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
)

// Diagnosis says what became of a test message, in words and for programs.
type Diagnosis struct {
	// Route is named where there are several.
	Route string `json:"route,omitempty"`
	OK    bool   `json:"ok"`
	// Kind is one word that does not change with the language.
	Kind string `json:"diagnosis"`
	Says string `json:"says"`
	// Do is what would help; empty when all is well.
	Do string `json:"do,omitempty"`
	// Error is the far side's own word. It holds no address and no secret.
	Error string `json:"error,omitempty"`
	Code  int    `json:"code,omitempty"`
	// ClockOffset is how far the far side's clock is ahead of this one.
	ClockOffset string `json:"clockOffset,omitempty"`
	Bytes       int64  `json:"bytes,omitempty"`
	MS          int64  `json:"ms,omitempty"`
}

// clockOff is when a wrong clock is worth a word.
const clockOff = 5 * time.Minute

// Codes of the bot that a diagnosis knows; the error table is feishu's.
const (
	codeNoBot     = 19001
	codeDisabled  = 19007
	codeSignature = 19021
	codeAddress   = 19022
)

// goneCodes: the chat or the bot is no more.
var goneCodes = []int{10002, 10030, 11205, 11213, 11231, 11237, 11242}

// limitCodes: too many messages. 9499 means two things.
var limitCodes = []int{9499, 11232, 11233, 11247, 99991400}

// diagnose reads the answer to a test message sent in the form of a level.
func (t *tester) diagnose(level int, err error) Diagnosis {
	kind, code := t.kind(level, err)
	words := t.words(kind)
	d := Diagnosis{OK: err == nil, Kind: kind, Says: words.says, Do: words.do, Code: code}
	if strings.Contains(d.Says+d.Do, "%") {
		fill := strings.NewReplacer("%form", t.form(level), "%first", t.form(0), "%offset", span(t.offset().Abs(), t.Card.Language),
			"%far", t.far(), "%url", t.Variable("URL"), "%secret", t.Variable("SECRET"), "%keyword", t.Variable("KEYWORD"),
			"%max", t.Variable("MAX_PER_MINUTE"), "%all", t.Prefix)
		d.Says, d.Do = fill.Replace(d.Says), fill.Replace(d.Do)
	}
	var fe *feishu.Error
	switch {
	case errors.As(err, &fe):
		d.Error = fe.Error()
		if fe.HTTPStatus != 0 {
			d.Error = strings.TrimPrefix(d.Error, "send message: ")
		}
	case err != nil:
		var se *SendError
		if d.Error = err.Error(); errors.As(err, &se) {
			d.Error = se.Err.Error()
		}
	}
	if offset := t.offset(); offset.Abs() >= time.Second {
		d.ClockOffset = offset.Round(time.Second).String()
	}
	return d
}

// span is d for people, in minutes; in seconds where it is shorter.
func span(d time.Duration, language string) string {
	english := language == "en"
	if d < time.Minute {
		unit := "秒"
		if english {
			unit = "s"
		}
		return fmt.Sprintf("%d %s", d.Round(time.Second)/time.Second, unit)
	}
	minutes := int64(d.Round(time.Minute) / time.Minute)
	units := []struct {
		minutes int64
		zh, en  string
	}{{24 * 60, "天", "d"}, {60, "小时", "h"}, {1, "分", "min"}}
	var parts []string
	for _, u := range units {
		n := minutes / u.minutes
		if minutes -= n * u.minutes; n == 0 {
			continue
		}
		unit := u.zh
		if english {
			unit = u.en
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, unit))
	}
	return strings.Join(parts, " ")
}

// kind is the key of diagnoses.
func (t *tester) kind(level int, err error) (string, int) {
	if t.Kind != ChannelFeishu && t.Kind != ChannelLog {
		return kindOf(level, err), 0
	}
	var fe *feishu.Error
	switch {
	case err == nil && t.Kind == ChannelLog:
		return "printed", 0
	case err == nil && t.offset().Abs() >= clockOff:
		return "ok_clock", 0
	case err == nil && level > 0:
		return "ok_simpler", 0
	case err == nil:
		return "ok", 0
	case !errors.As(err, &fe):
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return "given_up", 0
		}
		return "unknown", 0
	case fe.Code != 0:
		return t.refused(fe), fe.Code
	case fe.HTTPStatus != 0:
		return answered(fe), 0
	}
	return unreached(fe, fe.Class == feishu.Ambiguous, fe.Class == feishu.PermanentChannel || fe.Class == feishu.PermanentMessage), 0
}

// refused is for answers of the bot itself.
func (t *tester) refused(fe *feishu.Error) string {
	_, sure := t.now()
	switch {
	case fe.Code == codeNoBot:
		return "token"
	case fe.Code == codeDisabled:
		return "disabled"
	case fe.Code == codeSignature && !t.Signed:
		return "signature_missing"
	case fe.Code == codeSignature && !sure:
		return "signature_or_clock"
	case fe.Code == codeSignature && t.offset().Abs() >= clockOff:
		return "signature_after_clock"
	case fe.Code == codeSignature:
		return "signature"
	case fe.Code == codeAddress:
		return "address"
	case fe.Code == codeKeyword && !t.Keyed:
		return "keyword_missing"
	case fe.Code == codeKeyword:
		return "keyword"
	case slices.Contains(goneCodes, fe.Code):
		return "gone"
	case fe.Class == feishu.Retry && slices.Contains(limitCodes, fe.Code):
		return "limited"
	case fe.Class == feishu.Retry:
		return "busy"
	case fe.Class == feishu.PermanentMessage:
		return "card"
	case fe.Class == feishu.PermanentChannel:
		return "no_bot_here"
	}
	return "unknown"
}

// answered is for answers without a code: somebody else's, or half a one.
func answered(fe *feishu.Error) string {
	switch {
	case fe.HTTPStatus >= 300 && fe.HTTPStatus < 400, strings.Contains(fe.Msg, "captive portal"):
		return "portal"
	case fe.HTTPStatus == 407:
		return "proxy"
	case fe.HTTPStatus == 429:
		return "limited"
	case fe.HTTPStatus >= 500:
		return "busy"
	case fe.Class == feishu.PermanentChannel:
		return "no_bot_here"
	case fe.Class == feishu.Ambiguous:
		return "lost"
	}
	return "unknown"
}

// unreached is for requests without an answer.
func unreached(err error, ambiguous, permanent bool) string {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		network   net.Error
	)
	switch {
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate_time"
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return "certificate"
	case ambiguous:
		return "lost"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETDOWN):
		return "route"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused"
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case strings.Contains(err.Error(), "tls:"):
		return "tls"
	case permanent:
		return "unknown"
	}
	return "route"
}

// String is the diagnosis for a terminal.
func (d Diagnosis) String() string {
	lines := []string{d.Says}
	if d.Route != "" {
		lines[0] = d.Route + ": " + d.Says
	}
	for _, s := range []string{d.Do, d.Error} {
		if s != "" {
			lines = append(lines, "  "+s)
		}
	}
	return strings.Join(lines, "\n")
}
