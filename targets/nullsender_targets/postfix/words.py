"""Say what a refused client is told where the policy does not say it."""

from __future__ import annotations

from nullsender import condition as c
from nullsender.policy import Rule


def words_of(rule: Rule) -> str:
    """Return the text of a rule's reply."""
    if rule.reply.text is not None:
        return rule.reply.text
    if rule.relaying:
        return "relaying denied"
    asked = {type(atom) for sign, atom in c.literals(rule.when) if sign is c.Sign.IS}
    return next((text for kind, text in _WORDS if kind in asked), "refused by policy")


_WORDS: tuple[tuple[type[c.Atom], str], ...] = (
    (c.RecipientUnknown, "no such recipient here"),
    (c.RecipientsOver, "a bounce has one recipient"),
    (c.ClientListed, "the client is listed"),
    (c.RecipientIn, "no mail of this kind to this address"),
    (c.SenderIn, "no mail from this sender"),
    (c.HeloIn, "no mail from a host that calls itself so"),
    (c.ClientIn, "no mail from this host"),
)
