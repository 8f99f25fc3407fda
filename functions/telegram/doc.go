// Package telegram tells stories in a Telegram chat through a bot. It uses no
// parse mode: bold and fixed letters are marked by offsets, so text from the
// cluster cannot format or link, and what Telegram would find by itself in it, a
// mention, is broken. Links are not previewed. The bot's token stands in every
// address and in no error.
//
// Begin with New.
package telegram
