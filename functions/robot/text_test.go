package robot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/edgebell/edgebell/functions/robot/robottest"
)

// hostile are texts that would do something if a client read them.
var hostile = []string{
	"@all @everyone @13800001111 <@zhangsan> <@all>",
	"[click](https://evil.example) ![p](http://evil.example/x.png) <https://evil.example> https://evil.example dingtalk://dingtalkclient/page/link?url=x",
	"**bold** _it_ ~~gone~~ `code` ```\nfence\n``` | a | b |\n|---|---|",
	"# head\n## two\n> quote\n>quote\n- a\n* b\n+ c\n1. one\n2) two\n---\n===\n    indented code\n\tmore",
	"<font color=\"warning\">x</font><br/><img src=x onerror=y><a href=\"http://evil.example\">a</a>",
	"\\*\\_\\[x\\]\\(y\\) &lt;font&gt; &#64;all $x^2$",
	"\u202egnirts desrever\u202c \u200bzero\u2066width\u2069 \u2028line\u2029paragraph",
	"\x1b[31mred\x00\x07\x7f \xff\xfe bad",
	strings.Repeat("@all [x](http://y) <font>*_` ", 4000),
}

func TestHostileTextIsInert(t *testing.T) {
	for i, s := range hostile {
		for _, br := range []string{"\n", "  \n  "} {
			got := Markdown(s, br)
			if diff := cmp.Diff(robottest.Markup{}, robottest.Read(got)); diff != "" {
				t.Errorf("text %d is live as markdown (-want +got):\n%.2000s", i, diff)
			}
			if !utf8.ValidString(got) || visible(got) != got {
				t.Errorf("text %d keeps what is not seen: %.200q", i, got)
			}
		}
		if diff := cmp.Diff(robottest.Markup{}, robottest.ReadPlain(Plain(s))); diff != "" {
			t.Errorf("text %d is live as plain text (-want +got):\n%.2000s", i, diff)
		}
	}
}

// TestPlainWordsStay: what a reader needs is not touched.
func TestPlainWordsStay(t *testing.T) {
	for s, want := range map[string]string{
		`Back-off pulling image "nginx:1.27"`:                            `Back-off pulling image "nginx:1.27"`,
		"Pod shop/cart-7d9f-x2 · 3 次 -> 5 (since 10:30)":                 "Pod shop/cart-7d9f-x2 · 3 次 -> 5 (since 10:30)",
		"Get https://10.0.0.1:6443/healthz: EOF":                         "Get https：//10.0.0.1:6443/healthz: EOF",
		"  cart-0 ×3":                                                    "\u3000cart-0 ×3",
		"2026-11-24 10:30\n10.5 s\n7 nodes":                              "2026-11-24 10:30\n10.5 s\n7 nodes",
		"kubectl -n shop describe pod/cart-0":                            "kubectl -n shop describe pod/cart-0",
		"容器内存不足":                                                         "容器内存不足",
		"1. first\n12) second\n- third\n":                                "1． first\n12） second\n－ third\n",
		"nginx@sha256:0123 and $HOME and a_b and a*b and a&b and c:\\x~": "nginx＠sha256:0123 and ＄HOME and a＿b and a＊b and a＆b and c:＼x～",
	} {
		if got := Markdown(s, "\n"); got != want {
			t.Errorf("Markdown(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestLink(t *testing.T) {
	got := Link("看板 [x](y)", "https://grafana.example/d/(a)?u=@all b")
	want := "[看板 ［x］(y)](https://grafana.example/d/%28a%29?u=%40all%20b)"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range hostile[:8] {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, br := range []string{"\n", "\n> ", "  \n  "} {
			got := robottest.Read(strings.ReplaceAll(Markdown(s, br), "\n> ", "\n"))
			if diff := cmp.Diff(robottest.Markup{}, got); diff != "" {
				t.Errorf("%q with %q is live (-want +got):\n%s", s, br, diff)
			}
		}
	})
}
