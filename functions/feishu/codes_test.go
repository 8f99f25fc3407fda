package feishu

import (
	"fmt"
	"testing"
)

// TestEveryCode walks the published error table with the messages as they were
// seen; rules must know each of them.
func TestEveryCode(t *testing.T) {
	seen := map[int]bool{}
	for _, tt := range []struct {
		code int
		msg  string
		want Class
	}{
		{9499, "Bad Request", PermanentMessage},
		{9499, "bad request", PermanentMessage},
		{9499, "invalid param", PermanentMessage},
		{9499, "Bad Request: fail to parse content", PermanentMessage},
		{9499, "", PermanentMessage},
		{9499, "too many request", Retry},
		{9499, "Too Many Requests", Retry},
		{11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]", Retry},
		{11232, "create message service trigger rate limit", Retry},
		{11233, "create message chat trigger rate limit", Retry},
		{11247, "internal send message trigger rate limit", Retry},
		{99991400, "request trigger frequency limit", Retry},
		{2200, "internal error", Retry},
		{5000, "internal error", Retry},
		{1500, "internal error", Retry},
		{1663, "internal error", Retry},
		{10101, "internal error", Retry},
		{10500, "internal error", Retry},
		{18121, "create request is being processed", Retry},
		{19001, "param invalid: incoming webhook access token invalid", PermanentChannel},
		{19002, "params error, msg_type need", PermanentMessage},
		{19002, "params error, unknown card value", PermanentMessage},
		{19002, "incorrect input format or can't find msg_type", PermanentMessage},
		{19007, "Bot Not Enabled", PermanentChannel},
		{19021, "sign match fail or timestamp is not within one hour from current time", PermanentChannel},
		{19022, "Ip Not Allowed", PermanentChannel},
		{19024, "Key Words Not Found", PermanentMessage},
		{19036, "The message exceeds the size limit of 30KB", PermanentMessage},
		{11246, "ErrCode: 200621; ErrMsg: parse card json err", PermanentMessage},
		{11246, "ErrCode: 100290; ErrMsg: there is an invalid user resource (at/person) in your card; ErrorValue: x; ", PermanentMessage},
		{11246, "ErrCode: 11310; ErrMsg: unsupported type of block; ErrorValue: divider", PermanentMessage},
		{11246, "ErrCode: 200410; ErrMsg: action components are not allowed in the column; ", PermanentMessage},
		{11246, "path: message->card->1th block(div)->element(text)->2th md(code); err_msg: unsupported type of html tag; err_type: validation; ", PermanentMessage},
		{11246, "Service Internal Error", Retry},
		{11235, "this group is set to only admin can mention @All", PermanentMessage},
		{11248, "message is sensitive", PermanentMessage},
		{11312, "message audit failed", PermanentMessage},
		{18054, "message audit failed", PermanentMessage},
		{11205, "bot not found", PermanentChannel},
		{11231, "chat dissolved", PermanentChannel},
		{11213, "", PermanentChannel},
		{11237, "", PermanentChannel},
		{11242, "", PermanentChannel},
		{10002, "", PermanentChannel},
		{10030, "", PermanentChannel},
		{99991201, "resource not find", PermanentChannel},
		{99991301, "request method doesn't match", PermanentChannel},
		{99991300, `invalid request body: not json, invalid character '\x1b' in string literal`, PermanentMessage},
		{4242, "a code nobody has written down", Unknown},
		{-1, "system busy", Unknown},
	} {
		seen[tt.code] = true
		t.Run(fmt.Sprintf("%d %s", tt.code, tt.msg), func(t *testing.T) {
			body := fmt.Appendf(nil, `{"code":%d,"data":{},"msg":%q}`, tt.code, tt.msg)
			e := judge(200, nil, body, testNow)
			if e == nil || e.Class != tt.want || e.Code != tt.code {
				t.Fatalf("judge = %+v, want class %v", e, tt.want)
			}
			if e.Class == Retry && e.RetryAfter <= 0 {
				t.Error("a retry without a least wait")
			}
			if e.Msg == "" {
				t.Error("no word on the meaning")
			}
			beside := fmt.Appendf(nil, `{"StatusCode":0,"StatusMessage":"","code":%d,"msg":%q}`, tt.code, tt.msg)
			if e := judge(200, nil, beside, testNow); e == nil || e.Class != tt.want {
				t.Errorf("StatusCode 0 beside code %d: %+v, want class %v", tt.code, e, tt.want)
			}
		})
	}
	for _, r := range rules {
		if !seen[r.code] {
			t.Errorf("code %d stands in rules and is not walked", r.code)
		}
	}
}

func TestUnknownCodeUnderBusyStatus(t *testing.T) {
	for status, want := range map[int]Class{200: Unknown, 400: Unknown, 429: Retry, 500: Retry, 503: Retry} {
		if e := judge(status, nil, []byte(`{"code":4242,"msg":"x"}`), testNow); e == nil || e.Class != want {
			t.Errorf("HTTP %d: %+v, want %v", status, e, want)
		}
	}
}

func TestClassNames(t *testing.T) {
	for class, want := range map[Class]string{
		Unknown: "unknown", Retry: "retry", PermanentMessage: "permanent_message",
		PermanentChannel: "permanent_channel", Ambiguous: "ambiguous", -1: "invalid", 9: "invalid",
	} {
		if got := class.String(); got != want {
			t.Errorf("Class(%d) = %q, want %q", int(class), got, want)
		}
	}
}
