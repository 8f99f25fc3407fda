package feishu_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

func startTLS(t *testing.T, opts feishutest.Options) *feishutest.Bot {
	t.Helper()
	bot := feishutest.NewBot(opts)
	bot.StartTLS()
	t.Cleanup(bot.Close)
	return bot
}

func TestTLS(t *testing.T) {
	now := time.Now()
	for name, tt := range map[string]struct {
		opts  feishutest.Options
		trust bool
		at    time.Time
		ok    bool
	}{
		"valid":                        {feishutest.Options{}, true, now, true},
		"unknown authority":            {feishutest.Options{}, false, now, false},
		"expired":                      {feishutest.Options{CertNotAfter: now.Add(-time.Hour)}, true, now, false},
		"not yet valid":                {feishutest.Options{CertNotBefore: now.Add(time.Hour)}, true, now, false},
		"valid, box in 1970":           {feishutest.Options{}, true, time.Unix(17, 0), false},
		"not yet valid, box too early": {feishutest.Options{CertNotBefore: now.Add(time.Hour)}, true, now.Add(2 * time.Hour), true},
	} {
		t.Run(name, func(t *testing.T) {
			bot := startTLS(t, tt.opts)
			opts := []feishu.Option{feishu.WithTLSTime(func() time.Time { return tt.at })}
			if tt.trust {
				opts = append(opts, feishu.WithRootCAs(bot.CertPool()))
			}
			c := client(t, feishu.Config{URL: bot.URL}, opts...)
			_, err := c.Send(t.Context(), hello)
			if (err == nil) != tt.ok {
				t.Fatalf("Send: %v", err)
			}
			_, dated := c.LastDate()
			if dated != tt.ok {
				t.Errorf("Date believed: %t", dated)
			}
			if tt.ok {
				return
			}
			e := failure(t, err)
			var invalid x509.CertificateInvalidError
			var unknown x509.UnknownAuthorityError
			if !errors.As(err, &invalid) && !errors.As(err, &unknown) {
				t.Errorf("%v does not say that it was the certificate", err)
			}
			if e.Class != feishu.Retry || e.Written {
				t.Errorf("%+v, want retry, not written", e)
			}
		})
	}
}

// TestUnverifiedDate: nothing is learned from an answer whose sender is not
// certain.
func TestUnverifiedDate(t *testing.T) {
	bot := startTLS(t, feishutest.Options{Secret: secret})
	bot.SetOffset(-3 * time.Hour)
	careless := http.DefaultTransport.(*http.Transport).Clone()
	careless.TLSClientConfig.InsecureSkipVerify = true
	c := client(t, feishu.Config{URL: bot.URL, Secret: secret}, feishu.WithTransport(careless))
	_, err := c.Send(t.Context(), hello)
	if e := failure(t, err); e.Class != feishu.PermanentChannel || len(bot.Answers()) != 1 {
		t.Errorf("%+v after %d requests", e, len(bot.Answers()))
	}
	if _, ok := c.LastDate(); ok || c.Offset() != 0 {
		t.Errorf("an unverified Date was believed: offset %v", c.Offset())
	}
}

// TestResumption: a connection costs most of its bytes in certificates, and
// only the first may.
func TestResumption(t *testing.T) {
	bot := startTLS(t, feishutest.Options{CloseAfter: 1})
	c := client(t, feishu.Config{URL: bot.URL}, feishu.WithRootCAs(bot.CertPool()))
	var in [2]int64
	for i := range in {
		receipt, err := c.Send(t.Context(), hello)
		if err != nil {
			t.Fatal(err)
		}
		in[i] = receipt.WireIn
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if in[1] > in[0]-300 {
		t.Errorf("received %d bytes, then %d: the session was not resumed", in[0], in[1])
	}
}
