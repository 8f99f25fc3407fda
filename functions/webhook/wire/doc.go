// Package wire posts one message at a time to a web address over a link that is
// metered and breaks: HTTP/1.1, no compression, TLS sessions resumed, every
// byte counted above TCP, the answer bounded. It says of each failure whether
// the message may have arrived. It follows no redirect, retries nothing, and
// verifies certificates always; no address stands in its errors.
//
// Begin with New and Client.Post.
package wire
