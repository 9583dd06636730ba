"""Show messages to a filter alone: at its door the evaluator says who comes in, as a server in front of it would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nullsender.lab.composing import asked_of, compose
from nullsender.lab.playing import Player
from nullsender.lab.replies import Reply
from nullsender.lab.tagging import Tags
from nullsender.message import read_message
from nullsender.observation import Arrived, Ndr, Observed, Said
from nullsender.session import Fields, Session
from nullsender.verdict import SPLIT, Decision, Verdict
from tests.targets.rspamd.milter import Mail, Outcome, filtered

_ACCEPTED = Said(250, "2.0.0", "ok")


@dataclass(frozen=True, slots=True)
class Doorway:
    """A filter that runs, and the server that is not there: it relays, knows who exists, and delivers."""

    player: Player

    def play(self, session: Session, verdict: Verdict) -> Observed:
        """Play a session whose recipients are received as its verdict says, and return what was seen."""
        self.player.prepare(session)
        self.player.go_before(session, lambda: self._attempt(session, verdict))
        return self._attempt(session, verdict)

    def _attempt(self, session: Session, verdict: Verdict) -> Observed:
        deployed = self.player.deployed
        mark = deployed.mark()
        recipients = tuple(self._received(recipient, decision) for recipient, decision in verdict.recipients)
        accepted = tuple(recipient for recipient, said in recipients if not said.refuses)
        refused = " ".join(said.text for _, said in recipients if said.refuses)
        if not accepted:
            return Observed(recipients, log=refused)
        _, octets = compose(session, asked_of(deployed.policy))
        fields, body = read_message(octets).fields, octets.partition(b"\n\n")[2].decode().replace("\n", "\r\n")
        tags = Tags(deployed.policy, deployed.plan.name, deployed.plan.dialect)
        sent = tuple(tags.sent(recipient, session) for recipient in accepted)
        mail = Mail(session.sender, sent, session.client, session.helo, session.login, fields, body)
        outcome = filtered(mail)
        arrived = tuple(_arrived(session.sender, sent, fields, outcome))
        found = Observed(
            recipients,
            data=Said(354),
            end=_end(outcome),
            arrived=arrived,
            held=outcome.held,
            ndrs=tuple(Ndr(to) for to in verdict.ndrs),
            log=f"{refused}\n{deployed.log_since(mark)}",
        )
        return replace(found, ill_signed=tuple(tags.wrong(found, session)))

    def _received(self, recipient: str, decision: Decision) -> tuple[str, Said]:
        """Return the reply to a recipient: only relaying, existence and split mail are decided at the door."""
        own = {rule.id for rule in self.player.deployed.policy.rules if rule.existence or rule.relaying} | {SPLIT}
        reply = decision.reply
        if not decision.outcome.refuses or reply is None or decision.rule not in own:
            return recipient, _ACCEPTED
        return recipient, Said(reply.code, reply.enhanced, f"{reply.text or 'no'} [{decision.rule}]")


def _end(outcome: Outcome) -> Said:
    if not outcome.reply:
        return _ACCEPTED
    code, text = outcome.reply.split(" ", 1)
    reply = Reply(int(code), (text,))
    return Said(reply.code, reply.enhanced, reply.text)


def _arrived(sender: str, recipients: tuple[str, ...], fields: Fields, outcome: Outcome) -> Iterator[Arrived]:
    if outcome.reply or outcome.discarded or outcome.held:
        return
    removed = {name.lower() for name in outcome.removed}
    left = tuple((name, value) for name, value in fields if name.lower() not in removed)
    gone = {_plain(one) for one in outcome.recipients_removed}
    there = tuple(one for one in recipients if _plain(one) not in gone)
    sender = sender if outcome.sender is None else outcome.sender
    yield Arrived(False, sender, (*there, *map(_plain, outcome.recipients_added)), (*left, *outcome.added))


def _plain(recipient: str) -> str:
    return recipient.removeprefix("<").removesuffix(">")
