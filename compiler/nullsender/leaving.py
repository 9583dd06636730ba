"""What leaves the system when a message was accepted: reports of what could not be delivered, and its reverse-path."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender import canonical
from nullsender import condition as c
from nullsender import policy as p
from nullsender.asking import View, ask, served
from nullsender.membership import has_address
from nullsender.scope import statements_of


def ndrs(view: View) -> tuple[str, ...]:
    """Return to whom reports leave: the sender, where some recipient is refused in the end and the policy lets it.

    The null sender never gets one (RFC 5321 §4.5.5).
    """
    session = view.session
    lost = any(not session.absent.isdisjoint(view.forms(recipient)) for recipient in view.recipients)
    return (session.sender,) if lost and session.sender != "" and _may_have_ndrs(view) else ()


def is_signed(view: View) -> bool:
    """Tell whether the reverse-path gets a BATV tag: a set's senders, trusted clients, and somebody elsewhere."""
    forms = view.forms(view.session.sender)
    return canonical.taggable(view.session.sender) and any(
        has_address(setting.senders, forms) is True
        and ask(view, c.Trusted()) is True
        and any(served(view, recipient) is False for recipient in view.recipients)
        for setting in _settings(view)
        if isinstance(setting, p.SignBatv)
    )


def _may_have_ndrs(view: View) -> bool:
    to = next((setting.to for setting in _settings(view) if isinstance(setting, p.SendNdrs)), p.NdrTo.ANYONE)
    trusted, upstream = ask(view, c.Trusted()), ask(view, c.Upstream())
    match to:
        case p.NdrTo.ANYONE:
            return True
        case p.NdrTo.TRUSTED:
            return trusted is True
        case p.NdrTo.PASSING:
            passing = "pass" in (view.session.spf, view.session.dmarc)
            return trusted is True or (passing and trusted is False and upstream is False)  # unknown: no rule marks it
        case p.NdrTo.NOBODY:
            return False


def _settings(view: View) -> Iterator[object]:
    return (statement.setting for statement in statements_of(view.policy, view.deployment))
