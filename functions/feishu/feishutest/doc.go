// Package feishutest is a stand-in for a Feishu custom bot, for tests, benches
// and demonstrations. It checks what the real one checks, in the same order and
// with the same answers, and fails on command.
//
// It is strict where the real bot's behaviour is undocumented, refuses cards
// that only might pass, and shares no code with the client it tests. It is no
// server for the open network: the console has no password.
//
// Begin with NewBot and Start; what arrived is in Messages.
package feishutest
