"""Where Postfix's files go, and the shell lines by which `apply.sh` puts them to work."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.target import Placement

_LISTS = 'sh "$NULLSENDER_HOME/nullsender/lists.sh"'
# What was built with passwords goes when no directory is asked any more.
_DIRECTORIES = (
    'if [ -f "$NULLSENDER_HOME/nullsender/directories/build.sh" ]; then '
    'sh "$NULLSENDER_HOME/nullsender/directories/build.sh"; else rm -rf -- "$NULLSENDER_HOME/nullsender/secrets"; fi'
)
_MEMORY = (
    'if [ -f "$NULLSENDER_HOME/nullsender/memory/build.sh" ]; then sh "$NULLSENDER_HOME/nullsender/memory/build.sh"; fi'
)

_ENTER = 'sh "$NULLSENDER_HOME/nullsender/merge.sh"'
_LEAVE = f'if [ -f "$NULLSENDER_HOME/nullsender/merge.sh" ]; then {_ENTER} undo; fi'

placements: Mapping[str, Placement] = {
    "debian": Placement(
        home="/etc/postfix",
        touches=("/etc/postfix/main.cf", "/etc/postfix/master.cf"),
        merge=(_LISTS, _DIRECTORIES, _MEMORY, _ENTER),
        install=(_LISTS, _DIRECTORIES, _MEMORY),
        check=(),
        sound=(
            '[ -e "$NULLSENDER_HOME/main.cf" ] || return 0',  # the host had none before
            'postconf -c "$NULLSENDER_HOME" -n >/dev/null',
            'postconf -c "$NULLSENDER_HOME" -M >/dev/null',
            # Debian keeps copies of files of /etc for services that run in a chroot, and says so when one is old.
            'said=$(postfix -c "$NULLSENDER_HOME" check 2>&1) || { echo "$said" >&2; exit 1; }',
            'echo "$said" | grep -v -e "^$" -e " differ$" >&2 || :',
        ),
        reload=('if postfix -c "$NULLSENDER_HOME" status 2>/dev/null; then postfix -c "$NULLSENDER_HOME" reload; fi',),
        leave=(_LEAVE,),
    )
}
