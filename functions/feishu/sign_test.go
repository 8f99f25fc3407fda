package feishu

import (
	"strconv"
	"testing"
	"time"
)

func TestSign(t *testing.T) {
	for _, tt := range []struct {
		at     int64
		secret string
		want   string
	}{
		{1599360473, "demo", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="},
		{1700000000, "飞书密钥", "pNBIoedSiDluay+gOcazfUUY4njmJsPmrdtyhD0D35w="},
	} {
		timestamp, sign := Sign(time.Unix(tt.at, 999), tt.secret)
		if sign != tt.want {
			t.Errorf("Sign(%d, %q) = %q, want %q", tt.at, tt.secret, sign, tt.want)
		}
		if want := strconv.FormatInt(tt.at, 10); timestamp != want {
			t.Errorf("timestamp %q, want %q: whole seconds", timestamp, want)
		}
	}
}
