package wecom

import (
	"time"

	"github.com/edgebell/edgebell/functions/notify"
	"github.com/edgebell/edgebell/functions/robot"
)

// codes is the robot's table, whole: what the table of global codes (path
// 90455) has for robots and for what a robot's message can meet, and how too
// long a message is answered in fact (40058, "markdown.content exceed max
// length 4096"). Its page says to read errcode and never errmsg.
var codes = robot.Table{
	{Code: -1, Outcome: notify.Retry, After: 10 * time.Second, Mean: "system busy"},
	{Code: 6000, Outcome: notify.Retry, After: time.Second, Mean: "conflict with another call"},
	// A robot takes 20 messages a minute (path 99110).
	{Code: 45009, Outcome: notify.Retry, After: time.Minute, Mean: "rate limit"},
	{Code: 45033, Outcome: notify.Retry, After: 5 * time.Second, Mean: "too many calls at once"},

	// The robot, its group, its address.
	{Code: 93000, Outcome: notify.ChannelRefused, Mean: "wrong address, or the robot was removed from the group"},
	{Code: 93004, Outcome: notify.ChannelRefused, Mean: "robot disabled"},
	{Code: 93008, Outcome: notify.ChannelRefused, Mean: "robot is not in the group"},
	{Code: 40001, Outcome: notify.ChannelRefused, Mean: "invalid key"},
	{Code: 43002, Outcome: notify.ChannelRefused, Mean: "address wants another method"},
	{Code: 60020, Outcome: notify.ChannelRefused, Mean: "IP address not allowed"},

	// The message.
	{Code: 40008, Outcome: notify.MessageRefused, Mean: "kind of message not taken"},
	{Code: 40033, Outcome: notify.MessageRefused, Mean: `body holds \uXXXX`},
	{Code: 40035, Outcome: notify.MessageRefused, Mean: "invalid parameter"},
	{Code: 40058, Outcome: notify.MessageRefused, Mean: "invalid parameter, or content too long"},
	{Code: 44004, Outcome: notify.MessageRefused, Mean: "content is empty"},
	{Code: 45002, Outcome: notify.MessageRefused, Mean: "message too long"},
	{Code: 47001, Outcome: notify.MessageRefused, Mean: "body is not JSON"},
}
