// Package ntfy tells stories through ntfy (ntfy.sh, or a server of one's own):
// title, message, priority and tags by severity, and the operator's link to open
// by a tap. It refuses what ntfy would silently turn into an attachment, a
// message over 4096 bytes.
//
// Begin with New.
package ntfy
