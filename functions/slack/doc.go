// Package slack tells stories in a Slack channel through an incoming webhook,
// with Block Kit. Text from the cluster stands in plain_text objects only, with
// &, < and > escaped, so that it can neither mention, link nor format; links are
// not unfurled. It refuses workflow triggers, which take other payloads.
//
// Begin with New.
package slack
