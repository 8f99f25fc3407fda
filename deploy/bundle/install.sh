#!/bin/sh
# Puts Edgebell on a K3S server without internet, takes a new version, and
# takes it off again. It only places files where K3S looks for them: images in
# agent/images, one manifest in server/manifests. See install.md.
set -eu

usage='usage: install.sh COMMAND [options]

  install      place images and manifest (also: change settings, upgrade)
  upgrade      the same, with the settings of last time
  uninstall    remove them, and Edgebell with its ledger from the cluster

  --secret FILE        NAME=value lines: FEISHU_WEBHOOK_URL, FEISHU_SECRET, ...,
                       or another CHANNEL, or ROUTES
                       (see secret.example.env); kept in /etc/edgebell
  --audit FILE         run the audit webhook too, with these secrets
                       (see audit.example.env)
  --no-audit           do not, if it ran before
  --cluster-name NAME  what the cards call this cluster
  --data-dir DIR       the data-dir of K3S, if it is not /var/lib/rancher/k3s
  --root DIR           put DIR before every path, for tests and images of cards
'

die() {
	echo "install.sh: $*" >&2
	exit 1
}

# place SOURCE TARGET MODE: whole or not at all, and under no name that K3S
# would read meanwhile.
place() {
	tmp=$(dirname "$2")/../.edgebell.$$
	cp "$1" "$tmp"
	chmod "$3" "$tmp"
	if [ -f "$2" ] && cmp -s "$tmp" "$2"; then
		rm -f "$tmp"
		echo "unchanged  $2"
	else
		mv -f "$tmp" "$2"
		echo "written    $2"
	fi
}

# value FILE NAME: of the last line NAME=value. It is never evaluated.
value() { sed -n "s/^$2=//p" "$1" | tail -n 1 | tr -d '\r'; }

check_env() {
	[ -f "$1" ] || die "$1: no such file"
	bad=$(grep -nvE '^([A-Z][A-Z0-9_]*=.*|[[:space:]]*#.*|[[:space:]]*)$' "$1" | head -n 1 | cut -d: -f1) || true
	[ -z "$bad" ] || die "$1, line $bad: want NAME=value"
}

# check_channel FILE: the mistake that is made most. What another channel or the
# routes need, notify itself says.
check_channel() {
	case $(value "$1" CHANNEL) in
	'' | feishu) ;;
	*) return ;;
	esac
	[ -n "$(value "$1" FEISHU_WEBHOOK_URL)$(value "$1" ROUTES)" ] ||
		die "$1: FEISHU_WEBHOOK_URL is empty: set it, or another CHANNEL, or ROUTES"
}

# secret FILE NAME NAMESPACE: a Secret, its values in base64, which no quote or
# line break in them can break.
secret() {
	printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\n  labels:\n    app.kubernetes.io/part-of: edgebell\ntype: Opaque\ndata:\n' "$2" "$3"
	sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p' "$1" | sort -u | while read -r name; do
		printf '  %s: %s\n' "$name" "$(printf %s "$(value "$1" "$name")" | base64 | tr -d '\n')"
	done
}

# manifest: the one for K3S, with settings and secrets filled in.
manifest() {
	from=$here/edgebell.yaml
	[ ! -f "$etc/audit.env" ] || from=$here/edgebell-audit.yaml
	[ -f "$from" ] || die "$from is missing: run this from the unpacked bundle"
	# A changed setting must restart the Pods; the hash in the template does it.
	sum=$(cat "$etc"/*.env "$etc"/cluster-name 2>/dev/null | sha256sum | cut -c 1-16)
	name=$(cat "$etc/cluster-name" 2>/dev/null || true)
	sed -e "s/^\( *\)kubectl.kubernetes.io\/default-container: .*/&\n\1edgebell.io\/secrets: \"$sum\"/" \
		-e "${name:+s/^  CLUSTER_NAME: .*/  CLUSTER_NAME: \"$name\"/}" "$from"
	secret "$etc/secret.env" edgebell edgebell
	[ ! -f "$etc/audit.env" ] || secret "$etc/audit.env" audit-webhook edgebell-audit
}

install() {
	[ ! -f "$here/SHA256SUMS" ] || (cd "$here" && sha256sum --quiet -c SHA256SUMS) || die "the bundle is damaged: copy it again"
	set -- "$here"/edgebell-images-*.tar.zst
	{ [ $# -eq 1 ] && [ -f "$1" ]; } || die "no edgebell-images-ARCH.tar.zst beside this script: run it from the unpacked bundle"
	images=$1
	[ -z "$root" ] && case "$images:$(uname -m)" in
	*arm64*:aarch64 | *armv7*:armv7l | *armv7*:aarch64 | *amd64*:x86_64) ;;
	*) die "$(basename "$images") is not for this machine ($(uname -m))" ;;
	esac
	[ -d "$root$data" ] || die "$root$data: no such folder: is K3S installed here? (--data-dir)"

	umask 077
	mkdir -p "$etc"
	[ -z "$secret" ] || { check_env "$secret" && cp "$secret" "$etc/secret.env"; }
	[ -z "$audit" ] || { check_env "$audit" && cp "$audit" "$etc/audit.env"; }
	[ -z "$no_audit" ] || rm -f "$etc/audit.env"
	[ -z "$cluster" ] || printf %s "$cluster" >"$etc/cluster-name"
	[ -f "$etc/secret.env" ] || die "--secret FILE is needed the first time (see secret.example.env)"
	check_channel "$etc/secret.env"

	(umask 022 && mkdir -p "$root$data/agent/images" "$root$data/server/manifests")
	# The images first: a Pod that starts before them would try the network.
	place "$images" "$root$data/agent/images/edgebell.tar.zst" 0644
	manifest >"$etc/.manifest.$$"
	place "$etc/.manifest.$$" "$root$data/server/manifests/edgebell.yaml" 0600
	rm -f "$etc/.manifest.$$"
	sync # a card of flash, and a plug that may be pulled
	echo "Edgebell $(cat "$here/VERSION" 2>/dev/null) is in place. K3S loads it within a minute (before v1.32, v1.31.5 or v1.30.9: at its next start)."
}

uninstall() {
	manifest=$root$data/server/manifests/edgebell.yaml
	# K3S does not delete what a deleted file had made.
	if [ -z "$root" ] && [ -f "$manifest" ] && command -v k3s >/dev/null; then
		mv "$manifest" "$manifest.skip"
		k3s kubectl delete --ignore-not-found --wait=false -f "$manifest.skip" || {
			mv "$manifest.skip" "$manifest"
			die "the objects could not be deleted; nothing was removed"
		}
		k3s kubectl -n kube-system delete addon edgebell --ignore-not-found || true
	fi
	rm -f "$manifest" "$manifest.skip" "$root$data/agent/images/edgebell.tar.zst"
	rm -rf "$etc"
	echo "Edgebell is removed, with its ledger and its settings."
}

here=$(cd "$(dirname "$0")" && pwd)
command='' root='' data=/var/lib/rancher/k3s secret='' audit='' no_audit='' cluster=''
while [ $# -gt 0 ]; do
	case $1 in
	--secret | --audit | --cluster-name | --data-dir | --root)
		{ [ $# -ge 2 ] && [ -n "$2" ]; } || die "$1: needs a value"
		;;
	esac
	case $1 in
	install | upgrade | uninstall)
		[ -z "$command" ] || die "two commands: $command and $1"
		command=$1
		;;
	--secret) secret=$2 && shift ;;
	--audit) audit=$2 && shift ;;
	--no-audit) no_audit=1 ;;
	--cluster-name) cluster=$2 && shift ;;
	--data-dir) data=$2 && shift ;;
	--root) root=${2%/} && shift ;;
	-h | --help)
		printf %s "$usage"
		exit 0
		;;
	*) die "unknown argument $1
$usage" ;;
	esac
	shift
done
case $cluster in
*[!A-Za-z0-9._-]*) die "--cluster-name $cluster: letters, digits, dot, dash and underscore only" ;;
esac
etc=$root/etc/edgebell
case $command in
install) install ;;
upgrade)
	[ -f "$etc/secret.env" ] || die "nothing to upgrade: $etc/secret.env is not there; use install"
	install
	;;
uninstall) uninstall ;;
*) die "no command
$usage" ;;
esac
