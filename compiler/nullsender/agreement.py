"""Compare what a policy means for a session with what was seen of it at a real server.

What may differ is the code of a reply for which the rule writes none, within its class, and what the plan lists for a
rule: another code, the message instead of the recipient, no id in reply and log. A rule that may fire in fewer
sessions, for more recipients, or that another deployment has decided already, leaves open what becomes of what it spoke
about. And where a file of the server's is missing that a rule asks, a server may answer 4xx instead of taking it for
unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nullsender import canonical, srs
from nullsender import condition as c
from nullsender import policy as p
from nullsender.asking import POSTMASTER, View, ask, served
from nullsender.capability import Loss
from nullsender.lists import sets_of
from nullsender.observation import RETURNED, RETURNED_HEADERS, Arrived, Observed, Said
from nullsender.plan import DeploymentPlan
from nullsender.policy import Policy, Rule
from nullsender.scope import rules_of, srs_of, statements_of, trusted_of
from nullsender.session import Fields, Session, Stage
from nullsender.verdict import ACCEPTED, SPLIT, SPLIT_REPLY, Decision, Effect, Outcome, Verdict

JUNK = ("X-Spam", "Yes")
_OPEN = frozenset({Loss.NARROWER, Loss.SCOPE})
_CLASS = {Outcome.REJECT: 5, Outcome.DEFER: 4}
_RETURNED = {
    p.Returned.NOTHING: frozenset[str](),
    p.Returned.HEADERS: RETURNED_HEADERS,
    p.Returned.EVERYTHING: RETURNED,
}
_SPOKE = (Effect.DECIDES, Effect.REPORTS, Effect.ADDS, Effect.COUNTS)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that was not as it is meant to be; `recipient` is None where it is about the whole message."""

    what: str
    expected: str
    got: str
    recipient: str | None = None

    def __str__(self) -> str:
        about = "the message" if self.recipient is None else f"<{self.recipient}>"
        return f"{self.what} of {about}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True)
class Signs:
    """How rules show at a deployment, as its targets say: texts that stand for ids, replies that stand for others.

    `texts` are the `fixed_texts` of the manifest. `replies` are codes that a component gives where a rule writes none;
    None allows every code of the class. `unreadable` are its replies where it cannot read a file that a rule asks.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    replies: frozenset[tuple[int, str]] | None = None
    unreadable: frozenset[tuple[int, str]] = frozenset()


def disagreements(
    verdict: Verdict,
    observed: Observed,
    policy: Policy,
    plan: DeploymentPlan,
    signs: Signs | None = None,
    session: Session | None = None,
) -> tuple[Disagreement, ...]:
    """Return everything in which a session at a deployment did not go as its policy means it.

    The lists of the policy have been read (`lists`): files of the server's that are left in its sets are missing.
    Without `session` it is taken to come from outside.
    """
    return tuple(dict.fromkeys(_Comparison(verdict, observed, policy, plan, signs or Signs(), session).run()))


@dataclass(frozen=True)
class _Comparison:
    verdict: Verdict
    observed: Observed
    policy: Policy
    plan: DeploymentPlan
    signs: Signs
    session: Session | None

    def run(self) -> Iterator[Disagreement]:
        yield from self._recipients()
        if not self._another_message:
            yield from self._message()
            yield from self._reports()
        yield from self._ndrs()

    # --- what the plan allows -----------------------------------------------------------------------------------------
    @cached_property
    def _losses(self) -> Mapping[str, frozenset[Loss]]:
        found: dict[str, frozenset[Loss]] = {gap.id: _OPEN | {Loss.LATER} for gap in self.plan.gaps}
        for placed in self.plan.placed:
            found[placed.id] = found.get(placed.id, frozenset()) | placed.losses
        return found

    def _lost(self, rule: str | None) -> frozenset[Loss]:
        return self._losses.get(rule or "", frozenset())

    @cached_property
    def _spoke(self) -> tuple[str, ...]:
        """The rules that did something and need not have done it here, or not to these recipients alone."""
        tried = (one.rule for one in self.verdict.trace if one.effect in _SPOKE)
        return tuple(rule for rule in tried if self._lost(rule) & (_OPEN | {Loss.LATER}))

    @cached_property
    def _another_message(self) -> bool:
        """Whether others than those expected were accepted, as is allowed: then it is not the same message."""
        if any(map(self._cannot_read, (said for _, said in self.observed.recipients))):
            return True
        if (said := self.observed.of_message) and self._cannot_read(said):
            return True
        return bool(self._spoke) and self.observed.accepted != self.verdict.accepted

    # --- what the session is ------------------------------------------------------------------------------------------
    @cached_property
    def _misses_files(self) -> bool:
        """Whether a rule asks a file of the server's that is missing, or trust does, or what splits mail."""
        asked = (self._rules, trusted_of(self.policy, self.plan.name), self.policy.upstream, self.policy.split)
        return any(entries.live for entries in sets_of(asked))

    def _cannot_read(self, said: Said) -> bool:
        return self._misses_files and (said.code, said.enhanced) in self.signs.unreadable

    def _comes_from(self, atom: c.Atom) -> bool:
        return self.session is not None and ask(View(self.policy, self.plan.name, self.session, ()), atom) is True

    @cached_property
    def _own_fields(self) -> Fields:
        """The fields of a message that does not come from outside: a machine of ours may have added them."""
        inside = self.session and (self._comes_from(c.Trusted()) or self._comes_from(c.Upstream()))
        return self.session.message.fields if self.session and inside else ()

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        return rules_of(self.policy, self.plan.name)

    # --- recipients ---------------------------------------------------------------------------------------------------
    def _recipients(self) -> Iterator[Disagreement]:
        for index, (recipient, decision) in enumerate(self.verdict.recipients):
            if index >= len(self.observed.recipients):
                yield Disagreement("reply", _wanted(decision), "none", recipient)
            elif not self._may_be_split_otherwise(index, decision):
                yield from self._recipient(recipient, decision, self.observed.recipients[index][1])

    def _may_be_split_otherwise(self, index: int, decision: Decision) -> bool:
        """Tell whether it is about the class of the first recipient, and one before could not be looked up."""
        *before, said = (said for _, said in self.observed.recipients[: index + 1])
        splits = decision.rule == SPLIT or (said.code, said.enhanced) == (SPLIT_REPLY.code, SPLIT_REPLY.enhanced)
        return splits and any(map(self._cannot_read, before))

    def _recipient(self, recipient: str, decision: Decision, said: Said) -> Iterator[Disagreement]:
        lost = self._lost(decision.rule)
        if self._cannot_read(said):
            return
        if not decision.outcome.refuses:
            if said.refuses and not any(Loss.SCOPE in self._lost(rule) for rule in self._spoke):
                yield Disagreement("verdict", "accept at rcpt", str(said), recipient)
        elif said.refuses:
            yield from self._refusal(decision, said, recipient)
        elif Loss.LATER in lost and decision.outcome is Outcome.REJECT and self._comes_from(c.Upstream()):
            return  # after the data such a machine is no more refused for good: it would have to bounce the message
        elif Loss.LATER in lost and (later := self.observed.of_message) and later.refuses:
            yield from self._refusal(decision, later, recipient)
        elif not lost & _OPEN:
            late = self.observed.of_message
            what = "moment" if late and late.code // 100 == _CLASS[decision.outcome] else "verdict"
            yield Disagreement(what, _wanted(decision), f"{said} at rcpt", recipient)

    def _refusal(self, decision: Decision, said: Said, recipient: str | None = None) -> Iterator[Disagreement]:
        """Compare a refusal: its class, its code where one is written, its words, and the rule that it shows."""
        lost, reply = self._lost(decision.rule), decision.reply
        if lost & _OPEN and not any(mark in said.text for mark in self._marks(decision.rule or "")):
            return  # another rule decided, since this one need not have
        if said.code // 100 != _CLASS[decision.outcome]:
            yield Disagreement("verdict", _wanted(decision), str(said), recipient)
            return
        if reply and Loss.CODE not in lost and not self._failed_lookup(decision):
            usual = (reply.code, reply.enhanced)
            others = frozenset() if reply.code_written else self.signs.replies
            if others is not None and (said.code, said.enhanced) not in {usual, *others}:
                yield Disagreement("code", f"{reply.code} {reply.enhanced}", str(said), recipient)
        if reply and reply.text and reply.text not in said.text:
            yield Disagreement("text", f"`{reply.text}`", str(said), recipient)
        yield from self._shown(decision, recipient, said)

    def _shown(self, decision: Decision, recipient: str | None, said: Said | None = None) -> Iterator[Disagreement]:
        """See that the rule that decided stands in the reply and in the log; a failed lookup is nobody's decision."""
        if decision.rule is None or Loss.LOG in self._lost(decision.rule) or self._failed_lookup(decision):
            return
        marks = self._marks(decision.rule)
        for where, text in (("reply", said.text if said else None), ("log", self.observed.log)):
            if text is not None and not any(mark in text for mark in marks):
                got = str(said) if where == "reply" else f"a log without it after {said or 'acceptance'}"
                yield Disagreement(f"rule in the {where}", " or ".join(f"`{mark}`" for mark in marks), got, recipient)

    def _failed_lookup(self, decision: Decision) -> bool:
        own = [rule.reply for rule in self._rules if rule.id == decision.rule and (rule.existence or rule.relaying)]
        return bool(own) and decision.reply not in own

    def _marks(self, rule: str) -> tuple[str, ...]:
        return f"[{rule}]", *(text for id_, text in self.signs.texts.items() if id_ == rule and text)

    # --- the message --------------------------------------------------------------------------------------------------
    def _message(self) -> Iterator[Disagreement]:
        expected, said = self.verdict.message, self.observed.of_message
        if expected is None:
            if self.observed.arrived:
                yield Disagreement("arrival", "nothing", _envelopes(self.observed.arrived))
        elif said is None:
            yield Disagreement("reply", _wanted(expected), "none")
        elif expected.outcome.refuses and said.refuses:
            yield from self._refusal(expected, said)
        elif expected.outcome.refuses or said.refuses:
            if not self._is_open(expected):
                yield Disagreement("verdict", _wanted(expected), str(said))
        elif not self._is_open(expected):
            yield from self._shown(expected, None)
            yield from self._arrival(expected)
            yield from self._tags(expected)
        if expected and expected.outcome.refuses and self.observed.arrived and not self._is_open(expected):
            yield Disagreement("arrival", "nothing", _envelopes(self.observed.arrived))

    def _is_open(self, decision: Decision) -> bool:
        """Tell whether the plan leaves open what becomes of the message: a rule that spoke of it need not have."""
        of_message = {one.rule for one in self.verdict.trace if one.recipient is None}
        return any(self._lost(rule) & _OPEN for rule in (*of_message.intersection(self._spoke), decision.rule))

    def _arrival(self, expected: Decision) -> Iterator[Disagreement]:
        wanted = tuple(map(self._forwarded_from, self._destinations(expected)))
        there = [recipient for mail in self.observed.arrived for recipient in mail.recipients]
        for recipient in wanted:
            if not any(_same(recipient, one) for one in (*there, *self.observed.turned_away)):
                yield Disagreement("arrival", "a copy", _envelopes(self.observed.arrived), recipient)
        for one in there:
            if not any(_same(recipient, one) for recipient in wanted):
                yield Disagreement("arrival", "no copy", "one", one)
        if expected.outcome is Outcome.QUARANTINE and self.policy.quarantine.into is p.Into.HOLD:
            if self.observed.held is False:
                yield Disagreement("verdict", _wanted(expected), "a message that nobody holds")
        elif self.observed.held:
            yield Disagreement("verdict", _wanted(expected), "a message that is held")
        for mail in self.observed.arrived if expected == ACCEPTED else ():
            yield from self._sender(mail)
        for sender in self.observed.ill_signed:
            yield Disagreement("sender", "a tag by the key that signs", f"<{sender}>")

    def _sender(self, mail: Arrived) -> Iterator[Disagreement]:
        """Compare the reverse-path; of a message that goes out, copies that stay here may be signed, too."""
        signed = self.verdict.signed or canonical.tagged(self.verdict.sender)
        stays = mail.final or (self.verdict.signed and not any(map(self._is_elsewhere, mail.recipients)))
        if not _same(mail.sender, self.verdict.sender):
            yield Disagreement("sender", f"<{self.verdict.sender}>", f"<{mail.sender}>")
        elif not stays and canonical.tagged(mail.sender) != signed:
            yield Disagreement("sender", "a tag" if signed else "no tag", f"<{mail.sender}>")

    def _is_elsewhere(self, recipient: str) -> bool:
        view = View(self.policy, self.plan.name, self.session or Session((recipient,)), (recipient,))
        return served(view, recipient) is False

    def _forwarded_from(self, recipient: str) -> str:
        """Return where a bounce of forwarded mail goes; every other recipient as it is."""
        forwards = srs_of(self.policy, self.plan.name)
        here = forwards and recipient.lower().endswith(f"@{forwards.domain}")
        return (srs.inside(recipient) if here else None) or recipient

    def _destinations(self, expected: Decision) -> tuple[str, ...]:
        quarantine = self.policy.quarantine
        if expected.outcome is Outcome.DISCARD:
            return ()
        if expected.outcome is Outcome.QUARANTINE and quarantine.into is not p.Into.JUNK:
            return (quarantine.address,) if quarantine.address else ()
        return self.verdict.accepted

    def _tags(self, expected: Decision) -> Iterator[Disagreement]:
        """See that each copy has the fields that rules add, and no others of their names; the mark of junk is one.

        A field that is meant to be there twice says no more than once. In quarantine nothing is to be said of reports.
        What is left to a deployment in front is added there, and is not taken away here.
        """
        junk = expected.outcome is Outcome.QUARANTINE and self.policy.quarantine.into is p.Into.JUNK
        wanted = [*self.verdict.tags, *([JUNK] if junk else [])]
        headers = {JUNK[0].lower(): JUNK[0]}
        elsewhere = {gap.id for gap in self.plan.gaps}
        for rule in self._rules:
            if isinstance(rule.action, p.Tag) and not rule.report_only and rule.id not in elsewhere:
                headers.setdefault(rule.action.header.lower(), rule.action.header)
        if expected.outcome is Outcome.QUARANTINE:
            headers.pop(p.PASSING_MARK[0].lower(), None)
        for mail in self.observed.arrived:
            for key, name in headers.items():
                values = sorted(mail.values(name))
                expected_ = sorted(value for header, value in (*wanted, *self._own_fields) if header.lower() == key)
                once = set(expected_)  # what several rules add alike, a server may add once
                if set(values) != once or len(values) > len(expected_):
                    yield Disagreement("tag", _fields(name, expected_), _fields(name, values))

    # --- what is told to others ---------------------------------------------------------------------------------------
    def _reports(self) -> Iterator[Disagreement]:
        """See that the log has the report of each rule that only reports, and of no other."""
        if any(self._lost(rule) & _OPEN for rule in self._spoke):
            return
        for rule in self.verdict.reported:
            if (
                not self._lost(rule) & {Loss.LOG, Loss.LATER}
                and not self._refused_before(rule)
                and not self._logged(rule)
            ):
                yield Disagreement("report", f"`[{rule}]` in the log", "a log without it")
        for rule in dict.fromkeys(rule.id for rule in self._rules if rule.report_only):
            if rule not in self.verdict.reported and self._logged(rule):
                yield Disagreement("report", f"none of `[{rule}]`", "one in the log")

    def _refused_before(self, rule: str) -> bool:
        """Tell whether the message was refused before the component that asks the rule had heard of it."""
        message = self.verdict.message
        if message is None or not message.outcome.refuses:
            return False
        here = {placed.id: placed for placed in self.plan.placed if placed.stage is not None}
        asked, decided = here.get(rule), here.get(message.rule or "")
        if asked is None or decided is None or asked.component == decided.component:
            return False
        return (decided.stage or Stage.RCPT) < (asked.stage or Stage.RCPT)

    def _logged(self, rule: str) -> bool:
        return any(mark in self.observed.log for mark in self._marks(rule))

    def _ndrs(self) -> Iterator[Disagreement]:
        """See that exactly those reports left that should: where it is another message, none to a null sender.

        A report to a bare `postmaster` stays at home, where a copy goes, too.
        """
        if self.verdict.sender.lower() == POSTMASTER:
            return
        left = [ndr.recipient for ndr in self.observed.ndrs if ndr.left]
        message = self.verdict.message
        may_leave = message and (self._is_open(message) or Loss.REPORT in self._lost(message.rule))
        sender = self.session.sender if self.session else self.verdict.sender
        yield from (
            Disagreement("report", "no NDR", f"one to <{one}>")
            for one in left
            if not ((self._another_message or may_leave) and sender and _same(one, sender))
            and not any(_same(one, to) for to in self.verdict.ndrs)
        )
        sent = (*left, *self.observed.turned_away)  # whoever sent the message may have no mailbox himself
        for to in self.verdict.ndrs if not self._another_message else ():
            if not any(_same(to, one) for one in sent):
                yield Disagreement("report", f"an NDR to <{to}>", "none")
        yield from self._returned()

    def _returned(self) -> Iterator[Disagreement]:
        """See that reports return no more of the message than they should; copies at home hold its header."""
        settings = (statement.setting for statement in statements_of(self.policy, self.plan.name))
        what = next((setting.what for setting in settings if isinstance(setting, p.Return)), p.Returned.EVERYTHING)
        for ndr in self.observed.ndrs:
            if ndr.left and not _RETURNED[what].issuperset(returned := ndr.returned or ()):
                yield Disagreement(
                    "report", f"one that returns {what.value}", f"one that returns {', '.join(returned)}"
                )


def _wanted(decision: Decision) -> str:
    by = f" by `{decision.rule}`" if decision.rule else ""
    at = f" at {'rcpt' if decision.stage is Stage.RCPT else 'the message'}" if decision.stage else ""
    return f"{decision.outcome.value}{at}{by}"


def _envelopes(mails: tuple[Arrived, ...]) -> str:
    return "; ".join(f"a copy for {', '.join(mail.recipients)}" for mail in mails) or "nothing"


def _fields(name: str, values: Iterable[str]) -> str:
    return ", ".join(f"`{name}: {value}`" for value in values) or f"no `{name}`"


def _same(one: str, other: str) -> bool:
    """Tell whether two spellings are one address; the bare `postmaster` is that of any domain."""
    left, right = canonical.forms(one, ""), canonical.forms(other, "")
    if left and right:
        return left[0] == right[0]
    return one.lower().partition("@")[0] == other.lower().partition("@")[0]
