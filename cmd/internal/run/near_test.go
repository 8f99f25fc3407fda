package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNear(t *testing.T) {
	var cfg struct {
		URL   string `env:"FEISHU_WEBHOOK_URL"`
		Inner struct {
			Wait string `env:"GROUP_WAIT, default=5s"`
			Page string `env:"PAGE"`
		}
	}
	got := near(&cfg, []string{
		"FEISHU_WEBHOOK_URL=x", "FEISHU_WEBHOOK_URL_FILE=/x", "GROUP_WAIT=5s", // right
		"FEISHU_WEBHOK_URL=secret", "FEISHU_WEBHOOK_ULR_FILE=/x", "GROUP_WAITS=1s", "GROUP_VAIT=1s",
		"PATH=/bin", "PAGER=less", "GROUP=x", "GROUP_WTIA=1s", "HOME=/", "_=",
	})
	want := []string{
		"FEISHU_WEBHOK_URL: is no variable of this program; is FEISHU_WEBHOOK_URL meant?",
		"FEISHU_WEBHOOK_ULR_FILE: is no variable of this program; is FEISHU_WEBHOOK_URL_FILE meant?",
		"GROUP_WAITS: is no variable of this program; is GROUP_WAIT meant?",
		"GROUP_VAIT: is no variable of this program; is GROUP_WAIT meant?",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
