#!/bin/sh
# Usage: sh build.sh
# Put passwords to the settings of directories, where nobody reads them but root and Exim. Run it again, and have Exim
# read its configuration again, when a password has changed.
set -eu
ours=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
secrets=$ours/secrets

password_of() { # NAME: the first line of the file that holds it
	file=$(sed -n "s/^$1 //p" "$ours/directories/passwords")
	[ -n "$file" ] || return 0
	password=
	IFS= read -r password <"$file" || [ -n "$password" ]
	case $password in
	'' | [[:space:]]* | *[[:space:]])
		echo "$file: its first line holds no password that can be written down" >&2
		exit 1
		;;
	esac
	printf '%s' "$password"
}
for_exim() { chown "root:$(stat -c %G /var/spool/exim4)" "$1" && chmod "$2" "$1"; }

rm -rf -- "$secrets"
umask 077
mkdir -- "$secrets"
for service in "$ours"/directories/*.service; do
	[ -f "$service" ] || continue
	name=$(basename -- "$service" .service)
	password=$(password_of "$name")
	{
		cat -- "$service"
		[ -z "$password" ] || printf 'password=%s\n' "$password"
	} >>"$secrets/services"
done
list=
for server in "$ours"/directories/*.server; do
	[ -f "$server" ] || continue
	name=$(basename -- "$server" .server)
	password=$(password_of "$name")
	case $password in
	*/*)
		echo "$file: in Exim's list of servers a password cannot hold \`/\`" >&2
		exit 1
		;;
	esac
	list="$list| $(cat -- "$server")$(printf '%s' "$password" | sed 's/|/||/g') "
done
if [ -n "$list" ]; then # in octal, since a macro's name would be replaced
	octal=$(printf '<%s' "$list" | od -An -v -to1 | tr -d '\n' | sed 's/ /\\/g')
	printf 'hide mysql_servers = "%s"\n' "$octal" >"$secrets/mysql.conf"
fi
while read -r name file; do # what Exim reads by itself
	if [ ! -f "$ours/directories/$name.service" ] && [ ! -f "$ours/directories/$name.server" ]; then
		password_of "$name" >"$secrets/$name.password"
	fi
done <"$ours/directories/passwords"
for file in "$secrets"/*; do [ ! -f "$file" ] || for_exim "$file" 640; done
for_exim "$secrets" 750
