// Package emailtest is a strict mail server on loopback: it speaks SMTP with
// STARTTLS or TLS from the first byte on, AUTH PLAIN and LOGIN, refuses what is
// out of order, and takes a message only if it is one by the letter of RFC 5322:
// CRLF, short lines, ASCII, each header once, a body that can be decoded. It
// does what a script of faults says and remembers what it took.
//
// Begin with Start.
package emailtest
