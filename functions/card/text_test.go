package card

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Back-off 5m0s", "Back-off 5m0s"},
		{"quotes and backslashes stay", `"C:\a" 'b' {"k":1}`, `"C:\a" 'b' {"k":1}`},
		{"markup stays, it is not read", "**b** [x](http://evil) `c` <nil>", "**b** [x](http://evil) `c` <nil>"},
		{"mention", `<at id=all></at>`, `＜at id=all></at>`},
		{"mention in capitals", `<AT id=all><aT user_id="all">`, `＜AT id=all>＜aT user_id="all">`},
		{"mention hidden by what is cleaned", "<\u200bat id=all><\x1b[0mat>", "＜at id=all>＜at>"},
		{"mention at the end", "x<at", "x＜at"},
		{"crlf", "a\r\nb\rc", "a\nb\nc"},
		{"empty lines", "a\n\n\n\n\n\nb", "a\n\nb"},
		{"separators", "a\u2028b\u2029c\u0085d", "a\nb\nc\nd"},
		{"colour", "\x1b[31;1mred\x1b[0m", "red"},
		{"one-byte CSI as a rune", "\u009b31mred", "red"},
		{"link", "\x1b]8;;http://evil\x1b\\text\x1b]8;;\a", "text"},
		{"open string", "\x1b]0;rest of it", "0;rest of it"},
		{"charset", "\x1b(Bx", "x"},
		{"lone escape", "x\x1b", "x"},
		{"controls", "a\x00b\x07c\x7fd\u0080e", "abcde"},
		{"tab", "a\tb", "a b"},
		{"bidi", "a\u202Eb\u2066c\u200Fd\u061Ce", "abcde"},
		{"invisible", "a\u200bb\u2060c\ufeffd\u00ade\U000E0041f", "abcdef"},
		{"tags", "a\U000E0001\U000E0041b", "ab"},
		{"variation selectors", "a\uFE0Fb\U000E0101c", "abc"},
		{"fillers", "a\u3164b\u115Fc\uFFA0d\u2800e", "abcd e"},
		{"isolates", "a\u2066b\u2067c\u2068d\u2069e", "abcde"},
		{"zalgo", "e" + strings.Repeat("\u0301\u0489", 50) + "x", "e\u0301\u0301\u0301\u0301x"},
		{"marks that a script needs", "ế กี่ שָׁ မြို့ ក្រុង हिन्दी", "ế กี่ שָׁ မြို့ ក្រុង हिन्दी"},
		{"Arabic, composed and not", "مرحبا بالعالم é e\u0301", "مرحبا بالعالم é e\u0301"},
		{"very wide", "a﷽b𒐫c⸻dﷺe꧅f𒀱g", "a□b□c—d□e□f□g"},
		{"marks without a letter", "\u0338\u20e0\u0301a", "a"},
		{"enclosing marks", "a\u20e0b\u0489 1\uFE0F\u20E3", "ab 1"},
		{"families and flags fall into parts", "👨\u200d👩\u200d👧 🇨🇳 👍🏽", "👨👩👧 🇨🇳 👍🏽"},
		{"private and no characters", "a\ue000b\U000F0000c\ufdd0d\U0001FFFEe", "a\uFFFDb\uFFFDcde"},
		{"blanks that are letters", "a\U0001D159b\uFFFCc\U00013441d", "a b c d"},
		{"a gap", "a" + strings.Repeat("\u3000", 300) + "b", "a" + strings.Repeat("\u3000", 8) + "b"},
		{"our own signs", "🟢 🔴 🟠 🔵 ⚠️ ← │", "○ ○ ○ ○ ! - |"},
		{"emoji", "😀 👨\u200d👩", "😀 👨👩"},
		{"bad utf-8", "a\xff\xfeb", "a\uFFFDb"},
		{"chinese", "拉取镜像失败", "拉取镜像失败"},
		{"ends trimmed", " \n a \n", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean(tt.in); got != tt.want {
				t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if again := clean(tt.want); again != tt.want {
				t.Errorf("clean is not stable: %q", again)
			}
		})
	}
}

func TestTruncate(t *testing.T) {
	s := "a你😀b"
	for n := range len(s) + 2 {
		got := truncate(s, n)
		if len(got) > n || !utf8.ValidString(got) || !strings.HasPrefix(s, got) {
			t.Errorf("truncate(%q, %d) = %q", s, n, got)
		}
		if next := len(got) + 4; next <= n {
			t.Errorf("truncate(%q, %d) = %q, cuts too much", s, n, got)
		}
	}
	if got := truncate("x", -1); got != "" {
		t.Errorf("truncate(x, -1) = %q", got)
	}
}

func TestByteSize(t *testing.T) {
	for n, want := range map[int]string{
		0: "0 B", 999: "999 B", 1000: "1 kB", 297_952: "298 kB", 999_499: "999 kB", 999_500: "1.0 MB", 1_234_567: "1.2 MB",
	} {
		if got := byteSize(n); got != want {
			t.Errorf("byteSize(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestSplitMessage holds that no word of a long message is lost or sent twice.
func TestSplitMessage(t *testing.T) {
	for _, s := range []string{
		"short",
		strings.Repeat("word ", 60),
		strings.Repeat("word ", 400),
		strings.Repeat("x", 2000),
		strings.Repeat("镜像", 500),
		strings.Repeat("line\n", 20),
		strings.Repeat("a longer line of it\n", 100),
		"\n\n" + strings.Repeat("\n", 50),
	} {
		s = clean(s)
		head, tail := splitMessage(s)
		got := head
		if tail != "" {
			got = strings.TrimSuffix(head, " …") + strings.TrimPrefix(tail, "… ")
			if len(head) > headBytes+len(" …") {
				t.Errorf("head of %d bytes", len(head))
			}
		}
		if squeeze(got) != squeeze(s) {
			t.Errorf("%q splits into %q and %q", s, head, tail)
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
