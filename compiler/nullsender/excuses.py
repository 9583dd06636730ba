"""What a refusal says where its rule leaves the words out: the same on every server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nullsender import condition as c
from nullsender.policy import Defer, Greylist, Rule

_WORDS: Mapping[type[c.Atom], Callable[[Any], str]] = {
    c.RecipientElsewhere: lambda _: "relaying is not permitted",
    c.RecipientUnknown: lambda _: "no such mailbox",
    c.RecipientFull: lambda _: "the mailbox is full",
    c.ClientListed: lambda atom: f"the client is listed in {atom.zone.domain}",
    c.ClientNameless: lambda _: "the address of the client has no name",
    c.Scoring: lambda _: "the message looks unwanted",
    c.RecipientIn: lambda _: "this recipient does not take such mail",
    c.SenderIn: lambda _: "mail of this sender is not taken",
    c.HeloIn: lambda _: "this name is not taken in HELO",
    c.ClientIn: lambda _: "mail of this client is not taken",
    c.SenderNull: lambda _: "bounces are not taken here",
}


def words_of(rule: Rule) -> str:
    """Return the text of a rule's reply: its own, or words for the first thing it asks for that has any."""
    if rule.reply.text is not None:
        return rule.reply.text
    if rule.limit:
        return "too many messages, try again later"
    if isinstance(rule.action, Greylist):
        return "try again later"
    asked = {type(atom): atom for sign, atom in c.literals(rule.when) if sign is c.Sign.IS}
    if c.RecipientsOver in asked:
        return "a bounce has one recipient" if c.SenderNull in asked else "too many recipients"
    for kind, words in _WORDS.items():
        if kind in asked:
            return words(asked[kind])
    return "try again later" if isinstance(rule.action, Defer) else "refused by policy"
