#!/bin/sh
# Writes the facts anew: harvest.sh WORKDIR TITLE... > ../testdata/facts.txt, on Debian, with the packages that WORKDIR/packages names, one a line.
# They are unpacked below WORKDIR and not installed; of what is in them only busybox is run, and only with --help.
set -eu
work=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$work/debs" "$work/root" "$work/help"
(cd "$work/debs" && xargs apt-get -o APT::Sandbox::User=root download <"$work/packages" >&2)
for deb in "$work"/debs/*.deb; do
	dpkg-deb -x "$deb" "$work/root"
	dpkg-deb -c "$deb" | awk -v p="$(dpkg-deb -f "$deb" Package)" -v v="$(dpkg-deb -f "$deb" Version)" -v OFS='\t' '
		$6 ~ /usr\/share\/man\/man[1-8]\// { sub(/^\.\/usr\/share\/man\//, "", $6); print p, v, $6, $8 }'
done >"$work/pages"
version=$(awk -F'\t' '$1 == "busybox" { print $2; exit }' "$work/pages")
for applet in $("$work/root/bin/busybox" --list); do
	{ echo "busybox $version"; "$work/root/bin/busybox" "$applet" --help 2>&1 </dev/null; } >"$work/help/busybox:$applet"
done
cd "$here" && go run . -root "$work/root" -pages "$work/pages" -help "$work/help" "$@"
