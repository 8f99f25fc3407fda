// Package dingtalk tells in a group of DingTalk (钉钉) through a custom robot:
// it renders markdown, or plain text where that was refused, signs, posts and
// says by the robot's errcode whether to try again. Foreign text is escaped and
// nobody is ever mentioned. The access token and the secret appear in no error.
//
// The rules are those of DingTalk's guide to custom robots,
// https://open.dingtalk.com/document/robots/custom-robot-access, and of its
// page on their security settings,
// https://open.dingtalk.com/document/robots/customize-robot-security-settings.
//
// Begin with New.
package dingtalk
