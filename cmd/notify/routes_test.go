package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/edgebell/edgebell/functions/feishu/feishutest"
)

// TestCheckRoutes reads the environment as notify --check does.
func TestCheckRoutes(t *testing.T) {
	bot := feishutest.NewBot(feishutest.Options{Keywords: []string{"alarm"}})
	bot.Start()
	defer bot.Close()
	t.Setenv("CARD_LANGUAGE", "en")
	for _, tc := range []struct {
		name    string
		env     map[string]string
		refused bool   // the bot did not take it
		config  string // what is wrong with the environment
		arrived int
	}{
		{"delivered", map[string]string{"FEISHU_WEBHOOK_URL": bot.URL, "FEISHU_KEYWORD": "alarm"}, false, "", 1},
		{"refused", map[string]string{"FEISHU_WEBHOOK_URL": bot.URL, "FEISHU_KEYWORD": "horn"}, true, "", 0},
		{"no address", nil, false, "FEISHU_WEBHOOK_URL: is required", 0},
		{"printed", map[string]string{"CHANNEL": "log"}, false, "", 0},
		// A running notify holds the ledger, so its folder must not matter.
		{"no folder for data", map[string]string{"CHANNEL": "log", "DATA_DIR": "/nowhere"}, false, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for k, v := range tc.env {
				t.Setenv(k, v)
			}
			before := len(bot.Messages())
			err := checkRoutes(t.Context())
			switch {
			case tc.config != "" && (err == nil || !strings.Contains(err.Error(), tc.config)):
				t.Errorf("error is %v, want %s", err, tc.config)
			case tc.config == "" && errors.Is(err, errCheck) != tc.refused, tc.config == "" && !tc.refused && err != nil:
				t.Errorf("error is %v, want refused: %v", err, tc.refused)
			}
			if n := len(bot.Messages()) - before; n != tc.arrived {
				t.Errorf("%d messages arrived, want %d", n, tc.arrived)
			}
		})
	}
}
