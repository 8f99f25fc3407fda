package notify

import (
	"encoding/json"
	"strings"
)

// deception is what somebody says, and what must or must not stand on the card.
type deception struct {
	name    string
	change  fields
	refused string // part of the answer, where it is not taken
	has     []string
	hasNot  []string
	// imitated are beginnings of lines that are ours, on no channel to be had.
	imitated []string
}

func deceptions() []deception {
	long := strings.Repeat("x", 10_000)
	message := func(name, text string, has ...string) deception {
		return deception{name: name, change: fields{"message": text}, has: has}
	}
	number := func(name, field, n string, d deception) deception {
		d.name, d.change = name, fields{field: json.Number(n)}
		return d
	}
	when := func(name, at string, d deception) deception {
		d.name, d.change = name, fields{"lastTimestamp": at, "firstTimestamp": at}
		return d
	}
	// passing is a message that says what only Edgebell says.
	passing := func(lines ...string) (out []deception) {
		for _, line := range lines {
			out = append(out, deception{name: "our " + line, change: fields{"message": line}, imitated: []string{line, strings.TrimLeft(line, "⚠ ")}})
		}
		return out
	}
	return append(passing(
		"通常：没有问题，会自行恢复", "Usually: nothing to worry about", "kubectl -n shop delete pvc --all", "3 次，02:14", "×3 since 02:14",
		"恢复于 02:14", "well since 02:14", "Recovered: node is silent", "未能保留 9 次：存储损坏", "not kept: ×9, damaged", "Edgebell 运行正常", "Edgebell is alive",
		"过去 24 小时：发出 3 张卡片，计入 9 次事件", "In the last 24 h: 3 cards sent, 9 occurrences counted", "流量：今天 3 kB，本月 4 kB", "data: 3 kB today, 4 kB this month",
		"今天已用 3 kB 流量（预算 4 kB）：只发严重告警，其余 9 组留到明天", "⚠ 3 kB of today's 4 kB used: critical alerts only", "⚠ 02:14 至 05:31 之间可能有遗漏：事件源停机太久",
		"may have missed events between 02:14 and 05:31: x", "… 命名空间 kube-system 另有 9 组，共 9 次", "… and 9 more stories of namespace kube-system with 9 occurrences",
		"离线 02:14–05:31", "offline 02:14–05:31", "发送于 02:14，晚了 3 小时", "sent 02:14, 3 h late", "集群 pi · id 0123abcd", "cluster pi · id 0123abcd",
		"受影响的 Pod：300 个", "Pods affected: 300",
	), []deception{
		message("controls", "a\x00b\x07\x1b[31mc\x1b]0;t\ad\x7f", "abcd"),
		message("C1", "a\u0080\u0085b\u009b1mc", "│ a\n│ bc"),
		message("bidi overrides", "safe\u202egnp.exe\u202c", "safegnp.exe"),
		message("bidi isolates", "a\u2066b\u2067c\u2068d\u2069e\u061c\u200e\u200f", "abcde"),
		message("zero width", "a\u200bd\u200cm\u200di\u2060n\ufeff", "admin"),
		message("tag characters", "ok\U000E0001\U000E0061\U000E007F.", "ok."),
		message("variation selectors", "o\uFE0F\U000E0100k", "ok"),
		message("fillers", "a\u3164b\u115F\u2800c", "ab c"),
		message("zalgo", "z"+strings.Repeat("\u0300\u0489\u20dd", 600), "z\u0300\u0300\u0300\u0300…"),
		message("very wide", strings.Repeat("﷽\u12219", 200)),
		message("a gap", "a"+strings.Repeat("\u3000", 500)+"🟢 已恢复", "○ 已恢复"),
		message("our recovery", "🟢 已恢复：节点失联 · Node pi-1\nNodeNotReady · 1 次，02:14", "│ ○ 已恢复"),
		message("our digest", "x\n🔴 节点失联 NodeNotReady · Node pi-1\n1 次，02:14\nid 0123abcd · edgebell", "│ id 0123abcd"),
		message("our footer", "id 0123abcd · edgebell", "│ id 0123abcd"),
		message("our notice", "⚠ 未能保留 9 次：存储损坏", "! 未能保留"),
		message("mention", `<at id=all></at><at user_id="all">x</at>`, "＜at id=all>"),
		message("markdown", "[click](https://evil.example) ![i](https://evil.example/x.png) **b** `c` #h"),
		message("HTML", `<a href="https://evil.example">x</a><img src=x onerror=alert(1)><script>1</script>`),
		message("gaps of templates", "{{.Reason}} {{range .}} ${Reason} %s %!d(string=x)", "{{.Reason}}", "%!d(string=x)"),
		message("JSON", `"},{"tag":"markdown","content":"<at id=all></at>"}]}`),
		message("megabytes", strings.Repeat("界", 300_000), "省略"),
		message("only invisible", "\u200b\u202e\U000E0041"),

		when("the future", "2300-01-01T00:00:00Z", deception{has: []string{"2300-01-01"}}),
		when("year 1", "0001-01-01T00:00:00Z", deception{has: []string{"时间未知"}}),
		when("year 1, later", "0001-01-01T00:00:01Z", deception{has: []string{"0001-01-01"}}),
		when("year 9999 in another zone", "9999-12-31T23:59:59-12:00", deception{}),
		when("year 10000", "10000-01-01T00:00:00Z", deception{refused: "data is not a core/v1 Event"}),
		when("no time", "NaN", deception{refused: "data is not a core/v1 Event"}),
		when("a leap of zones", "2026-11-24T00:00:00+99:99", deception{refused: "data is not a core/v1 Event"}),

		number("count negative", "count", "-5", deception{has: []string{"Unhealthy · 1 次"}}),
		number("count 0", "count", "0", deception{has: []string{"Unhealthy · 1 次"}}),
		number("count 2^31-1", "count", "2147483647", deception{has: []string{"2147483647 次"}}),
		number("count 2^63-1", "count", "9223372036854775807", deception{refused: "data is not a core/v1 Event"}),
		number("count of a series negative", "series.count", "-2147483648", deception{has: []string{"Unhealthy · 3 次"}}),

		{name: "uid empty", change: fields{"metadata.uid": ""}, refused: "metadata.uid is empty"},
		{name: "uid of 10 kB", change: fields{"metadata.uid": long}, has: []string{"Unhealthy · 3 次"}},
		{name: "no name", change: fields{"metadata.name": ""}, refused: "metadata.name is empty"},
		{name: "reason empty", change: fields{"reason": ""}, refused: "reason is empty"},
		{name: "kind empty", change: fields{"involvedObject.kind": ""}, refused: "kind is empty"},
		{name: "object's name empty", change: fields{"involvedObject.name": ""}},
		{name: "everything over the limit", change: fields{
			"involvedObject.name": long, "involvedObject.namespace": long, "metadata.namespace": long, "involvedObject.kind": long,
			"reason": long, "source.component": long, "source.host": long, "metadata.name": long,
		}, hasNot: []string{strings.Repeat("x", 300)}},
		{name: "a reason with lines", change: fields{"reason": "BackOff\n🟢 已恢复\nid 0123abcd · edgebell"}},
		{name: "a name that goes on", change: fields{"involvedObject.name": "web-0\n⚠ x\u202e<at id=all>"}, hasNot: []string{"kubectl"}},
		{name: "a name for a shell", change: fields{"involvedObject.name": "web-0; curl evil|sh #", "involvedObject.namespace": "$(reboot)"}, hasNot: []string{"kubectl"}},

		{name: "another's Pod", change: fields{"metadata.namespace": "evil"}, has: []string{"Pod shop/web-0 ← evil", "事件写在命名空间 evil"}},
		{name: "a node put into its own namespace", change: fields{
			"metadata.namespace": "evil", "involvedObject.namespace": "evil", "involvedObject.kind": "Node", "involvedObject.name": "pi-1", "reason": "NodeNotReady",
		}, has: []string{"Node evil/pi-1 ← evil"}},
		{name: "an arrow of its own", change: fields{"involvedObject.name": "web-0 ← kube-system"}, hasNot: []string{"← kube-system"}},
		{name: "many stories of another", change: fields{
			"metadata.namespace": "evil", "involvedObject.namespace": "kube-system", "involvedObject.kind": "*", "involvedObject.name": "*", "reason": "*",
		}, has: []string{"“?” · “?” kube-system/* ← evil"}, hasNot: []string{"已合并"}},
		{name: "a reason that says more", change: fields{"reason": "已恢复：节点失联 · Node pi-1"}, has: []string{"“已恢复：节点失联 · Node pi-1” · Pod shop/web-0"}},
		{name: "a kind that says more", change: fields{"involvedObject.kind": "Node pi-1” 恢复 · Pod"}, has: []string{"“Node pi-1\" 恢复 · Pod” shop/web-0"}},
		{name: "a name with counts", change: fields{"involvedObject.name": "web-0 · 900 次，02:14"}, has: []string{"Pod shop/“web-0 · 900 次，02:14”"}},
		{name: "addresses for names", change: fields{
			"involvedObject.name": "https://evil.example/x", "reason": "www.evil.example", "source.host": "tg://resolve?domain=evil", "source.component": "/stop@evilbot",
		}, has: []string{"“https://evil.example/x”"}},
		message("a bot's command", "/stop@evilbot now, mail ops@evil.example, call @13800001111 <@zhangsan> <!channel> www.evil.example tg://x"),
		message("widest letters", "﷽⸻𒐫𒈙𒀱ﷺ꧅", "□—□□□□□"),
		message("marks of nobody", "\u0336\u20e0\u0301x", "\nx"),
		message("private, unassigned and no characters", "a\ue000b\U000F0000c\ufdd0d\U0001FFFEe\U000E0FFFf", "a\uFFFDb\uFFFDcdef"),
		message("blank letters", "a\U0001D159b\uFFFCc\u115F\u1160\uFFA0\u3164d", "a b cd"),
		message("honest scripts", "កម្ពុជា မြို့ हिन्दी ไทยแลนด์ العربية 中文 e\u0301é 👍🏽 🇨🇳", "កម្ពុជា မြို့ हिन्दी ไทยแลนด์ العربية 中文 e\u0301é 👍🏽 🇨🇳"),
	}...)
}
