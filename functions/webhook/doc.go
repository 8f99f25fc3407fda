// Package webhook tells stories to a web address of the operator's own: as plain
// JSON with a stable schema (see Message), or as the operator's own JSON, whose
// texts are templates. It signs with HMAC-SHA256 when there is a secret, follows
// no redirect and takes plain http only inside the cluster.
//
// Begin with New. What channels of other services have in common stands here
// too: Options, Poster, Cards, CheckURL and CheckPace.
package webhook
