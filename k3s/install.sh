#!/bin/sh
# Sets up (or takes away) the audit webhook of a K3S server for Edgebell.
#
# A K3S server with a missing or wrong audit file does not start at all. So
# everything is made and checked in a folder aside first; then the files go in
# place, each by a rename; the drop-in that makes K3S use them comes last, and
# goes first when it is all taken away. Stopped at any point, the server starts.
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
conf=/etc/rancher/k3s
ours=$conf/edgebell
dropin=$conf/config.yaml.d/50-edgebell.yaml

root=''
action=install
dry=false
url=http://127.0.0.1:8082/
token_file=''
ca_file=''
binary=''

usage() {
	cat <<EOF
usage: install.sh [install|uninstall] [flags]

  --url URL          where the audit webhook listens ($url);
                     a path such as /clusters/pi names the cluster
  --token-file FILE  token of the webhook (AUDIT_TOKEN; of two lines the first);
                     without, one is made
  --ca FILE          certificate authority of an https URL
  --binary FILE      the audit-webhook program, for checking and merging policies
                     (beside this script, else in PATH)
  --root DIR         folder that holds the server's file system (/)
  --dry-run          check everything, say what would be done, change nothing
EOF
}

say() { printf '%s\n' "$*"; }
die() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}

options() {
	while [ $# -gt 0 ]; do
		case $1 in
		install | uninstall) action=$1 ;;
		--dry-run) dry=true ;;
		-h | --help)
			usage
			exit 0
			;;
		--url | --token-file | --ca | --binary | --root)
			[ $# -ge 2 ] || die "$1: must have a value"
			case $1 in
			--url) url=$2 ;;
			--token-file) token_file=$2 ;;
			--ca) ca_file=$2 ;;
			--binary) binary=$2 ;;
			--root) root=${2%/} ;;
			esac
			shift
			;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift
	done
}

# find_binary sets $binary, or leaves it empty.
find_binary() {
	if [ -n "$binary" ]; then
		[ -x "$binary" ] || die "--binary $binary: is not a program"
	elif [ -x "$here/audit-webhook" ]; then
		binary=$here/audit-webhook
	else
		binary=$(command -v audit-webhook || true)
	fi
}

# --- install ---------------------------------------------------------------

check_input() {
	case $url in
	http://* | https://*) ;;
	*) die "--url $url: must begin with http:// or https://" ;;
	esac
	case $url in
	*[!A-Za-z0-9:/._~%+\[\]-]*) die "--url $url: must have no user, query, space or other special sign" ;;
	esac
	[ -z "$ca_file" ] || [ -r "$ca_file" ] || die "--ca $ca_file: cannot be read"
	[ -z "$token_file" ] || [ -r "$token_file" ] || die "--token-file $token_file: cannot be read"
	[ -n "$binary" ] || die "the audit-webhook program is needed for checking: name it with --binary (make build puts it into .cache/bin)"
	for f in audit-policy.yaml webhook.kubeconfig 50-edgebell.yaml; do
		[ -r "$here/$f" ] || die "$here/$f: is missing; it comes with this script"
	done
}

# check_command_line: flags of the service make K3S ignore the same key in its
# configuration files.
check_command_line() {
	for f in "$root"/etc/systemd/system/k3s.service "$root"/etc/systemd/system/k3s.service.env \
		"$root"/usr/lib/systemd/system/k3s.service "$root"/lib/systemd/system/k3s.service \
		"$root"/etc/systemd/system/k3s.service.d/*.conf "$root"/etc/default/k3s \
		"$root"/etc/sysconfig/k3s "$root"/etc/init.d/k3s; do
		[ -r "$f" ] || continue
		if grep -q -e '^[^#]*kube-apiserver-arg' "$f"; then
			die "$f gives --kube-apiserver-arg on the command line, which makes K3S ignore it in configuration files: move it to $conf/config.yaml first"
		fi
		if grep -q -e '^[^#]*K3S_CONFIG_FILE' -e '^[^#]*--config' "$f"; then
			die "$f moves the configuration away from $conf/config.yaml, which this script does not follow"
		fi
	done
}

# secret prints the token: the given one, the one installed before, or a new one.
secret() {
	if [ -n "$token_file" ]; then
		value=$(sed -n 1p "$token_file") # an old token may stand below the new one
	elif [ -r "$root$ours/token" ]; then
		value=$(cat "$root$ours/token")
	else
		value=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
	fi
	case $value in
	'' | *[!A-Za-z0-9._~-]*) die "token: must be letters, digits, '.', '_', '~' or '-', as it stands in a URL" ;;
	esac
	printf '%s' "$value"
}

# make_kubeconfig puts the token into the URL: over plain HTTP nothing else of
# a kubeconfig is sent.
make_kubeconfig() {
	scheme=${url%%://*}
	at=${url#*://}
	while IFS= read -r line; do
		case $line in
		*SERVER_URL*)
			printf '%s\n' "      server: $scheme://edgebell:$1@$at"
			[ -z "$ca_file" ] || printf '%s\n' "      certificate-authority: $ours/ca.crt"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$here/webhook.kubeconfig"
}

# make_all makes everything in $stage, as it is to be under $root.
make_all() {
	mkdir -p "$stage$ours" "$stage${dropin%/*}"
	token=$(secret)
	printf '%s' "$token" >"$stage$ours/token"
	make_kubeconfig "$token" >"$stage$ours/webhook.kubeconfig"
	[ -z "$ca_file" ] || cat "$ca_file" >"$stage$ours/ca.crt"
	if [ -z "$policy" ]; then
		cat "$here/audit-policy.yaml" >"$stage$ours/audit-policy.yaml"
		cat "$here/50-edgebell.yaml" >"$stage$dropin"
		return
	fi
	[ -r "$root$policy" ] || die "audit policy $policy: is in effect but cannot be read; K3S would not start with it either"
	mkdir -p "$stage${policy%/*}"
	"$binary" merge-policy --policy "$root$policy" --rule "$here/audit-policy.yaml" --out "$stage$policy"
	grep -v 'audit-policy-file=' "$here/50-edgebell.yaml" >"$stage$dropin"
}

# place puts a file from $stage in place by a rename, readable by its owner alone
# (umask). The name it has before ends in nothing that K3S would read.
place() {
	if cmp -s "$stage$1" "$root$1"; then
		say "unchanged  $1"
		return
	fi
	if $dry; then
		say "would write  $1"
		return
	fi
	[ -d "$root$ours" ] || mkdir -p "$root$ours"
	[ -d "$root${dropin%/*}" ] || mkdir -p "$root${dropin%/*}"
	cp "$stage$1" "$root$1.edgebell-new"
	sync
	mv -f "$root$1.edgebell-new" "$root$1"
	say "wrote      $1"
}

# merge puts our rule into the policy that is there, and keeps what was.
merge() {
	if cmp -s "$stage$policy" "$root$policy"; then
		say "unchanged  $policy"
		return
	fi
	# An older rule of ours may be in it; that is not what was there before us.
	"$binary" unmerge-policy --policy "$root$policy" --rule "$here/audit-policy.yaml" --out "$stage$ours/policy.before"
	cp "$stage$policy" "$stage$ours/policy.after"
	printf '%s\n' "$policy" >"$stage$ours/policy.path"
	place "$ours/policy.before"
	place "$ours/policy.after"
	place "$ours/policy.path"
	if $dry; then
		say "would merge  $policy: a rule for Events in front"
		return
	fi
	"$binary" merge-policy --policy "$root$policy" --rule "$here/audit-policy.yaml" --out "$root$policy"
	say "merged     $policy: a rule for Events is in front now"
}

check() { "$binary" k3s-check --root "$root/" --rule "$here/audit-policy.yaml" "$@"; }

install_all() {
	find_binary
	check_input
	check_command_line
	stage=$(mktemp -d "${TMPDIR:-/tmp}/edgebell.XXXXXX")
	trap 'rm -rf "$stage"' EXIT
	trap 'exit 130' INT TERM HUP
	policy=$("$binary" k3s-policy --root "$root/")
	make_all
	check --stage "$stage" --drop-in "$stage$dropin" || die 'nothing was changed'

	place "$ours/token"
	place "$ours/webhook.kubeconfig"
	[ -z "$ca_file" ] || place "$ours/ca.crt"
	if [ -z "$policy" ]; then
		place "$ours/audit-policy.yaml"
	else
		merge
	fi
	if $dry; then
		place "$dropin"
		return
	fi
	sync
	check --drop-in "$stage$dropin" || die "the drop-in was not put in place: K3S goes on as before"
	place "$dropin"
	sync
	hints
}

hints() {
	if [ -n "$policy" ]; then
		cat <<EOF

$policy is the only policy an API server has, for its audit log as for the
webhook. From now on the audit log also holds the bodies of all writes of Events
(names of objects, messages), and the webhook is also sent what else the policy
tells of; Edgebell's audit webhook ignores it, but it costs the server a POST.
EOF
	fi
	cat <<EOF

The webhook must know the token, as AUDIT_TOKEN:
  kubectl -n edgebell-audit create secret generic audit-webhook --from-file=AUDIT_TOKEN=$ours/token
K3S reads its configuration at its start:
  systemctl restart k3s
EOF
}

# --- uninstall -------------------------------------------------------------

# drop removes a file.
drop() {
	[ -e "$root$1" ] || return 0
	if $dry; then
		say "would remove  $1"
		return
	fi
	rm -f "$root$1"
	say "removed    $1"
}

# restore brings back the policy from before, byte for byte if nobody has
# changed it since; otherwise only our rule is taken out. Without our rule's
# webhook the rule does no harm, so a server starts either way.
restore() {
	[ -r "$root$ours/policy.path" ] || return 0
	policy=$(cat "$root$ours/policy.path")
	if [ ! -e "$root$policy" ]; then
		say "gone       $policy"
	elif cmp -s "$root$policy" "$root$ours/policy.before"; then
		say "unchanged  $policy"
	elif $dry; then
		say "would restore  $policy"
	elif cmp -s "$root$policy" "$root$ours/policy.after"; then
		# A copy keeps owner and mode; then it gets its content. A link stays one.
		real=$(readlink -f "$root$policy")
		cp -p "$real" "$real.edgebell-new"
		cat "$root$ours/policy.before" >"$real.edgebell-new"
		sync
		mv -f "$real.edgebell-new" "$real"
		say "restored   $policy"
	elif [ -n "$binary" ]; then
		"$binary" unmerge-policy --policy "$root$policy" --rule "$here/audit-policy.yaml" --out "$root$policy" ||
			die "$policy was changed since: take the rule for Events out by hand, then run this again; the policy from before is $ours/policy.before"
		say "restored   $policy: it was changed since, only our rule was taken out"
	else
		die "$policy was changed since: name the audit-webhook program with --binary, or take the rule for Events out by hand and remove $ours"
	fi
}

uninstall_all() {
	find_binary
	if [ ! -e "$root$dropin" ] && [ ! -d "$root$ours" ]; then
		say 'nothing is installed'
		return
	fi
	drop "$dropin"
	$dry || sync
	if ! $dry && grep -rqs -e "^[^#]*$ours/" "$root$conf/config.yaml" "$root$conf/config.yaml.d"; then
		die "a configuration file in $conf still names files in $ours: they stay, or K3S would not start"
	fi
	restore
	for f in policy.path policy.before policy.after audit-policy.yaml webhook.kubeconfig ca.crt token; do
		drop "$ours/$f"
	done
	if ! $dry; then
		rm -f "$root$ours"/*.edgebell-new "$root$dropin.edgebell-new"
		[ ! -d "$root$ours" ] || rmdir "$root$ours"
		sync
		say ''
		say 'K3S reads its configuration at its start:'
		say '  systemctl restart k3s'
	fi
}

options "$@"
case $action in
install) install_all ;;
uninstall) uninstall_all ;;
esac
