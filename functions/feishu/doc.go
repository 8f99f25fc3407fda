// Package feishu sends messages to one group of Feishu (飞书, Lark) through a
// custom bot's webhook: it signs, posts, reads the bot's code and says whether
// to try again.
//
// It refuses msg_type "text", where an <at> in foreign text would be live, and
// never counts anything but the bot's own code 0 as delivered. The webhook's
// token and the secret appear in no error and in no log line.
//
// Begin with New and Client.Send; a failure is an *Error whose Class tells
// what to do.
package feishu
