// Package robot is what the group robots of DingTalk and WeCom have in common:
// one address with a credential in its query, JSON in, and an answer of errcode
// and errmsg under HTTP 200 whatever happened. It makes foreign text harmless
// for their markdown, and says what each answer means by a table of the
// robot's own. It signs nothing and retries nothing.
//
// Begin with New and Client.Post; texts go through Plain or Markdown.
package robot
