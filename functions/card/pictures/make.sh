#!/bin/sh
# Takes pictures of the cards that `make run` sends, and of one story's more, and
# of notify's own page, in headless Chromium.
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

# cards N waits for the Nth card.
cards() {
    tries=0
    until [ "$(curl -fsS http://127.0.0.1:8080/status 2>/dev/null | sed -n 's/.*"cardsSent": \([0-9]*\).*/\1/p')" -ge "$1" ] 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || { echo "card $1 did not come" >&2; exit 1; }
        sleep 1
    done
}

# ring tells of one Pod, which is one card.
ring() {
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    curl -fsS http://127.0.0.1:8080/ -H 'ce-specversion: 1.0' -H 'ce-id: 0b9f.1' -H 'ce-source: /clusters/edge-sh-0042' \
        -H 'ce-type: io.edgebell.kubernetes.event.v1' -H 'Content-Type: application/json' -d '{
            "metadata": {"namespace": "shop", "name": "web.1", "uid": "0b9f"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-7d9f8c6b54-x2x9q", "fieldPath": "spec.containers{web}"},
            "type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container web in pod web-7d9f8c6b54-x2x9q",
            "source": {"component": "kubelet", "host": "pi-2"}, "count": 3, "firstTimestamp": "'"$now"'", "lastTimestamp": "'"$now"'"}'
}

for language in zh en; do
    PAGE=on CARD_LANGUAGE=$language TIMEZONE=Asia/Shanghai CLUSTER_NAME=edge-sh-0042 "$bin/demo" -bin "$bin" -events "$events" -rate 0 &
    demo=$!
    trap 'kill "$demo" 2>/dev/null || true' EXIT
    cards 1
    ring
    cards 2
    shoot cards "$language" http://127.0.0.1:8090/ 1720
    shoot page "$language" http://127.0.0.1:8080/ 1500
    kill "$demo"
    wait "$demo" || true
    trap - EXIT
done
