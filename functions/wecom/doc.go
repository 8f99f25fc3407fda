// Package wecom tells in a group of WeCom (企业微信) through a group robot: it
// renders markdown, or plain text where that was refused, posts and says by the
// robot's errcode whether to try again. Foreign text is escaped and nobody is
// ever mentioned. The key in the address appears in no error.
//
// The rules are those of WeCom's guide to group robots,
// https://developer.work.weixin.qq.com/document/path/99110 (before,
// https://developer.work.weixin.qq.com/document/path/91770), and of its table
// of global codes, https://developer.work.weixin.qq.com/document/path/90455.
//
// Begin with New.
package wecom
