#!/bin/sh
# Which secrets install.sh takes: sh deploy/bundle/install_test.sh. All else it
# does is tested in deploy/validate/install_test.go.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$here/install.sh" "$dir/"
echo 'kind: List' >"$dir/edgebell.yaml"
echo images >"$dir/edgebell-images-amd64.tar.zst"
failed=0

# try SECRETS...: installs with these lines into a new root.
try() {
	root=$(mktemp -d "$dir/root.XXXXXX")
	mkdir -p "$root/var/lib/rancher/k3s"
	manifest=$root/var/lib/rancher/k3s/server/manifests/edgebell.yaml
	printf '%s\n' "$@" >"$dir/secret.env"
	said=$(sh "$dir/install.sh" install --root "$root" --secret "$dir/secret.env" 2>&1)
}

fail() {
	echo "FAIL: $*: $said" >&2
	failed=1
}

takes() {
	try "$@" || { fail "refuses $*" && return; }
	for line; do
		want="  ${line%%=*}: $(printf %s "${line#*=}" | base64 | tr -d '\n')"
		grep -qxF "$want" "$manifest" || fail "the Secret lacks $want"
	done
}

refuses() {
	if try "$@"; then
		fail "takes $*"
	elif [ -e "$manifest" ]; then
		fail "refuses $* and writes the manifest all the same"
	fi
	case $said in
	*'secret.env: FEISHU_WEBHOOK_URL is empty'*) ;;
	*) fail "says something else about $*" ;;
	esac
}

bot=https://open.feishu.cn/open-apis/bot/v2/hook/0
takes FEISHU_WEBHOOK_URL=$bot
takes CHANNEL=feishu FEISHU_WEBHOOK_URL=$bot
takes CHANNEL=log
takes CHANNEL=telegram CHANNEL_TOKEN=1:x CHANNEL_CHAT_ID=-100123
takes CHANNEL=cloudevents CHANNEL_URL=https://hub.example/ CHANNEL_TOKEN="it's \"quoted\" \$HOME"
takes ROUTES=on-call ROUTE_ON_CALL_URL=$bot ROUTE_ON_CALL_MATCH='severity=critical; kind=Node'
takes FEISHU_WEBHOOK_URL= CHANNEL=slack CHANNEL_URL=https://hooks.slack.com/services/x

refuses SINK_TOKEN=x
refuses FEISHU_WEBHOOK_URL=
refuses CHANNEL=
refuses CHANNEL=feishu CHANNEL_URL=$bot
refuses ROUTES= ROUTE_ON_CALL_URL=$bot
refuses FEISHU_WEBHOOK_URL=$bot FEISHU_WEBHOOK_URL= # the last one counts

[ "$failed" -eq 0 ] || exit 1
echo "install_test.sh: ok"
