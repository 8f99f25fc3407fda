package telegram

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/edgebell/edgebell/functions/webhook"
)

const (
	defaultURL = "https://api.telegram.org"
	// perMinute is what a bot may send to a group, and most what it may to any
	// one chat, a message a second
	// (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
	perMinute = 20
	most      = 60
)

// What a token and a chat's id or name take at most, in bytes.
const (
	maxToken = 121
	maxChat  = 33
)

var (
	tokenPattern = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*$`)
	chatPattern  = regexp.MustCompile(`^(-?[0-9]+|@[A-Za-z][A-Za-z0-9_]{3}[A-Za-z0-9_]*)$`)
)

// Config is a Telegram chat's environment; the wiring puts a prefix before the
// names. Empty counts as unset.
type Config struct {
	// Token is the bot's, from @BotFather.
	Token string `env:"TOKEN"`
	// ChatID is the chat's number (negative for groups), or @name of a public
	// channel.
	ChatID string `env:"CHAT_ID"`
	// ThreadID is a topic of a forum group; 0 is none.
	ThreadID int64 `env:"THREAD_ID"`
	// URL is a Bot API server of one's own.
	URL string `env:"URL"`
	// MaxPerMinute is kept by whoever sends.
	MaxPerMinute int `env:"MAX_PER_MINUTE"`
}

func (c Config) trimmed() Config {
	c.Token, c.ChatID = strings.TrimSpace(c.Token), strings.TrimSpace(c.ChatID)
	c.URL = strings.TrimRight(cmp.Or(strings.TrimSpace(c.URL), defaultURL), "/")
	return c
}

// Validate names every variable that is wrong, with prefix, and what would be
// right. It never quotes the token.
func (c Config) Validate(prefix string) error {
	c = c.trimmed()
	var errs []error
	switch {
	case c.Token == "":
		errs = append(errs, fmt.Errorf("%sTOKEN: is required: ask @BotFather for a bot, want 123456:ABC…", prefix))
	case len(c.Token) > maxToken || !tokenPattern.MatchString(c.Token):
		errs = append(errs, fmt.Errorf("%sTOKEN: is not a bot's token, want 123456:ABC…", prefix))
	}
	switch {
	case c.ChatID == "":
		errs = append(errs, fmt.Errorf("%sCHAT_ID: is required: add the bot to the chat and take the chat's number, such as -1001234567890", prefix))
	case len(c.ChatID) > maxChat || !chatPattern.MatchString(c.ChatID):
		errs = append(errs, fmt.Errorf("%sCHAT_ID %.40q: must be a number such as -1001234567890, or @name of a public channel", prefix, c.ChatID))
	}
	if c.ThreadID < 0 {
		errs = append(errs, fmt.Errorf("%sTHREAD_ID %d: must be a topic's number, or empty", prefix, c.ThreadID))
	}
	u, err := webhook.CheckURL(prefix+"URL", c.URL, defaultURL, true)
	if err == nil && (u.RawQuery != "" || strings.Contains(u.Path, "/bot")) {
		err = fmt.Errorf("%sURL: must be the server alone, without token and method, want %s", prefix, defaultURL)
	}
	errs = append(errs, err, webhook.CheckPace(prefix+"MAX_PER_MINUTE", c.MaxPerMinute, most))
	return errors.Join(errs...)
}

// PerMinute is the pace to keep.
func (c Config) PerMinute() int { return cmp.Or(c.MaxPerMinute, perMinute) }

// Host is what may be shown of the address.
func (c Config) Host() string { return webhook.HostOf(c.trimmed().URL) }

// String shows the host and the chat.
func (c Config) String() string { return "telegram(" + c.Host() + " " + c.trimmed().ChatID + ")" }

// GoString keeps %#v from showing the fields.
func (c Config) GoString() string { return c.String() }
