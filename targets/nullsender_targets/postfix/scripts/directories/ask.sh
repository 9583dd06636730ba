#!/bin/sh
# Usage: sh ask.sh
# Run by spawn(8) for smtpd, in whose policy protocol it is asked whether a recipient exists. The context of a question
# is NUMBER:CLASS: the tables of NUMBER.tables are asked in turn, each for so many seconds at most. One that knows the
# recipient is enough; else one that fails defers, and else what stands in the restriction class is to happen.
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin # spawn(8) hands none on
LC_ALL=C
export PATH LC_ALL
ours=${0%/directories/ask.sh}
home=${ours%/*}

known_to() { # SECONDS KIND FILE: 0 known, 1 unknown, 2 it cannot be told
	table=$2:$3
	readable "$2" "$3" || return 2
	found=unionmap:{pipemap:{pcre:$ours/keys/written.pcre,$table}
	case ${recipient%@*} in
	*[!a-zA-Z0-9.!#$%\&\'*+/=?^_\`{\|}~-]*) ;; # it came in quotes, and has no subaddress
	*) [ ! -f "$ours/keys/plain.pcre" ] || found=$found,pipemap:{pcre:$ours/keys/plain.pcre,$table} ;;
	esac
	said=$(timeout -k 1 "$1" postmap -c "$home" -q "$recipient" "$found}" 2>&1 >/dev/null)
	status=$?
	[ "$status" -ne 0 ] || return 0
	[ "$status" -ne 1 ] || [ -n "$said" ] || return 1
	[ "$status" -ne 124 ] && [ "$status" -ne 137 ] || said="no answer within $1 s"
	tell "$table: $said"
	return 2
}
readable() { # KIND FILE: whether the database is there: SQLite would make it, and postmap waits a second before it ends
	case $1 in
	sqlite) path=$(sed -n 's/^dbpath = //p' "$2") ;;
	lmdb) path=$2.lmdb ;;
	*) return 0 ;;
	esac
	[ -r "$path" ] && return 0
	tell "$path cannot be read"
	return 1
}
tell() { postlog -c "$home" -t nullsender/directories -p warn "$1" 2>/dev/null || :; }
decide() {
	failed=
	while read -r seconds kind file; do
		case $file in /*) ;; *) file=$ours/$file ;; esac
		known_to "$seconds" "$kind" "$file" </dev/null
		case $? in
		0) echo DUNNO && return ;;
		2) failed=yes ;;
		esac
	done <"$ours/directories/${context%%:*}.tables"
	if [ -n "$failed" ]; then echo '451 4.3.0 cannot look up this recipient now, try again later'; else echo "${context#*:}"; fi
}

recipient= context=
while IFS= read -r line; do
	case $line in
	recipient=*) recipient=${line#*=} ;;
	policy_context=*) context=${line#*=} ;;
	'')
		printf 'action=%s\n\n' "$(decide)"
		recipient= context=
		;;
	esac
done
