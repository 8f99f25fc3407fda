package robottest

import (
	"fmt"
	"strings"
	"time"

	"github.com/edgebell/edgebell/functions/alert"
	"github.com/edgebell/edgebell/functions/card"
	"github.com/edgebell/edgebell/functions/ledger"
	"github.com/edgebell/edgebell/functions/notify"
)

// SentAt is when the messages of Outgoings are sent.
var SentAt = time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC)

// Hostile is text that would mention, link, dress up or break a message if
// anybody read it.
const Hostile = "@all @13800001111 <@zhangsan> <at id=all></at> [click](https://evil.example/x) ![p](http://evil.example/p.png) " +
	"<https://evil.example> dingtalk://page/link?url=x **bold** _it_ ~~no~~ `code` | a | $x$ &lt;b&gt; &#64;all \\*x\\*\n" +
	"# head\n> quote\n- item\n* item\n+ item\n1. one\n2) two\n---\n===\n    code\n\ttab\n```\nfence\n```\n" +
	"<font color=\"warning\">red</font><br><img src=x>\r\nSubject: forged\r\nBcc: evil@example.org\r\n\r\n.\r\nQUIT\r\n" +
	"\u202egnirts\u202c \u200bzero\u2066 \u2028line \u2029par \x1b[31mred\x00\x07 \xff\xfe \"quoted\" 'q' 容器 🔥"

// Group is a story about the object name, hostile wherever it may be.
func Group(name string) alert.Group {
	at := SentAt.Add(-time.Minute)
	a := alert.Alert{
		Cluster: "pi", Namespace: "shop@all", Kind: "Pod*", Name: name, Type: "Warning", Node: "node_<1>",
		Reason: "Fail[ed](x)", Component: "kube`let", Message: Hostile, Count: 3, First: at.Add(-time.Hour), Last: at,
	}
	g := alert.NewGroup(a)
	g.Add(a, a.Count)
	return g
}

// Outgoings are all kinds of what a channel has to tell, made to be hard. Those
// of a digest have 300 stories.
func Outgoings() map[string]notify.Outgoing {
	of := func(groups ...alert.Group) notify.Outgoing {
		return notify.Outgoing{Groups: groups, Route: alert.DefaultRoute, SentAt: SentAt}
	}
	out := map[string]notify.Outgoing{"story": of(Group("cart-0")), "heartbeat": of(), "test": of(), "notices": of()}

	long := Group(strings.Repeat("n@", 120))
	long.Newest.Message = strings.Repeat(Hostile+" ", 1<<20/len(Hostile))
	for i := range 20 {
		long.Objects = append(long.Objects, alert.Object{Name: fmt.Sprintf("%s-%d", strings.Repeat("_*@", 80), i), Count: 5})
	}
	long.MoreObjects = 3
	o := of(long)
	o.Notices = notices()
	for i := range 12 {
		o.Related = append(o.Related, Group(fmt.Sprintf("related-%d", i)))
	}
	out["long"] = o

	over := Group("cart-1")
	over.State = alert.Recovered
	out["recovered"] = of(over)

	var many []alert.Group
	for i := range 300 {
		many = append(many, Group(fmt.Sprintf("app-%03d.", i)))
	}
	o = of(many...)
	o.Digest, o.OfflineSince, o.Offline, o.Notices = true, SentAt.Add(-30*time.Minute), 3*time.Hour, notices()
	out["digest"] = o

	o = out["heartbeat"]
	o.Heartbeat = &card.Heartbeat{SentAt: SentAt, Since: 24 * time.Hour, Cards: 3, Dropped: 2, Waiting: 1, Groups: 5}
	out["heartbeat"] = o
	o = out["test"]
	o.Test = true
	out["test"] = o
	o = out["notices"]
	o.Notices = notices()
	out["notices"] = o
	return out
}

func notices() ledger.Notices {
	n := ledger.Notices{Dropped: map[string]int64{}, MoreGaps: 4}
	for i := range 12 {
		n.Dropped[fmt.Sprintf("reason %d @all [x](http://y) <font>", i)] = int64(i + 1)
	}
	for i := range 9 {
		from := SentAt.Add(-time.Duration(i+1) * time.Hour)
		n.Gaps = append(n.Gaps, ledger.Gap{From: from, To: from.Add(time.Minute), Why: "source_down"})
	}
	return n
}

// Named counts how often the texts name each of the 300 stories of the digest
// in Outgoings.
func Named(texts []string) (stories int, twice []string) {
	all := strings.Join(texts, "\n")
	for i := range 300 {
		name := fmt.Sprintf("app-%03d.", i)
		n := strings.Count(all, name)
		if n > 0 {
			stories++
		}
		if n > 1 {
			twice = append(twice, name)
		}
	}
	return stories, twice
}
