// Package robottest is what the stand-ins for the group robots of DingTalk and
// WeCom share beyond webhooktest.Server: they answer HTTP 200 with errcode and
// errmsg, keep the limit of their rate, and remember what the group would show
// and what in it a client might read as more than text. What a robot takes is
// its own stand-in's Check.
//
// Begin with New.
package robottest
