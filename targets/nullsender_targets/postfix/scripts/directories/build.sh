#!/bin/sh
# Usage: sh build.sh
# Put passwords to the settings of directories, where nobody reads them but root and the service that asks. Run it again
# when a password has changed.
set -eu
ours=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
secrets=$ours/secrets

for kind in $(cut -d ' ' -f 2 "$ours"/directories/*.tables | sort -u); do
	postconf -m | grep -qx "$kind" || {
		echo "Postfix has no tables of type $kind: apt-get install postfix-$kind" >&2
		exit 1
	}
done
rm -rf -- "$secrets"
umask 077
mkdir -- "$secrets"
chown daemon "$secrets"
[ ! -f "$ours/directories/passwords" ] || while read -r name setting file; do
	password=
	IFS= read -r password <"$file" || [ -n "$password" ]
	case $password in
	'' | [[:space:]]* | *[[:space:]])
		echo "$file: its first line holds no password that Postfix can read" >&2
		exit 1
		;;
	esac
	{
		cat -- "$ours/directories/$name"
		printf '%s = %s\n' "$setting" "$password"
	} >"$secrets/$name"
	chown daemon "$secrets/$name"
done <"$ours/directories/passwords"
