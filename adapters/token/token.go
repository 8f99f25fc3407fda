// Package token is what one process shows another to be let in: SINK_TOKEN and
// AUDIT_TOKEN. Such a variable holds one token, or, while it is being replaced,
// the new one and below it the old one: both are good, and the new one is shown.
// It refuses what cannot stand in a header, and never says what a token is.
//
// Begin with Check; Shown is for who asks to be let in, Accept for who lets in.
package token

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
)

const (
	// most is the new one and the old one.
	most = 2
	// longest leaves room for other headers.
	longest = 4096
	// shortest is what nobody guesses over the network.
	shortest = 16
)

// Check says what is wrong with the value of a variable.
func Check(variable, value string) error {
	all := Each(value)
	if len(all) > most {
		return fmt.Errorf("%s: holds %d lines; must be one token, or the new one and below it the old one", variable, len(all))
	}
	for _, t := range all {
		if strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("%s: must be printable ASCII without spaces; only a new token and the old one below it may be two lines", variable)
		}
		if len(t) > longest {
			return fmt.Errorf("%s: is longer than %d characters; must fit into a header", variable, longest)
		}
	}
	return nil
}

// Weakness is a warning about tokens that can be guessed, empty when there is
// none. They are not refused: an upgrade must not silence who has one.
func Weakness(variable, value string) string {
	for _, t := range Each(value) {
		if len(t) < shortest {
			return fmt.Sprintf("%s is shorter than %d characters: it can be guessed; make one with: openssl rand -hex 24", variable, shortest)
		}
	}
	return ""
}

// Shown is the token that is sent.
func Shown(value string) string {
	if all := Each(value); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Set is the tokens that are good.
type Set struct{ sums [][sha256.Size]byte }

// Accept makes a Set of a variable's value.
func Accept(value string) Set {
	var s Set
	for _, t := range Each(value) {
		s.sums = append(s.sums, sha256.Sum256([]byte(t)))
	}
	return s
}

// Empty says that there is no token, so that nobody need bring one.
func (s Set) Empty() bool { return len(s.sums) == 0 }

// Has says whether a token is good. Hashes are compared, each with all, so that
// neither content nor length nor which one it is shows in the time taken.
func (s Set) Has(got string) bool {
	sum, same := sha256.Sum256([]byte(got)), 0
	for _, want := range s.sums {
		same |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return same == 1
}

// Each are the tokens of a variable, the new one first.
func Each(value string) (all []string) {
	for line := range strings.Lines(value) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			all = append(all, line)
		}
	}
	return all
}
