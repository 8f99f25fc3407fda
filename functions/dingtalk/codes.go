package dingtalk

import (
	"time"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot"
)

const (
	codeSecurity = 310000

	// throttled is how long a robot is silenced that has sent more than 20
	// messages in a minute (custom robot guide).
	throttled = 10 * time.Minute
	busy      = 10 * time.Second
)

// codes is the robot's table, whole: the codes of the custom robot guide, those
// of the security settings, those that the address itself gives (300005, 40035,
// 43002 were seen with a wrong token), and those of the platform's table of
// global codes that a robot can meet. The robot answers HTTP 200 always.
var codes = robot.Table{
	{Code: 130101, Outcome: notify.Retry, After: throttled, Mean: "more than 20 messages a minute"},
	{Code: 410100, Outcome: notify.Retry, After: throttled, Mean: "rate limit"},
	{Code: 90030, Outcome: notify.Retry, After: time.Hour, Mean: "quota of calls used up"},
	{Code: -1, Outcome: notify.Retry, After: busy, Mean: "system busy"},

	// Every message carries KEYWORD, so a missing one is the robot's setting
	// and not this message's fault.
	{Code: codeSecurity, Msg: "keyword", Outcome: notify.ChannelRefused, Mean: "no keyword of the robot's in the message"},
	{Code: codeSecurity, Msg: "关键词", Outcome: notify.ChannelRefused, Mean: "no keyword of the robot's in the message"},
	// Send corrects the clock once before these lines are read.
	{Code: codeSecurity, Msg: "timestamp", Outcome: notify.ChannelRefused, Mean: "clock more than an hour off"},
	{Code: codeSecurity, Msg: "过期", Outcome: notify.ChannelRefused, Mean: "clock more than an hour off"},
	{Code: codeSecurity, Msg: "sign", Outcome: notify.ChannelRefused, Mean: "wrong secret"},
	{Code: codeSecurity, Msg: "whitelist", Outcome: notify.ChannelRefused, Mean: "address not on the robot's list"},
	{Code: codeSecurity, Outcome: notify.ChannelRefused, Mean: "refused by the robot's security settings"},

	// The robot, its group, its address.
	{Code: 300001, Outcome: notify.ChannelRefused, Mean: "no such access token"},
	{Code: 300005, Outcome: notify.ChannelRefused, Mean: "no such access token"},
	{Code: 400101, Outcome: notify.ChannelRefused, Mean: "no such access token"},
	{Code: 400102, Outcome: notify.ChannelRefused, Mean: "robot stopped"},
	{Code: 400106, Outcome: notify.ChannelRefused, Mean: "robot is not in the group"},
	{Code: 400013, Outcome: notify.ChannelRefused, Mean: "group dissolved"},
	{Code: 40014, Outcome: notify.ChannelRefused, Mean: "invalid access token"},
	{Code: 40035, Msg: "access_token", Outcome: notify.ChannelRefused, Mean: "no access token in the address"},
	{Code: 404, Outcome: notify.ChannelRefused, Mean: "no such address"},
	{Code: 43002, Outcome: notify.ChannelRefused, Mean: "address wants another method"},
	{Code: 43004, Outcome: notify.ChannelRefused, Mean: "Content-Type changed on the way"},
	{Code: 88, Outcome: notify.ChannelRefused, Mean: "authentication failed"},

	// The message.
	{Code: 40035, Outcome: notify.MessageRefused, Mean: "body is not what the robot takes"},
	{Code: 400105, Outcome: notify.MessageRefused, Mean: "kind of message not taken"},
	{Code: 460101, Outcome: notify.MessageRefused, Mean: "message too long"},
	{Code: 34016, Outcome: notify.MessageRefused, Mean: "message too long"},
	{Code: 430101, Outcome: notify.MessageRefused, Mean: "unsafe link"},
	{Code: 430102, Outcome: notify.MessageRefused, Mean: "unfit text"},
	{Code: 430103, Outcome: notify.MessageRefused, Mean: "unfit picture"},
	{Code: 430104, Outcome: notify.MessageRefused, Mean: "unfit content"},

	// Limits under codes that nobody has written down yet.
	{Code: robot.AnyCode, Msg: "too fast", Outcome: notify.Retry, After: throttled, Mean: "rate limit"},
	{Code: robot.AnyCode, Msg: "限流", Outcome: notify.Retry, After: throttled, Mean: "rate limit"},
}
