"""Where Redis' file goes: Debian runs a Redis for each /etc/redis/redis-NAME.conf, by the unit redis-server@NAME."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.target import Placement

NAME = "nullsender"
FILE = "nullsender/redis.conf"
UNITS_FILE = f"redis-{NAME}.conf"  # what the unit reads: a link
# Redis has no switch that checks its file. Told to listen nowhere it ends at once, once it has read the file.
NOWHERE = ("--port", "0", "--dir", "/", "--logfile", "", "--pidfile", "", "--daemonize", "no")
READ_IT = "not listen anywhere"

_SERVICE = f"redis-server@{NAME}"
_NOWHERE = " ".join(word or "''" for word in NOWHERE)
_CHECK = (
    f'said=$(redis-server "$NULLSENDER_HOME"/{UNITS_FILE} {_NOWHERE} 2>&1) || :; '
    f"case $said in *'{READ_IT}'*) ;; *) echo \"$said\" >&2; exit 1 ;; esac"
)
_RELOAD = (
    f'if [ -d /run/systemd/system ]; then if [ -e "$NULLSENDER_HOME"/{UNITS_FILE} ]; '
    f"then systemctl enable --quiet {_SERVICE} && systemctl restart {_SERVICE}; "
    f"else systemctl disable --quiet --now {_SERVICE} || :; fi; fi"
)

_ENABLED = f"/etc/systemd/system/multi-user.target.wants/{_SERVICE}.service"

_LINK = f'ln -sfn {FILE} "$NULLSENDER_HOME"/{UNITS_FILE}'

placements: Mapping[str, Placement] = {
    "debian": Placement(
        home="/etc/redis",
        touches=(f"/etc/redis/{UNITS_FILE}", _ENABLED),
        merge=(_LINK,),
        install=(_LINK,),
        check=(_CHECK,),
        reload=(_RELOAD,),
        leave=(f'rm -f -- "$NULLSENDER_HOME"/{UNITS_FILE}',),
    )
}
