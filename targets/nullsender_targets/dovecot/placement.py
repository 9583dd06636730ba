"""Where Dovecot's files go, and the shell lines by which `apply.sh` puts them to work."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.target import Placement

_OURS = '"$NULLSENDER_HOME/conf.d/99-nullsender.conf"'
_SCRIPT = '"$NULLSENDER_HOME/nullsender/answers.sieve"'
_CONF = 'doveconf -c "$NULLSENDER_HOME/dovecot.conf"'

# Pigeonhole runs sieve_before, sieve_before2, … up to the first that is not there: ours takes the next number.
_JOIN = (
    f"rm -f -- {_OURS}",
    f"if [ -f {_SCRIPT} ]; then",
    "number=",
    f'while [ -n "$({_CONF} -h "plugin/sieve_before$number")" ]; do number=$((${{number:-1}} + 1)); done',
    f"printf 'plugin {{\\n  sieve_before%s = file:%s\\n}}\\n' \"$number\" {_SCRIPT} >{_OURS}",
    f'sievec -c "$NULLSENDER_HOME/dovecot.conf" {_SCRIPT}',
    "fi",
)


def _unless(test: str, complaint: str) -> str:
    """Return the line that fails where there is a script and a test of the configuration is not met."""
    return f"[ ! -f {_SCRIPT} ] || {test} || {{ echo '{complaint}' >&2; exit 1; }}"


_PLUGINS = f"{{ {_CONF} -f protocol=lmtp -h mail_plugins; {_CONF} -f protocol=lda -h mail_plugins; }}"
_CHECK = (
    _unless(f"{_CONF} -n | grep -qF {_SCRIPT}", "Dovecot does not read conf.d/99-nullsender.conf"),
    _unless(f"{_PLUGINS} | grep -qw sieve", "no script would run: mail_plugins of lmtp and lda are without sieve"),
)
_RELOAD = ("if doveadm service status master >/dev/null 2>&1; then doveadm reload; fi",)

placements: Mapping[str, Placement] = {
    "debian": Placement(
        home="/etc/dovecot",
        touches=("/etc/dovecot/conf.d/99-nullsender.conf",),
        merge=_JOIN,
        install=_JOIN,
        check=_CHECK,
        reload=_RELOAD,
        sound=(f"! command -v doveconf >/dev/null || {_CONF} -n >/dev/null",),
        leave=(f"rm -f -- {_OURS}",),
    )
}
