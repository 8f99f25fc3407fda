// Package feishuapp tells through a Feishu or Lark app's bot (im/v1), which a
// custom bot's webhook cannot: a message sent twice after a lost answer shows
// once, and a story that goes on is edited in place instead of told again. It
// costs an app secret on the machine and calls that all apps of a free tenant
// share, so edits wait when a month's calls would not last.
//
// Begin with New; the result is a notify.Updater.
//
// Sources: https://open.feishu.cn/document/server-docs/im-v1/message/create,
// …/message/patch, …/authentication-management/access-token/tenant_access_token_internal.
package feishuapp
