"""Tests and properties of a policy: that they speak of what there is, and contradict nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, ip_address

from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.answers import check_answers
from nullsender.checking.conditions import check_report_kind, condition
from nullsender.checking.context import Context
from nullsender.checking.facts import example
from nullsender.checking.headers import field
from nullsender.diagnostic import has_errors
from nullsender.entryfile import unreadable
from nullsender.example import Example, Property
from nullsender.session import Outcome
from nullsender.source import Span
from nullsender.suggest import did_you_mean

_SEVERAL = (s.HeaderFact, s.KnownFact, s.UnknownFact, s.LookupFailsFact, s.FullFact, s.SilentZoneFact)
_REPLY_CLASS = {"reject": "5", "defer": "4"}
_NOBODY = ("<>", "postmaster")


def examples(context: Context, policy: p.Policy) -> tuple[tuple[Example, ...], tuple[Property, ...]]:
    """Return the tests and properties of a policy, checked; of tests nothing where one of them is wrong."""
    before = len(context.found)
    names: dict[str, s.Test] = {}
    for test in context.of_kind(s.Test):
        first = names.setdefault(test.name.value, test)
        if first is not test:
            context.twice("NS250", f"two tests are called `{test.name.value}`", test.name.span, first.name.span)
        _facts(test, context)
        _expectations(test, context)
    check_answers(context, policy)
    properties = tuple(
        Property(
            property_.word.text == "always",
            Outcome(property_.verdict.text),
            condition(property_.condition, context, f"property-{number}"),
            property_.span,
        )
        for number, property_ in enumerate(context.of_kind(s.Property), 1)
    )
    good = not has_errors(context.found[before:])
    return tuple(example(test, context) for test in context.of_kind(s.Test)) if good else (), properties


# --- facts ------------------------------------------------------------------------------------------------------------
def _facts(test: s.Test, context: Context) -> None:
    once: dict[object, Span] = {}
    for fact in test.facts:
        for key, span in _keys(fact):
            if key in once:
                context.twice("NS251", "this is said twice of one session", span, once[key])
            once.setdefault(key, span)
        _fact(fact, context)
    if not any(isinstance(fact, s.ToFact | s.MessageFact) for fact in test.facts):
        context.error("NS252", "a session needs a recipient", test.name.span, help="add `to alice@example.org`")


def _keys(fact: s.Fact) -> Iterator[tuple[object, Span]]:
    """Yield what a test may say once: each thing, or for some facts each thing of a mailbox, a zone or a header."""
    match fact:
        case s.ResultFact(what=what):
            yield (s.ResultFact, what.text), fact.span
        case s.KnownFact(mailboxes=mailboxes) | s.UnknownFact(mailboxes=mailboxes):
            yield from (((s.KnownFact, mailbox.text.lower()), mailbox.span) for mailbox in mailboxes)
        case s.SilentZoneFact(zone=zone):
            yield (s.SilentZoneFact, zone.text.lower()), zone.span
        case _ if not isinstance(fact, _SEVERAL):
            yield type(fact), fact.span


def _fact(fact: s.Fact, context: Context) -> None:
    match fact:
        case s.ClientFact(address=address, listings=listings):
            _address(address, context)
            for listing in listings:
                _zone(listing.zone, context)
                if listing.code:
                    _address(listing.code, context, IPv4Address)
        case s.SilentZoneFact(zone=zone):
            _zone(zone, context)
        case s.OnFact(deployment=deployment):
            context.on((deployment,))
        case s.FromFact(sender=sender):
            _mailboxes((sender,), context)
        case s.ToFact(recipients=mailboxes) | s.KnownFact(mailboxes=mailboxes) | s.UnknownFact(mailboxes=mailboxes):
            _mailboxes(mailboxes, context)
        case s.LookupFailsFact(mailboxes=mailboxes) | s.FullFact(mailboxes=mailboxes):
            _mailboxes(mailboxes, context)
        case s.DateFact(date=word):
            context.day(word)
        case s.ReportFact(kind=kind):
            check_report_kind(kind, context)
        case s.CountedFact(count=count) if count.value < 1:
            context.error("NS260", "`after` counts the messages before this one, from 1", count.span)
        case s.MessageFact(file=file):
            path = context.resolved.folders[id(file.span.source)] / file.path.value
            if reason := unreadable(path):
                context.error("NS105", f"cannot read `{file.path.value}`: {reason}", file.path.span)
        case _:
            pass


def _zone(word: s.Word, context: Context) -> None:
    if word.text.lower().removesuffix(".") not in context.zones:
        context.error(
            "NS256", f"no rule asks `{word.text}`", word.span, help=did_you_mean(word.text.lower(), context.zones)
        )


# --- expectations -----------------------------------------------------------------------------------------------------
def _expectations(test: s.Test, context: Context) -> None:
    if not test.expectations:
        context.error("NS253", "a test without `expect` tests nothing", test.name.span)
    recipients = {m.text.lower() for fact in test.facts if isinstance(fact, s.ToFact) for m in fact.recipients}
    verdicts: dict[str, Span] = {}
    for expectation in test.expectations:
        match expectation:
            case s.ExpectVerdict():
                _verdict(expectation, context)
                _strangers(expectation, recipients, context)
                for whom in [m.text.lower() for m in expectation.mailboxes] or [""]:
                    if whom in verdicts:
                        context.twice("NS258", "two verdicts for the same recipients", expectation.span, verdicts[whom])
                    verdicts.setdefault(whom, expectation.span)
            case s.ExpectNdr(address=mailbox) | s.ExpectSender(sender=mailbox):
                _mailboxes((mailbox,), context)


def _verdict(expected: s.ExpectVerdict, context: Context) -> None:
    wanted = _REPLY_CLASS.get(expected.verdict.text, "2")
    for part in (expected.code, expected.enhanced):
        if part and part.text[0] != wanted:
            context.error(
                "NS254",
                f"`{part.text}` is no reply of `{expected.verdict.text}`",
                part.span,
                help=f"its codes begin with {wanted}",
            )
    _mailboxes(expected.mailboxes, context)
    for word in (*((expected.by,) if expected.by else ()), *expected.reporting):
        if word.text not in context.rule_ids:
            guess = did_you_mean(word.text, context.rule_ids)
            context.error("NS255", f"there is no rule `{word.text}`", word.span, help=guess)
    for header in expected.tagged:
        if field(header.value) is None:
            context.error("NS307", "a tag is a header field: `Name: text` in printable ASCII", header.span)


def _strangers(expected: s.ExpectVerdict, recipients: set[str], context: Context) -> None:
    for mailbox in expected.mailboxes:
        if mailbox.text.lower() not in recipients:
            context.error(
                "NS259",
                f"`{mailbox.text}` is no recipient of this test",
                mailbox.span,
                help=did_you_mean(mailbox.text.lower(), recipients),
            )


# --- words ------------------------------------------------------------------------------------------------------------
def _address(word: s.Word, context: Context, kind: type | None = None) -> None:
    try:
        if kind and not isinstance(ip_address(word.text), kind):
            raise ValueError
        ip_address(word.text)
    except ValueError:
        version = "IPv4" if kind is IPv4Address else "IP"
        context.error("NS206", f"`{word.text}`: a single {version} address is wanted", word.span)


def _mailboxes(words: Iterable[s.Word], context: Context) -> None:
    for word in words:
        if word.text not in _NOBODY:
            context.address(word)
