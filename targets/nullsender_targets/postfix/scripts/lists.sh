#!/bin/sh
# Usage: sh lists.sh
# Build the index of every list, and drop indexes whose list is gone.
set -eu
ours=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=$(dirname -- "$ours")

for index in "$ours"/lists/*.lmdb; do
	[ -e "${index%.lmdb}" ] || rm -f -- "$index"
done
for list in "$ours"/lists/*; do
	case $list in *.lmdb | *.pcre | *.cidr | *'*') continue ;; esac
	postmap -c "$home" "lmdb:$list"
done
