// Package email tells by e-mail: it renders text, speaks SMTP with STARTTLS (or
// TLS from the first byte on) and says by the server's replies whether to try
// again. It sends neither password nor message over a connection in the clear,
// except to this machine. A message sent again because its answer was lost has
// the same Message-ID, and all that is told of one story stands in one thread.
//
// The rules are those of RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH),
// RFC 5322 (the message) and RFC 2045 to 2047 (its encodings).
//
// Begin with New.
package email
