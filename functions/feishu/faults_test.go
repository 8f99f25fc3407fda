package feishu_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu"
	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

func TestFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault     feishutest.Fault
		want      feishu.Class
		written   bool
		delivered bool
	}{
		"accept then reset": {feishutest.AcceptThenReset(), feishu.Ambiguous, true, true},
		"truncated":         {feishutest.TruncateBody(10), feishu.Ambiguous, true, true},
		"502":               {feishutest.HTTP502HTML(), feishu.Retry, true, false},
		"captive portal":    {feishutest.CaptivePortal(), feishu.Retry, true, false},
		"empty":             {feishutest.Empty200(), feishu.Ambiguous, true, false},
		"no code":           {feishutest.JSONWithoutCode(), feishu.Ambiguous, true, false},
		"2200":              {feishutest.Code(2200, "internal error", 500), feishu.Retry, true, false},
		"503":               {feishutest.Status(503, "Retry-After", "9"), feishu.Retry, true, false},
		"19007":             {feishutest.Code(19007, "Bot Not Enabled", 0), feishu.PermanentChannel, true, false},
		"unheard of":        {feishutest.Code(31337, "?", 0), feishu.Unknown, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			bot := start(t, feishutest.Options{})
			bot.Script(tt.fault)
			c := client(t, feishu.Config{URL: bot.URL})
			receipt, err := c.Send(t.Context(), hello)
			e := failure(t, err)
			if e.Class != tt.want || e.Written != tt.written {
				t.Errorf("%v: class %v, written %t, want %v, %t", e, e.Class, e.Written, tt.want, tt.written)
			}
			if got := len(bot.Messages()) == 1; got != tt.delivered {
				t.Errorf("delivered %t, want %t", got, tt.delivered)
			}
			if receipt.WireOut == 0 || receipt.BytesOut == 0 {
				t.Errorf("receipt %+v does not say what the failure cost", receipt)
			}
			if name == "503" && e.RetryAfter != 9*time.Second {
				t.Errorf("retry after %v, want 9s", e.RetryAfter)
			}
			if _, err := c.Send(t.Context(), hello); err != nil {
				t.Errorf("the next message: %v", err)
			}
		})
	}
}

func TestOddSuccess(t *testing.T) {
	bot := start(t, feishutest.Options{})
	c := client(t, feishu.Config{URL: bot.URL})
	for _, fault := range []feishutest.Fault{feishutest.StatusCodeOnlySuccess(), feishutest.GzipResponse(), feishutest.SlowResponse(10000)} {
		bot.Script(fault)
		if _, err := c.Send(t.Context(), hello); err != nil {
			t.Errorf("%s: %v", fault.Kind, err)
		}
	}
}

// TestGivenUp: who cancels must know whether the request was out.
func TestGivenUp(t *testing.T) {
	bot := start(t, feishutest.Options{})
	bot.Script(feishutest.AcceptThenHang(time.Hour))
	c := client(t, feishu.Config{URL: bot.URL})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = bot.WaitMessages(ctx, 1)
		cancel()
	}()
	_, err := c.Send(ctx, hello)
	if e := failure(t, err); e.Class != feishu.Ambiguous || !e.Written || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled behind the request: %+v", e)
	}
	_, err = c.Send(ctx, hello)
	if e := failure(t, err); e.Class != feishu.Retry || e.Written || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the request: %+v", e)
	}
}

func TestOutage(t *testing.T) {
	bot := start(t, feishutest.Options{})
	c := client(t, feishu.Config{URL: bot.URL})
	if _, err := c.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
	bot.Outage(true)
	for range 2 {
		_, err := c.Send(t.Context(), hello)
		if e := failure(t, err); e.Class != feishu.Retry && e.Class != feishu.Ambiguous {
			t.Errorf("in the outage: %+v", e)
		}
	}
	bot.Outage(false)
	if _, err := c.Send(t.Context(), hello); err != nil {
		t.Errorf("after the outage: %v", err)
	}
	bot.Close()
	_, _ = c.Send(t.Context(), hello) // may find the old connection
	_, err := c.Send(t.Context(), hello)
	if e := failure(t, err); e.Class != feishu.Retry || e.Written {
		t.Errorf("nobody listens: %+v", e)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	followed := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			followed = true
			_, _ = io.WriteString(w, `{"code":0}`)
			return
		}
		http.Redirect(w, r, "/login", http.StatusTemporaryRedirect)
	}))
	defer srv.Close()
	for name, opts := range map[string][]feishu.Option{
		"own transport":  nil,
		"foreign client": {feishu.WithHTTPClient(srv.Client())},
	} {
		c := client(t, feishu.Config{URL: srv.URL + "/open-apis/bot/v2/hook/t"}, opts...)
		_, err := c.Send(t.Context(), hello)
		if e := failure(t, err); e.Class != feishu.Retry || followed {
			t.Errorf("%s: %+v, followed %t", name, e, followed)
		}
	}
}

func TestEndlessAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	c := client(t, feishu.Config{URL: srv.URL + "/open-apis/bot/v2/hook/t"})
	receipt, err := c.Send(t.Context(), hello)
	if e := failure(t, err); e.Class != feishu.Ambiguous || !strings.Contains(err.Error(), "longer than 64 KiB") {
		t.Errorf("%+v", e)
	}
	if receipt.BytesIn > 70<<10 {
		t.Errorf("read %d bytes", receipt.BytesIn)
	}
}
