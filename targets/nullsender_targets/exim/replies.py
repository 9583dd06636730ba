"""The words of Exim's replies where the policy leaves them to the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nullsender import condition as c
from nullsender import policy as p

_WORDS: Mapping[type, Callable[[Any], str]] = {
    c.RecipientElsewhere: lambda _: "relaying is not permitted",
    c.RecipientUnknown: lambda _: "no such mailbox",
    c.RecipientsOver: lambda atom: f"no more than {atom.count} recipient{'s' * (atom.count > 1)} for this message",
    c.ClientListed: lambda atom: f"the client is listed in {atom.zone.domain}",
    c.ClientNameless: lambda _: "the address of the client has no name",
    c.Scoring: lambda _: "the message looks unwanted",
    c.RecipientIn: lambda _: "this recipient does not take such mail",
    c.SenderIn: lambda _: "mail of this sender is not taken",
    c.HeloIn: lambda _: "this name is not taken in HELO",
    c.ClientIn: lambda _: "mail of this client is not taken",
}


def text_of(rule: p.Rule) -> str:
    """Return words for the first question of the rule that has any."""
    asked = {type(atom): atom for sign, atom in c.literals(rule.when) if sign is c.Sign.IS}
    for kind, words in _WORDS.items():
        if kind in asked:
            return words(asked[kind])
    return "try again later" if isinstance(rule.action, p.Defer | p.Greylist) else "refused by policy"
