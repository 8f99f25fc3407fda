package notify

// diagnosisWords is what a diagnosis says, and what to do about it. %form is
// the form of card that passed, %first the one that did not, %offset how far
// the clock is off, %far the far side; %url, %secret, %keyword and %max are
// variables, %all is how those of the route begin.
type diagnosisWords struct{ says, do string }

func (t *tester) words(kind string) diagnosisWords {
	w := diagnoses[kind]
	if t.Card.Language == "en" {
		return w[1]
	}
	return w[0]
}

// diagnoses are in Chinese and in English.
var diagnoses = map[string][2]diagnosisWords{
	"ok": {
		{"成功：测试卡片已送达群里。", ""},
		{"OK: the test card is in the group.", ""},
	},
	"printed": {
		{"成功：测试卡片已打印（CHANNEL=log，不发往飞书）。", ""},
		{"OK: the test card was printed (CHANNEL=log sends nothing to Feishu).", ""},
	},
	"delivered": {
		{"成功：测试消息已送达 %far。", ""},
		{"OK: %far has taken the test message.", ""},
	},
	"delivered_simpler": {
		{"成功，但 %far 不接受第一种格式的消息，收下了较简单的一种。", "不改也能发送，只是每条消息多试一次；若一直如此请报告。"},
		{"OK, but %far refused the message in its first form and took a simpler one.", "It works as it is, with a try more for each message; report it if it stays."},
	},
	"refused": {
		{"%far 拒收这条渠道的一切消息：在改正配置之前什么也发不出去。", "对照渠道的设置检查 %url 和其余 %all… 变量（密钥、令牌、关键词）；下面是对方的原话。"},
		{"%far refuses everything on this channel: nothing passes until its settings are mended.", "Compare %url and the other variables that begin with %all (secret, token, keyword) with the channel's settings; the far side's own words are below."},
	},
	"message": {
		{"%far 拒收每一种格式的消息。", "检查 CARD_TITLE 等自定义文字；下面是对方的原话。"},
		{"%far refuses the message in every form.", "Check CARD_TITLE and other text of your own; the far side's own words are below."},
	},
	"ok_clock": {
		{"成功：测试卡片已送达。但本机时钟差了 %offset；签名已按机器人的时间校正。", "不改也能发送；卡片上的时间以集群的时钟为准，最好为本机装上时间同步（chrony 或 systemd-timesyncd）。"},
		{"OK: the test card is in the group. But this machine's clock is off by %offset; the signature was made with the bot's time.", "It works as it is; the times on cards come from the cluster's clocks, so better set up time synchronisation (chrony or systemd-timesyncd)."},
	},
	"ok_simpler": {
		{"成功，但机器人不接受 %first 格式的卡片：以 %form 格式送达。", "把 CARD_SCHEMA 设为 %form，可省去每张卡片的重试。"},
		{"OK, but the bot refuses cards in the form %first: it took %form.", "Set CARD_SCHEMA to %form to spare a try for each card."},
	},
	"token": {
		{"机器人的地址不对，或机器人已被移出群。", "在群设置里重新添加自定义机器人，把新的 Webhook 地址整条复制到 %url。"},
		{"The bot's address is wrong, or the bot was removed from the group.", "Add a custom bot in the group's settings and copy the whole new webhook address to %url."},
	},
	"disabled": {
		{"机器人已被停用。", "在群设置 → 群机器人里启用它，或请管理员在管理后台允许自定义机器人。"},
		{"The bot is disabled.", "Enable it in the group's settings under bots, or ask the administrator to allow custom bots."},
	},
	"signature": {
		{"签名不对：%secret 与机器人的密钥不一致。本机时钟没有问题。", "在机器人的安全设置里重新复制“签名校验”的密钥到 %secret，注意首尾不要漏字符。"},
		{"Wrong signature: %secret is not the bot's secret. This machine's clock is right.", "Copy the secret again from the bot's security settings (signature check) to %secret, whole."},
	},
	"signature_after_clock": {
		{"签名不对：本机时钟差了 %offset，但按机器人的时间重新签名后仍被拒收，所以 %secret 与机器人的密钥也不一致。", "在机器人的安全设置里重新复制密钥到 %secret；并为本机装上时间同步。"},
		{"Wrong signature: this machine's clock is off by %offset, but signed with the bot's time it was refused as well, so %secret is not the bot's secret either.", "Copy the secret again from the bot's security settings to %secret; and set up time synchronisation."},
	},
	"signature_or_clock": {
		{"签名不对：%secret 有误，或者本机时钟差了一小时以上。回答里没有可信的时间，无法判断是哪一个。", "先看本机时间（date）是否正确；若正确，重新复制密钥到 %secret。"},
		{"Wrong signature: %secret is wrong, or this machine's clock is off by more than an hour. The answer holds no time that can be trusted, so it cannot be told which.", "See whether the time is right (date); if it is, copy the secret again to %secret."},
	},
	"signature_missing": {
		{"机器人要求签名，但没有设置 %secret。", "把机器人安全设置里“签名校验”的密钥复制到 %secret。"},
		{"The bot wants a signature, but %secret is not set.", "Copy the secret from the bot's security settings (signature check) to %secret."},
	},
	"address": {
		{"本机的出口 IP 不在机器人的 IP 白名单里。", "5G 的出口 IP 会变：在机器人的安全设置里去掉 IP 白名单，改用签名校验。"},
		{"The address that this machine goes out with is not on the bot's IP allow list.", "Addresses on 5G change: take the allow list out of the bot's security settings and use the signature check instead."},
	},
	"keyword_missing": {
		{"机器人要求关键词，但没有设置 %keyword。", "把机器人安全设置里的一个自定义关键词设为 %keyword。"},
		{"The bot wants a keyword, but %keyword is not set.", "Set %keyword to one of the keywords in the bot's security settings."},
	},
	"keyword": {
		{"%keyword 不是机器人的关键词之一。", "对照机器人安全设置里的自定义关键词，逐字（含大小写）改正 %keyword。"},
		{"%keyword is not one of the bot's keywords.", "Compare it with the keywords in the bot's security settings, to the letter."},
	},
	"gone": {
		{"机器人或它的群已经不在，或机器人不能在群里发言。", "检查群是否解散、机器人是否被移除或禁言；必要时重新添加。"},
		{"The bot or its group is gone, or the bot may not speak there.", "See whether the group was dissolved or the bot removed or muted; add it again if so."},
	},
	"limited": {
		{"%far 限流：消息太多。", "稍后再试，避开整点和半点；若常发生，把 %max 调小，或不要让别的程序共用它。"},
		{"Rate limited by %far: too many messages.", "Try later, not at the full or half hour; if it goes on, lower %max or let no other program use it."},
	},
	"busy": {
		{"%far 自身出了问题，暂时不能处理。", "稍后再试；告警都保留着，恢复后自动补发。"},
		{"%far has trouble of its own and cannot take the message now.", "Try later; alerts are kept and told when it is over."},
	},
	"card": {
		{"机器人拒收每一种格式的卡片。", "检查 CARD_TITLE 等自定义文字是否触发内容审核；下面是机器人的原话。"},
		{"The bot refuses the card in every form.", "See whether CARD_TITLE or other text of your own trips a content filter; the bot's own words are below."},
	},
	"no_bot_here": {
		{"这个地址上没有机器人。", "检查 %url：应形如 https://open.feishu.cn/open-apis/bot/v2/hook/…；经过代理或私有部署时检查主机名。"},
		{"There is no bot at this address.", "Check %url: it looks like https://open.feishu.cn/open-apis/bot/v2/hook/…; behind a proxy or with a private deployment check the host."},
	},
	"portal": {
		{"回答的不是 %far：像是运营商或热点的登录、欠费页面。", "检查流量卡是否欠费或需要登录认证。"},
		{"It was not %far that answered: it looks like a carrier's or hotspot's log-in page.", "See whether the SIM card is out of credit or wants a log-in."},
	},
	"proxy": {
		{"代理要求登录。", "检查 HTTPS_PROXY 里的用户名和密码。"},
		{"The proxy wants a log-in.", "Check user and password in HTTPS_PROXY."},
	},
	"lost": {
		{"消息已发出，但没有收到完整的回答：可能已送达。", "看看有没有收到测试消息；没有就再试一次。"},
		{"The message was sent, but no whole answer came back: it may have arrived.", "Look whether the test message is there; if it is not, try again."},
	},
	"dns": {
		{"域名解析失败。", "检查网络是否连通、节点和集群的 DNS（CoreDNS、/etc/resolv.conf）。"},
		{"The host name cannot be resolved.", "Check the link and the DNS of the node and the cluster (CoreDNS, /etc/resolv.conf)."},
	},
	"route": {
		{"网络不通：连不上 %far。", "检查 5G 链路、路由和防火墙、NetworkPolicy 是否放行到 %far 的端口（HTTPS 为 TCP 443）。"},
		{"No way to %far: the network is down or has no route.", "Check the 5G link, routes, firewall and NetworkPolicy: the way to %far must be open (TCP port 443 for HTTPS)."},
	},
	"connection_refused": {
		{"对方拒绝连接。", "检查 %url 的主机和端口，以及 HTTPS_PROXY、防火墙。"},
		{"The connection was refused.", "Check host and port of %url, HTTPS_PROXY and the firewall."},
	},
	"timeout": {
		{"连接超时：没有任何回应。", "检查 5G 信号和防火墙；链路慢时稍后再试。"},
		{"Timed out: nothing came back.", "Check the 5G signal and the firewall; on a slow link try again later."},
	},
	"certificate": {
		{"对方的证书不可信：路上可能有人拦截 HTTPS，或主机名不对。", "检查 %url 的主机名；公司代理拦截 HTTPS 时，把它的 CA 证书装进容器（SSL_CERT_FILE）。"},
		{"The far side's certificate is not to be trusted: something on the way opens HTTPS, or the host is wrong.", "Check the host in %url; if a company proxy opens HTTPS, give the container its CA (SSL_CERT_FILE)."},
	},
	"certificate_time": {
		{"对方的证书此刻无效：证书过期，或本机时钟错得太多。", "先看本机时间（date）是否正确；若正确，可能有人拦截 HTTPS。"},
		{"The far side's certificate is not valid now: it expired, or this machine's clock is far off.", "See whether the time is right (date); if it is, something on the way may open HTTPS."},
	},
	"tls": {
		{"TLS 握手失败。", "检查 %url 的主机和端口，以及路上的代理。"},
		{"The TLS handshake failed.", "Check host and port of %url, and proxies on the way."},
	},
	"given_up": {
		{"等得太久，没有发送：为遵守限流，消息须排队。", "稍后再试；/status 能看到发送的状况。"},
		{"Waited too long and gave up: messages queue to keep the rate limit.", "Try again later; /status shows how sending goes."},
	},
	"unknown": {
		{"收到了没见过的回答。", "下面是对方的原话；稍后再试，若一直如此请报告。"},
		{"An answer that nobody has seen yet.", "The far side's own words are below; try again later, and report it if it stays."},
	},
}
