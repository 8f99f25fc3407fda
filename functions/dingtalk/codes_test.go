package dingtalk

import (
	"fmt"
	"testing"
	"time"

	"github.com/edgebell/edgebell/functions/dingtalk/dingtalktest"
	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot/robottest"
	"github.com/edgebell/edgebell/functions/webhook/webhooktest"
)

// TestEveryCode walks the table of codes as the documents have it.
func TestEveryCode(t *testing.T) {
	b, ch := start(t, dingtalktest.Options{PerMinute: -1}, nil)
	var cases []webhooktest.Case
	known := map[int]bool{}
	for _, tc := range []struct {
		code    int
		msg     string
		outcome notify.Outcome
		after   time.Duration
	}{
		{130101, "send too fast, exceed 20 times per minute", notify.Retry, 10 * time.Minute},
		{410100, "发送速度太快而限流", notify.Retry, 10 * time.Minute},
		{90030, "webhook over limit", notify.Retry, time.Hour},
		{-1, "系统繁忙", notify.Retry, 10 * time.Second},
		{310000, "keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]", notify.ChannelRefused, 0},
		{310000, "关键词不匹配", notify.ChannelRefused, 0},
		{310000, "invalid timestamp", notify.ChannelRefused, 0},
		{310000, "机器人发送签名过期", notify.ChannelRefused, 0},
		{310000, "sign not match", notify.ChannelRefused, 0},
		{310000, "ip 10.0.0.1 not in whitelist", notify.ChannelRefused, 0},
		{310000, "", notify.ChannelRefused, 0},
		{300001, "token is not exist", notify.ChannelRefused, 0},
		{300005, "token is not exist", notify.ChannelRefused, 0},
		{400101, "access_token不存在", notify.ChannelRefused, 0},
		{400102, "机器人已停用", notify.ChannelRefused, 0},
		{400106, "机器人不存在", notify.ChannelRefused, 0},
		{400013, "群已被解散", notify.ChannelRefused, 0},
		{40014, "不合法的access_token", notify.ChannelRefused, 0},
		{40035, "缺少参数 access_token", notify.ChannelRefused, 0},
		{40035, "缺少参数 json", notify.MessageRefused, 0},
		{404, "请求的URI地址不存在", notify.ChannelRefused, 0},
		{43002, "需要POST请求", notify.ChannelRefused, 0},
		{43004, "无效的HTTP HEADER Content-Type", notify.ChannelRefused, 0},
		{88, "ding talk error", notify.ChannelRefused, 0},
		{400105, "不支持的消息类型", notify.MessageRefused, 0},
		{460101, "message too long, exceed 20000 bytes", notify.MessageRefused, 0},
		{34016, "消息内容长度超过限制", notify.MessageRefused, 0},
		{430101, "含有不安全的外链", notify.MessageRefused, 0},
		{430102, "含有不合适的文本", notify.MessageRefused, 0},
		{430103, "含有不合适的图片", notify.MessageRefused, 0},
		{430104, "含有不合适的内容", notify.MessageRefused, 0},
		{999999, "send too fast", notify.Retry, 10 * time.Minute},
		{999999, "被限流了", notify.Retry, 10 * time.Minute},
		{999999, "something new", notify.Unknown, 0},
	} {
		known[tc.code] = true
		cases = append(cases, webhooktest.Case{
			Name: fmt.Sprint(tc.code, " ", tc.msg), Fault: robottest.Code(tc.code, tc.msg), Want: tc.outcome, After: tc.after,
		})
	}
	webhooktest.Outcomes(t, b.Server, ch, []string{dingtalktest.DefaultToken}, cases...)
	for _, r := range codes {
		if r.Code != 0 && !known[r.Code] {
			t.Errorf("code %d of the table is not tested", r.Code)
		}
	}
}
