package notify

// pageWords is what the page says in one language.
type pageWords struct {
	lang, cluster, asOf, pause, resume                  string
	links, budgets, severities                          map[string]string
	channel, since, lastSent, nextTry, clock, lastError string
	waiting, groups, dueNow, nextDue                    string
	sent, cards, occurrences                            string
	data, month, budget, lost, times, disk, used        string
	alerts, none, older, notYet, delivered, recovered   string
	notices, sources, noSource, connected, disconnected string
	silent, heard, sourceLost                           string
}

func pageWordsOf(language string) pageWords {
	if language == "en" {
		return pageEN
	}
	return pageZH
}

var pageZH = pageWords{
	lang: "zh-CN", cluster: "集群 %s", asOf: "截至 %s（%s）", pause: "暂停刷新", resume: "自动刷新",
	links:      map[string]string{LinkUnknown: "尚未发送", LinkUp: "链路正常", LinkDown: "链路断开", LinkRefused: "机器人拒收"},
	budgets:    map[string]string{BudgetOpen: "未超", BudgetSoft: "已过八成：合并发送", BudgetHard: "已用完：只发严重告警"},
	severities: map[string]string{"red": "严重", "orange": "警告", "blue": "信息", "green": "已恢复"},
	channel:    "发往", since: "%s，自 %s 起", lastSent: "最近送达 %s", nextTry: "下次尝试 %s（已试 %d 次）", clock: "与对方时钟差 %s", lastError: "最近的错误",
	waiting: "待送达", groups: "%d 组", dueNow: "%d 组该发了，最久已等 %s", nextDue: "下一张 %s",
	sent: "已发送", cards: "%d 张卡片", occurrences: "计入 %d 次事件",
	data: "今日流量", month: "本月 %s", budget: "预算 %s/天，%s", lost: "未能保留", times: "%d 次", disk: "存储", used: "%s / %s",
	alerts: "告警", none: "没有告警", older: "另有 %d 组更早的未列出", notYet: "待发 %d 次", delivered: "已送达", recovered: "已恢复",
	notices: "待说明", sources: "事件源", noSource: "还没有事件源报到", connected: "已连接", disconnected: "未连接",
	silent: "失联", heard: "最近报到 %s · 已收 %d 条", sourceLost: "丢失 %d 条",
}

var pageEN = pageWords{
	lang: "en", cluster: "cluster %s", asOf: "as of %s (%s)", pause: "pause", resume: "auto-refresh",
	links:      map[string]string{LinkUnknown: "nothing sent yet", LinkUp: "link is up", LinkDown: "link is down", LinkRefused: "bot refuses"},
	budgets:    map[string]string{BudgetOpen: "not reached", BudgetSoft: "over 80 %: digests only", BudgetHard: "used up: critical only"},
	severities: map[string]string{"red": "critical", "orange": "warning", "blue": "information", "green": "recovered"},
	channel:    "Sends to", since: "%s since %s", lastSent: "last delivery %s", nextTry: "next try %s (after %d)", clock: "clocks differ by %s", lastError: "Last error",
	waiting: "Waiting", groups: "%d groups", dueNow: "%d due, the oldest for %s", nextDue: "next card %s",
	sent: "Sent", cards: "%d cards", occurrences: "%d occurrences counted",
	data: "Data today", month: "%s this month", budget: "budget %s a day, %s", lost: "Not kept", times: "×%d", disk: "Storage", used: "%s of %s",
	alerts: "Alerts", none: "No alerts", older: "%d older groups are not listed", notYet: "%d to tell", delivered: "delivered", recovered: "recovered",
	notices: "Still to be said", sources: "Event sources", noSource: "No event source has reported yet", connected: "connected", disconnected: "not connected",
	silent: "silent", heard: "last heard %s · %d events taken", sourceLost: "%d lost",
}
