"""Where postsrsd's unit goes. Debian's package has one of its own, whose settings stay its owner's."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.target import Placement

HOME = "/etc/default"  # where the package has its settings
UNIT, SCRIPT = "nullsender/postsrsd.service", "nullsender/postsrsd.sh"

_NAME = "nullsender-postsrsd.service"
_LINK = f"/etc/systemd/system/{_NAME}"
_ENABLED = f"/etc/systemd/system/multi-user.target.wants/{_NAME}"
_OURS = f'"$NULLSENDER_HOME"/{UNIT}'
_JOIN = (
    "mkdir -p /etc/systemd/system",
    f"if [ -e {_OURS} ]; then ln -sfn {_OURS} {_LINK}; else rm -f {_LINK}; fi",
)
_CHECK = f"[ ! -e {_OURS} ] || [ -x /usr/sbin/postsrsd ] || {{ echo 'postsrsd is not installed' >&2; exit 1; }}"
_RELOAD = (
    f"if [ -d /run/systemd/system ]; then systemctl daemon-reload; if [ -e {_OURS} ]; "
    f"then systemctl enable --quiet {_NAME} && systemctl restart {_NAME}; "
    f"else systemctl stop --quiet {_NAME} 2>/dev/null || :; fi; fi"
)

placements: Mapping[str, Placement] = {
    "debian": Placement(
        home=HOME,
        touches=(_LINK, _ENABLED),
        merge=_JOIN,
        install=_JOIN,
        check=(_CHECK,),
        reload=(_RELOAD,),
        leave=(f"rm -f -- {_LINK} {_ENABLED}",),
    )
}
