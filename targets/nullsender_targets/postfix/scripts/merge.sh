#!/bin/sh
# Usage: sh merge.sh [undo]
#
# Join the policy to the main.cf and master.cf that are there, or take it out again. What the owner has is kept: a value
# that has to change is written down in .was, and every run begins by putting back what an earlier one changed.
set -eu
ours=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=$(dirname -- "$ours")
undoes=$ours/.was

conf() { postconf -c "$home" "$@"; }
lines() { grep -v -e '^#' -e '^$' -- "$1" || :; }

undo() {
	[ ! -f "$ours/.before" ] || mv -- "$ours/.before" "$undoes" # as it was called once
	[ -f "$undoes" ] || return 0
	conf -n 2>/dev/null >"$ours/.lines"
	sed -n 's/^became //p' "$undoes" | while IFS= read -r line; do
		name=${line%% =*}
		grep -qxF -e "$line" "$ours/.lines" || {
			echo "main.cf: $name was changed by hand; what an earlier policy had put there is taken out, and with it:"
			grep -e "^$name = " "$ours/.lines" || echo "$name = (nothing)"
		} >&2
	done
	while IFS= read -r line; do
		what=${line#* }
		case $line in
		'set '*) conf -e "$what" ;;
		'unset '*) conf -X "$what" ;;
		'service '*) conf -MX "$what" ;;
		'option '*) conf -PX "$what" 2>/dev/null || : ;; # gone with its service
		'option-was '*) conf -P "$what" ;;
		esac
	done <"$undoes"
	rm -f -- "$undoes"
}
was() { # write down what a parameter is before it is changed
	now=$(conf -n "$1" 2>/dev/null)
	if [ -n "$now" ]; then printf 'set %s\n' "$now"; else printf 'unset %s\n' "$1"; fi >>"$undoes"
}
joined() { # two lists as one
	if [ -n "$1" ] && [ -n "$2" ]; then printf '%s, %s' "$1" "$2"; else printf '%s%s' "$1" "$2"; fi
}
without() { # WORD LIST
	printf '%s' "$2" | tr -s ', \t' '\n' | grep -vix -e "$1" -e '' | tr '\n' ' '
}
main_cf() { # ask first and change then: postconf warns of parameters that nothing uses yet when it is asked
	classes=$(conf -h smtpd_restriction_classes)
	was smtpd_restriction_classes
	lines "$ours/main.cf.add" >"$ours/.lines"
	while IFS= read -r line; do
		printf 'unset %s\n' "${line%% =*}" >>"$undoes"
		set -- "$@" "$line"
	done <"$ours/.lines"
	lines "$ours/main.cf.change" >"$ours/.lines"
	while IFS= read -r line; do
		how=${line%% *}
		line=${line#* }
		name=${line%% =*}
		value=${line#*= }
		if [ "$name" = smtpd_restriction_classes ]; then
			classes=$(joined "$classes" "$value")
			continue
		fi
		was "$name"
		now=$(conf -h "$name")
		case $how in
		set) set -- "$@" "$name = $value" ;;
		unless) [ -n "$now" ] || set -- "$@" "$name = $value" ;;
		first) set -- "$@" "$name = $(joined "$value" "$now")" ;;
		without) set -- "$@" "$name = $(without "$value" "$now")" ;;
		named) set -- "$@" "$name = $now" ;;
		last) set -- "$@" "$name = $(joined "$now" "$value")" ;;
		wrap)
			site=nullsender_site_${name#smtpd_}
			printf 'unset %s\n' "$site" >>"$undoes"
			classes=$(joined "$classes" "$site")
			# smtpd ends at a class of nothing
			set -- "$@" "$site = ${now:-check_client_access static:DUNNO}" "$name = $value, $site"
			;;
		esac
	done <"$ours/.lines"
	rm -f -- "$ours/.lines"
	names=' '
	for change in "$@" "smtpd_restriction_classes = $classes"; do # at once: in no order
		conf -e "$change"
		names="$names${change%% =*} "
	done
	conf -n 2>/dev/null | while IFS= read -r line; do
		case $names in *" ${line%% =*} "*) printf 'became %s\n' "$line" >>"$undoes" ;; esac
	done
}
master_cf() {
	lines "$ours/master.cf.add" | while IFS= read -r line; do
		printf 'service %s\n' "${line%%=*}" >>"$undoes"
		conf -M "$line"
	done
	options "$ours/master.cf.entrance" smtp/inet smtpd/pass
	options "$ours/master.cf.reporting" bounce/unix defer/unix trace/unix
}
options() { # FILE SERVICE...
	file=$1
	shift
	for service; do
		[ -n "$(conf -M "$service" 2>/dev/null)" ] || continue
		lines "$file" | while IFS= read -r line; do
			name=${line%%=*}
			now=$(conf -P "$service/$name" 2>/dev/null || :)
			if [ -n "$now" ]; then printf 'option-was %s\n' "$now"; else printf 'option %s\n' "$service/$name"; fi >>"$undoes"
			conf -P "$service/$line"
		done
	done
}

undo
[ "${1-}" = undo ] && exit 0
: >"$undoes"
master_cf
main_cf # last: every program of Postfix waits until main.cf has not changed for two seconds
