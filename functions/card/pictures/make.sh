#!/bin/sh
# Takes pictures of the cards that `make run` sends and of notify's own page, in
# headless Chromium.
# usage: make.sh BIN EVENTS (the demo's folder and recorded Events)
set -eu
here=$(dirname "$0")
bin=$1
events=$2
command -v chromium >/dev/null || {
    echo "chromium is not installed: apt-get install chromium fonts-noto-cjk" >&2
    exit 1
}
# shoot NAME LANGUAGE URL HEIGHT (of the picture)
shoot() {
    profile=$(mktemp -d)
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$profile" --window-size="500,$4" \
        --screenshot="$here/$1-$2.png" "$3" >/dev/null 2>&1
    rm -rf "$profile"
}

for language in zh en; do
    PAGE=on CARD_LANGUAGE=$language TIMEZONE=Asia/Shanghai CLUSTER_NAME=edge-sh-0042 "$bin/demo" -bin "$bin" -events "$events" -rate 0 &
    demo=$!
    trap 'kill "$demo" 2>/dev/null || true' EXIT
    tries=0
    until curl -fsS http://127.0.0.1:8080/status 2>/dev/null | grep -q '"cardsSent": [2-9]'; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || { echo "no cards came" >&2; exit 1; }
        sleep 1
    done
    shoot cards "$language" http://127.0.0.1:8090/ 1720
    shoot page "$language" http://127.0.0.1:8080/ 1500
    kill "$demo"
    wait "$demo" || true
    trap - EXIT
done
