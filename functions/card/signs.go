package card

import (
	"strings"
	"unicode"
)

// notOurs replaces the signs that cards speak in, so that no Event passes for
// a recovery, another story or a word of Edgebell's own.
func notOurs(r rune) rune {
	switch r {
	case '🔴', '🟠', '🔵', '🟢':
		return '○'
	case '⚠':
		return '!'
	case '←':
		return '-'
	case '│':
		return '|'
	}
	return r
}

const (
	mostMarks  = 3 // on a letter; Vietnamese and Hebrew need as many
	mostSpaces = 8
)

// thin bounds marks upon marks, which grow over the lines around them, and
// gaps, behind which the rest of a line looks like another.
func thin(s string) string {
	marks, spaces := 0, 0
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x7f && r != ' ':
			marks, spaces = 0, 0
		case unicode.Is(unicode.M, r):
			if marks++; marks > mostMarks {
				return -1
			}
		case unicode.Is(unicode.Zs, r):
			if spaces++; spaces > mostSpaces {
				return -1
			}
			marks = 0
		default:
			marks, spaces = 0, 0
		}
		return r
	}, s)
}

// quoted puts a bar before the lines of a text of several, and before one that
// begins as our footer does, so that none of them looks like a line of our own.
func quoted(s string) string {
	if !strings.Contains(s, "\n") && !strings.HasPrefix(s, "id ") {
		return s
	}
	return "│ " + strings.ReplaceAll(s, "\n", "\n│ ")
}
