package feishutest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// TestLimits sends six in a second and more than a hundred in a minute.
func TestLimits(t *testing.T) {
	bot := feishutest.NewBot(feishutest.Options{})
	at := now
	bot.SetClock(func() time.Time { return at })
	hc := &http.Client{Transport: bot.Transport()}
	codes := func(n int, step time.Duration) (ok, limited int) {
		for range n {
			resp, err := hc.Post("http://bot"+bot.Path(), "application/json", strings.NewReader(plainCard))
			if err != nil {
				t.Fatal(err)
			}
			var a answer
			if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
				t.Fatal(err)
			}
			switch a.Code {
			case 0:
				ok++
			case 11232:
				limited++
			default:
				t.Fatalf("%+v", a)
			}
			at = at.Add(step)
		}
		return ok, limited
	}
	if ok, limited := codes(7, 0); ok != 5 || limited != 2 {
		t.Errorf("in one instant: %d passed, %d limited, want 5 and 2", ok, limited)
	}
	at = at.Add(time.Second)
	if ok, limited := codes(100, 200*time.Millisecond); ok != 95 || limited != 5 {
		t.Errorf("in one minute: %d passed, %d limited, want 95 and 5", ok, limited)
	}
	at = at.Add(time.Minute)
	if ok, _ := codes(1, 0); ok != 1 {
		t.Error("still limited a minute later")
	}
}

func TestOtherLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		opts feishutest.Options
		want answer
	}{
		"as 9499": {feishutest.Options{PerSecond: 1, LimitAnswer: feishutest.Limit9499}, answer{400, 9499, "too many request"}},
		"gateway": {feishutest.Options{GatewayPerMinute: 1}, answer{429, 99991400, "request trigger frequency limit"}},
		"size as 19036": {feishutest.Options{MaxBody: 300, PerSecond: 1, SizeAnswer: feishutest.SizeExceeded},
			answer{200, 19036, "The message exceeds the size limit of 30KB"}},
	} {
		bot := start(t, tt.opts)
		if got := post(t, bot, plainCard); got.Code != 0 {
			t.Fatalf("%s: %+v at once", name, got)
		}
		body := plainCard
		if tt.opts.MaxBody > 0 {
			body += strings.Repeat(" ", 300)
		}
		got, header := send(t, request(t, bot.URL, body))
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
		if got.Status == 429 && header.Get("X-Ogw-Ratelimit-Reset") != "61" {
			t.Errorf("reset after %q", header.Get("X-Ogw-Ratelimit-Reset"))
		}
	}
	bot := start(t, feishutest.Options{HourMarkWindow: time.Minute, HourMarkChance: 1})
	if got := post(t, bot, plainCard); got.Code != 0 {
		t.Errorf("at :07: %+v", got)
	}
	bot.SetOffset(-6*time.Minute - 30*time.Second)
	if got := post(t, bot, plainCard); got.Code != 11232 {
		t.Errorf("30 s past the hour: %+v, want 11232", got)
	}
}
