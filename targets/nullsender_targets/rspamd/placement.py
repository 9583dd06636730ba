"""Where rspamd's files go, and the shell lines by which `apply.sh` puts them to work."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.shell import added, taken_out
from nullsender.target import Placement

# The only lines in a file of the owner. `lua =` must stand there itself: inside the include it would replace the stock
# rules instead of joining them.
OWNERS_FILE = "rspamd.conf.local"
OWNERS_LINES = (
    '.include(try=false; priority=1; duplicate=merge) "$LOCAL_CONFDIR/nullsender/nullsender.conf"',
    'lua = "$LOCAL_CONFDIR/nullsender/engine.lua";',
)

_FILE = f'"$NULLSENDER_HOME"/{OWNERS_FILE}'


# configtest ends with 0 for much that does not work: what it says of our files counts as well.
_CONFIGTEST = (
    'said=$(rspamadm configtest 2>&1) || { echo "$said" >&2; exit 1; }; '
    'if echo "$said" | grep -i nullsender >&2; then exit 1; fi'
)


def _shows(section: str, text: str, complaint: str) -> str:
    dump = f"rspamadm configdump -j {section} 2>/dev/null"
    return f"{dump} | grep -qF '{text}' || {{ echo '{complaint}' >&2; exit 1; }}"


_CHECK = (
    _shows("nullsender", '"rules"', "rspamd does not see the section nullsender"),
    _shows("lua", "nullsender/engine.lua", "rspamd does not load nullsender/engine.lua"),
    _shows("lua", "rules/rspamd.lua", "rspamd does not load its own rules any more"),
)
# Without systemd: in the foreground rspamd writes no pid, but its processes say what they are. Only those that see our
# files are ours; others may run in containers.
_IS_OURS = '[ "$(readlink "$main/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ]'
_FOREGROUND = (
    "for main in $(grep -lz '^rspamd: main process' /proc/[0-9]*/cmdline 2>/dev/null); do main=${main%/cmdline}; "
    f'if {_IS_OURS}; then kill -HUP "${{main#/proc/}}" || :; fi; done'
)
_SERVICE = "! systemctl is-active --quiet rspamd || systemctl reload rspamd"
_RELOAD = (f"if [ -d /run/systemd/system ]; then {_SERVICE}; else {_FOREGROUND}; fi",)

placements: Mapping[str, Placement] = {
    "debian": Placement(
        home="/etc/rspamd",
        touches=(f"/etc/rspamd/{OWNERS_FILE}",),
        merge=tuple(added(line, _FILE) for line in OWNERS_LINES),
        install=(),
        check=_CHECK,
        reload=_RELOAD,
        sound=(f"! command -v rspamadm >/dev/null || {{ {_CONFIGTEST}; }}",),
        leave=(taken_out(OWNERS_LINES, _FILE),),
    )
}
