"""The mark by which a server knows, when a report is due, whose sender passed SPF or DMARC as the message came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nullsender import condition as c
from nullsender import policy as p
from nullsender.policy import Stage

_WORDS = "mark senders passing spf or dmarc"
_ID = "mark-senders-passing-spf-or-dmarc"


def marks(statements: Iterable[p.Statement], deployments: tuple[str, ...], *, upstream: bool) -> Iterator[p.Rule]:
    """Yield the rule that marks messages, for the deployments whose reports are for such senders.

    Of machines in front nobody knows whether their senders passed; the null sender never gets a report.
    """
    said = [(statement, statement.setting) for statement in statements if isinstance(statement.setting, p.SendNdrs)]
    named = {name for statement, _ in said for name in statement.on}
    for statement, setting in said:
        on = statement.on or tuple(name for name in deployments if name not in named)
        if setting.to is p.NdrTo.PASSING and on:
            passing = c.AnyOf((c.SpfIs("pass"), c.DmarcIs("pass")))
            yield p.Rule(
                id=_ID if on == deployments else f"{_ID}-on-{'-'.join(on)}",
                action=p.Tag(*p.PASSING_MARK),
                when=c.both(c.Not(c.SenderNull()), passing),
                unless=(c.Trusted(), *((c.Upstream(),) if upstream else ())),
                stage=Stage.CONTENT,
                reply=p.Reply(250, "2.0.0"),
                span=statement.span,
                words=_WORDS,
                on=() if on == deployments else on,
            )
