package email

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/email/emailtest"
	"github.com/edgebell/edgebell/functions/notify"
)

// TestEveryReply walks the replies of RFC 5321 and where they may come. After
// each the next letter passes, and only a lost reply to the end of a message
// may mean a second copy.
func TestEveryReply(t *testing.T) {
	s, ch := start(t, good)
	for _, tc := range []struct {
		at, reply string
		outcome   notify.Outcome
		after     time.Duration
	}{
		{emailtest.AtGreeting, "421 4.3.2 shutting down", notify.Retry, 0},
		{emailtest.AtGreeting, "554 5.7.1 no service for you", notify.ChannelRefused, 0},
		{emailtest.AtGreeting, "HTTP/1.1 400 Bad Request", notify.Retry, 0},
		{emailtest.AtGreeting, "", notify.Retry, 0},
		{emailtest.AtEhlo, "", notify.Retry, 0},
		{emailtest.AtStartTLS, "454 4.7.0 TLS not available", notify.Retry, 0},
		{emailtest.AtStartTLS, "", notify.Retry, 0},
		{emailtest.AtAuth, "454 4.7.0 temporary failure", notify.Retry, 0},
		{emailtest.AtAuth, "535 5.7.8 credentials invalid", notify.ChannelRefused, 0},
		{emailtest.AtAuth, "534 5.7.9 mechanism too weak", notify.ChannelRefused, 0},
		{emailtest.AtMail, "451 4.3.0 local error", notify.Retry, 0},
		{emailtest.AtMail, "452 4.3.1 out of room", notify.Retry, 0},
		{emailtest.AtMail, "550 5.7.1 sender refused", notify.ChannelRefused, 0},
		{emailtest.AtMail, "552 5.3.4 too big", notify.MessageRefused, 0},
		{emailtest.AtRcpt, "450 4.2.0 greylisted", notify.Retry, 5 * time.Minute},
		{emailtest.AtRcpt, "", notify.Retry, 0},
		{emailtest.AtData, "451 4.3.0 local error", notify.Retry, 0},
		{emailtest.AtData, "554 5.5.1 no valid recipients", notify.MessageRefused, 0},
		{emailtest.AtData, "503 5.5.1 out of order", notify.Unknown, 0},
		{emailtest.AtEnd, "451 4.7.1 try later", notify.Retry, 0},
		{emailtest.AtEnd, "552 5.3.4 too big", notify.MessageRefused, 0},
		{emailtest.AtEnd, "554 5.7.1 spam", notify.MessageRefused, 0},
		{emailtest.AtEnd, "550 5.7.1 policy", notify.Unknown, 0},
		{emailtest.AtEnd, "", notify.Ambiguous, 0},
	} {
		t.Run(tc.at+" "+tc.reply, func(t *testing.T) {
			before := len(s.Mails())
			s.Script(emailtest.Fault{At: tc.at, Reply: tc.reply})
			if tc.at == emailtest.AtRcpt && tc.reply != "" { // for both
				s.Script(emailtest.Fault{At: tc.at, Reply: tc.reply})
			}
			_, err := ch.Send(t.Context(), part(t, ch, "story"))
			if se := wantError(t, err, tc.outcome, ""); se.RetryAfter != tc.after {
				t.Errorf("wait %v, want %v", se.RetryAfter, tc.after)
			}
			if n := len(s.Mails()) - before; n != 0 {
				t.Errorf("%d letters arrived", n)
			}
			if _, err := ch.Send(t.Context(), part(t, ch, "story")); err != nil {
				t.Errorf("the next letter: %v", err)
			}
		})
	}
}

// TestLostReply: the copy that is sent because a reply was lost has the same
// Message-ID, so that a mailbox can drop it.
func TestLostReply(t *testing.T) {
	for _, name := range []string{"story", "digest", "notices"} {
		s, ch := start(t, good)
		s.Script(emailtest.Fault{At: emailtest.AtEnd, Take: true})
		_, err := ch.Send(t.Context(), part(t, ch, name))
		wantError(t, err, notify.Ambiguous, "")
		if _, err := ch.Send(t.Context(), part(t, ch, name)); err != nil {
			t.Fatal(err)
		}
		m := s.Mails()
		if len(m) != 2 || m[0].Header.Get("Message-Id") != m[1].Header.Get("Message-Id") {
			t.Errorf("%s: %d letters with other ids", name, len(m))
		}
	}
}

// TestNothingLeaks: the password stands in no error, however a server repeats
// it, and in no text form.
func TestNothingLeaks(t *testing.T) {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + testUser + "\x00" + testPassword))
	s, ch := start(t, good)
	var texts []string
	for _, said := range []string{testPassword, plain, base64.StdEncoding.EncodeToString([]byte(testPassword))} {
		s.Script(emailtest.Fault{At: emailtest.AtAuth, Reply: "535 5.7.8 not " + said})
		_, err := ch.Send(t.Context(), part(t, ch, "story"))
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	cfg := configOf(s, good)
	texts = append(texts, fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), cfg.Host())
	for _, text := range texts {
		for _, secret := range []string{testPassword, plain, plain[len(plain)-12:]} {
			if strings.Contains(text, secret) {
				t.Errorf("the password stands in %s", text)
			}
		}
	}
}
