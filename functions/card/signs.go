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

// isBlank: letters without a picture. Braille without a dot, a note's head
// that is none, Egyptian blanks, and the place of an object that is not there.
func isBlank(r rune) bool {
	return r == '\u2800' || r == '\U0001D159' || r == '\U00013441' || r == '\U00013442' || r == '\uFFFC'
}

// sized replaces letters that take the room of a line, or of several: whole
// phrases in one (Arabic and Javanese), the long dashes, and cuneiform, whose
// widest are as wide as ten letters.
func sized(r rune) rune {
	switch {
	case r == '\u2E3A' || r == '\u2E3B':
		return '—'
	case r >= '\uFDFA' && r <= '\uFDFB', r == '\uFDFD', r >= '\uA9C1' && r <= '\uA9C5', r >= '\U00012000' && r <= '\U0001254F':
		return '□'
	}
	return r
}

func isMark(r rune) bool { return r > 0x7f && unicode.Is(unicode.M, r) }

// unlinked breaks what chat programs make links of by themselves, in plain text
// too. A bare host name is a name as Kubernetes has them, and stays.
var unlinked = strings.NewReplacer("://", "：//", "www.", "www．", "WWW.", "WWW．", "Www.", "Www．")

// Unlinked is foreign text for a channel whose clients look for links in plain
// text.
func Unlinked(s string) string { return unlinked.Replace(s) }

const (
	mostMarks  = 4 // on a letter; Burmese needs as many
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
		case isMark(r):
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
// begins as ours do, so that none of them looks like a line of our own.
func quoted(s string) string {
	if !strings.Contains(s, "\n") && !speaksAsWe(s) {
		return s
	}
	return "│ " + strings.ReplaceAll(s, "\n", "\n│ ")
}

// ourWords are how lines of ours begin, in every language, in lower case. A
// reader of one language may be shown the words of another.
var ourWords = []string{
	"id ", "kubectl", "edgebell", "!", "…", "×",
	"通常", "已恢复", "恢复于", "发送于", "事件写在", "受影响的", "另有", "以及未列出", "新增", "发出", "涉及",
	"离线", "未能保留", "这不是告警", "启用以来", "过去", "记录中", "流量", "今天已用", "其中有昨天", "集群", "部分",
	"usually", "recovered", "well since", "sent ", "written in namespace", "pods affected", "and ",
	"offline", "first after that", "not kept", "may have missed", "about edgebell", "this is no alert", "so far:", "in the last ",
	"data:", "some of this", "cluster ", "more than ",
}

// speaksAsWe says that a line might be taken for one of ours: by how it begins,
// by a number that is counted as ours are, or by a short id as in the footer.
func speaksAsWe(s string) bool {
	s = strings.ToLower(s)
	for _, w := range ourWords {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	rest := strings.TrimLeft(s, "0123456789")
	return len(rest) < len(s) && strings.HasPrefix(rest, " ") || strings.Contains(s, "· id ")
}

// named is line for what Kubernetes fills with one word: anything else stands
// in quotation marks, which nothing in it closes, so that it does not run on
// as words of ours.
func named(s string, n int) string {
	if s = line(s, n); !strings.ContainsFunc(s, notOfNames) {
		return s
	}
	return "“" + strings.NewReplacer("“", `"`, "”", `"`).Replace(s) + "”"
}

// notOfNames: what is in no name, reason or kind of Kubernetes. The last three
// are of folded and of cut names, and of components.
func notOfNames(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._*…/", r))
}
