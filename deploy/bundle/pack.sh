#!/bin/sh
# Packs what a node without internet needs. Called by deploy.mk:
#   pack.sh DIST VERSION ARCH IMAGE-TOOL MANIFESTS-TOOL ARCHIVE...
set -eu

dist=$1 version=$2 arch=$3 image=$4 manifests=$5
shift 5
here=$(dirname "$0")
name=edgebell-$version-$arch
out=$dist/$name

command -v zstd >/dev/null || {
	echo "bundle: needs zstd (apt-get install zstd)" >&2
	exit 1
}

rm -rf "$out"
mkdir -p "$out"
"$image" bundle -arch "$arch" -created "$SOURCE_DATE_EPOCH" -o "$out/images.tar" "$@"
# Layers are uncompressed inside and compressed here, all together: the three
# programs share much of their code. K3S refuses windows over 32 MiB (2^25).
zstd -19 --long=25 -T1 -q --rm "$out/images.tar" -o "$out/edgebell-images-$arch.tar.zst"

"$manifests" render "$here/../overlays/edge/core" >"$out/edgebell.yaml"
"$manifests" render "$here/../overlays/edge-audit/core" >"$out/edgebell-audit.yaml"
cp "$here/install.sh" "$here/install.md" "$out/"
cp "$here/../overlays/edge/secret.example.env" "$out/secret.example.env"
cp "$here/../components/networkpolicy/mail/policy.yaml" "$out/network-mail.yaml"
cp "$here/../overlays/edge-audit/audit.example.env" "$out/audit.example.env"
printf '%s\n' "$version" >"$out/VERSION"
chmod 0755 "$out/install.sh"
(cd "$out" && LC_ALL=C sha256sum -- * >../"$name.sha256sums" && mv ../"$name.sha256sums" SHA256SUMS)

cp "$out/edgebell-images-$arch.tar.zst" "$dist/edgebell-images-$arch.tar.zst"
tar -C "$dist" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf "$dist/$name.tar" "$name"
ls -l "$dist/$name.tar"
