"""Tests and properties of a policy: that they speak of what there is."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from nullsender import canonical
from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.conditions import condition
from nullsender.checking.context import Context
from nullsender.suggest import did_you_mean

_SEVERAL = (s.HeaderFact, s.KnownFact, s.UnknownFact, s.LookupFailsFact, s.FullFact, s.SilentZoneFact)
_REPLY_CLASS = {"reject": "5", "defer": "4"}


def check_examples(context: Context, rules: Iterable[p.Rule]) -> None:
    """Check names, facts and expectations of every test, and the conditions of properties."""
    ids = {rule.id for rule in rules} | _all_ids(context)
    names: dict[str, s.Test] = {}
    for test in context.of_kind(s.Test):
        first = names.setdefault(test.name.value, test)
        if first is not test:
            context.twice("NS250", f"two tests are called `{test.name.value}`", test.name.span, first.name.span)
        _facts(test, context)
        _expectations(test, ids, context)
    for number, property_ in enumerate(context.of_kind(s.Property), 1):
        condition(property_.condition, context, f"property-{number}")


def _all_ids(context: Context) -> set[str]:
    """Return the names that rules chose, those out of date too."""
    statements = (
        x for x in context.resolved.statements if isinstance(x, s.RuleStatement | s.UseDnsbl | s.LimitStatement)
    )
    return {m.name.text for x in statements for m in x.modifiers if isinstance(m, s.Named)}


def _facts(test: s.Test, context: Context) -> None:
    once: dict[object, s.Fact] = {}
    for fact in test.facts:
        key = (type(fact), fact.what.text) if isinstance(fact, s.ResultFact) else type(fact)
        if not isinstance(fact, _SEVERAL):
            if key in once:
                context.twice("NS251", "this is said twice of one session", fact.span, once[key].span)
            once.setdefault(key, fact)
        _fact(fact, context)
    if not any(isinstance(fact, s.ToFact | s.MessageFact) for fact in test.facts):
        context.error("NS252", "a session needs a recipient", test.name.span, help="add `to alice@example.org`")


def _fact(fact: s.Fact, context: Context) -> None:
    match fact:
        case s.ClientFact(address=address, listings=listings):
            _address(address, context)
            for listing in listings:
                if listing.code:
                    _address(listing.code, context)
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
        case s.MessageFact(file=file):
            path = context.resolved.folders[id(file.span.source)] / file.path.value
            if not path.is_file():
                context.error("NS105", f"cannot read `{file.path.value}`: no such file", file.path.span)
        case _:
            pass


def _expectations(test: s.Test, ids: set[str], context: Context) -> None:
    if not test.expectations:
        context.error("NS253", "a test without `expect` tests nothing", test.name.span)
    for expectation in test.expectations:
        match expectation:
            case s.ExpectVerdict():
                _verdict(expectation, ids, context)
            case s.ExpectNdr(address=mailbox) | s.ExpectSender(sender=mailbox):
                _mailboxes((mailbox,), context)


def _verdict(expected: s.ExpectVerdict, ids: set[str], context: Context) -> None:
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
        if word.text not in ids:
            guess = did_you_mean(word.text, ids)
            context.error("NS255", f"there is no rule `{word.text}`", word.span, help=guess)


def _address(word: s.Word, context: Context) -> None:
    try:
        ip_address(word.text)
    except ValueError:
        context.error("NS206", f"`{word.text}`: a single IP address is wanted", word.span)


def _mailboxes(words: Iterable[s.Word], context: Context) -> None:
    for word in words:
        if word.text in ("<>", "postmaster"):
            continue
        try:
            canonical.address(word.text)
        except ValueError as error:
            context.error("NS206", f"`{word.text[:80]}`: {error}", word.span)
