package card

import (
	"fmt"
	"strings"
	"time"
)

// words is everything a card says of its own in one language.
type words struct {
	locale string // key of a post's content
	pick   func(zh, en string) string

	cluster, clusters, unknown, recovered string
	sentLate, sentEarly, foreign          string
	cut, usually                          string
	object, origin, node, first, last, at string
	objects, objectsOver, more, unseen    string
	details, rest, runbook, dashboard     string

	digest, digestOffline, part    string
	offline, earliest              string
	moreGroups, moreOf             string
	notice, dropped, gap, moreGaps string

	test, testSays, alive                   string
	sinceStart, sinceLast, did, groupsNow   string
	waitingNow, lostNow, offlineFor, usage  string
	brokenRoute                             string
	budgetSoft, budgetHard, budgetYesterday string

	occurrences func(total, fresh int64, repeated bool, s span) string
	times       func(n int64) string
	duration    func(time.Duration) string
}

func wordsOf(language string) *words {
	switch language {
	case "zh":
		return &zh
	case "en":
		return &en
	}
	return nil
}

var zh = words{
	locale: "zh_cn",
	pick:   func(zh, _ string) string { return zh },

	cluster: "集群 %s", clusters: "%d 个集群", unknown: "未知", recovered: "已恢复：",
	sentLate: "发送于 %s，晚了 %s", sentEarly: "发送于 %s（与事件的时钟不一致）",
	foreign: "⚠ 事件写在命名空间 %s 中，该命名空间不管辖此对象：未必属实",
	cut:     "…（省略 %s）", usually: "通常：",
	object: "对象", origin: "来源", node: "节点", first: "首次", last: "最近", at: "时间",
	objects: "涉及 %d 个对象", objectsOver: "涉及 %d 个以上对象", more: "另有 %d 个", unseen: "以及未列出的对象（%d 次）",
	details: "详情 ▾", rest: "其余 %d 组 ▾", runbook: "处理手册", dashboard: "监控面板",

	digest: "%d 组告警，共 %d 次", digestOffline: "离线 %s：%d 组告警，共 %d 次", part: "（%d/%d）",
	offline: "离线 %s–%s", earliest: "离线后最早：%s %s", moreGroups: "另有 %d 组，共 %d 次", moreOf: "… 命名空间 %[2]s 另有 %[1]d 组，共 %[3]d 次",
	notice: "Edgebell 自身状况", dropped: "未能保留 %d 次：%s", gap: "%s 至 %s 之间可能有遗漏：%s", moreGaps: "另有 %d 段时间可能有遗漏",

	test: "Edgebell 测试消息", testSays: "这不是告警：只是确认消息能送达本群。", alive: "Edgebell 运行正常",
	sinceStart: "启用以来：", sinceLast: "过去 %s：", did: "发出 %d 张卡片，计入 %d 次事件", groupsNow: "记录中的告警 %d 组",
	brokenRoute: "路由 %s 送不出消息，已有 %s",
	waitingNow:  "%d 组还没送达，最久的等了 %s", lostNow: "未能保留 %d 次", offlineFor: "离线共 %s", usage: "流量：今天 %s，本月 %s",
	budgetSoft: "今天已用 %s 流量（预算 %s）：除严重告警外合并发送",
	budgetHard: "今天已用 %s 流量（预算 %s）：只发严重告警，其余 %d 组留到明天", budgetYesterday: "其中有昨天因流量预算留下的告警",

	occurrences: zhOccurrences,
	times:       func(n int64) string { return fmt.Sprintf("%d 次", n) },
	duration:    zhDuration,
}

func zhOccurrences(total, fresh int64, repeated bool, s span) string {
	out := fmt.Sprintf("%d 次", total)
	if repeated {
		out = fmt.Sprintf("新增 %d 次，累计 %d 次", fresh, total)
	}
	switch {
	case s.first == "" && s.last == "":
		return out + "，时间未知"
	case s.first == "":
		return out + "，最近 " + s.last
	case s.last == "":
		return out + "，" + s.first
	}
	return out + "，" + s.first + "–" + s.last
}

func zhDuration(d time.Duration) string {
	days, hours, mins := split(d)
	var parts []string
	if days > 0 {
		parts = append(parts, fmt.Sprintf("%d 天", days))
	}
	if hours > 0 {
		parts = append(parts, fmt.Sprintf("%d 小时", hours))
	}
	if days == 0 && (mins > 0 || hours == 0) {
		parts = append(parts, fmt.Sprintf("%d 分", mins))
	}
	return strings.Join(parts, " ")
}

var en = words{
	locale: "en_us",
	pick:   func(_, en string) string { return en },

	cluster: "cluster %s", clusters: "%d clusters", unknown: "unknown", recovered: "Recovered: ",
	sentLate: "sent %s, %s late", sentEarly: "sent %s (its clock and the event's differ)",
	foreign: "⚠ written in namespace %s, which has no say over this object: it may be untrue",
	cut:     "… %s cut", usually: "Usually: ",
	object: "object", origin: "from", node: "node", first: "first", last: "last", at: "time",
	objects: "%d objects", objectsOver: "more than %d objects", more: "and %d more", unseen: "and objects not listed (%d times)",
	details: "Details ▾", rest: "%d more groups ▾", runbook: "Runbook", dashboard: "Dashboard",

	digest: "%d groups of alerts, %d occurrences", digestOffline: "After %s offline: %d groups of alerts, %d occurrences", part: " (%d/%d)",
	offline: "offline %s–%s", earliest: "first after that: %s %s", moreGroups: "and %d more groups with %d occurrences", moreOf: "… and %d more stories of namespace %s with %d occurrences",
	notice: "About Edgebell itself", dropped: "not kept: ×%d, %s", gap: "may have missed events between %s and %s: %s", moreGaps: "and %d more times like that",

	test: "Edgebell test message", testSays: "This is no alert: it only shows that messages reach this group.", alive: "Edgebell is alive",
	sinceStart: "So far: ", sinceLast: "In the last %s: ", did: "%d cards sent, %d occurrences counted", groupsNow: "%d groups of alerts on record",
	brokenRoute: "route %s delivers nothing, for %s now",
	waitingNow:  "%d groups are not delivered yet, the oldest for %s", lostNow: "not kept: ×%d", offlineFor: "offline for %s in all", usage: "data: %s today, %s this month",
	budgetSoft: "%s of today's %s used: all but critical alerts come together",
	budgetHard: "%s of today's %s used: critical alerts only, %d other groups wait for tomorrow", budgetYesterday: "some of this was held back yesterday by the data budget",

	occurrences: enOccurrences,
	times:       func(n int64) string { return fmt.Sprintf("×%d", n) },
	duration:    enDuration,
}

func enOccurrences(total, fresh int64, repeated bool, s span) string {
	out := fmt.Sprintf("×%d", total)
	if repeated {
		out = fmt.Sprintf("%d more, ×%d", fresh, total)
	}
	switch {
	case s.first == "" && s.last == "":
		return out + ", time unknown"
	case s.first == "":
		return out + ", last " + s.last
	case s.last == "":
		return out + " at " + s.first
	}
	return out + " since " + s.first + ", last " + s.last
}

func enDuration(d time.Duration) string {
	days, hours, mins := split(d)
	var parts []string
	if days > 0 {
		parts = append(parts, fmt.Sprintf("%d d", days))
	}
	if hours > 0 {
		parts = append(parts, fmt.Sprintf("%d h", hours))
	}
	if days == 0 && (mins > 0 || hours == 0) {
		parts = append(parts, fmt.Sprintf("%d min", mins))
	}
	return strings.Join(parts, " ")
}
