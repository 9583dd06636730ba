"""Policies in which every rule only reports: each kind of rule that a stack has, with each action and condition."""

from __future__ import annotations

from collections.abc import Iterator

from tests.differential import policies as drawn
from tests.differential import words as w
from tests.differential.policies import Draft
from tests.differential.stacks import Stack, able

_SITE = (
    'recipients of mine from file "people.txt"',
    "deliver mine to lmtp 127.0.0.1:24",
    "trust clients in office",
    "upstream clients in gates",
    "subaddresses begin with +",
    "keep abuse reachable",
)
SHADOW = "X-Shadow"
_WORDS = {
    "tag": f'tag "{SHADOW}: yes"',
    "score": "score 4",
    "limit": "limit",
}
_SUBJECTS = ("ordinary mail", "bounces", "outgoing mail")
_PLACES = ("junk", "hold", "jail@example.org")


def shadows(stack: Stack) -> Iterator[Draft]:
    """Yield policies for a stack; what it cannot do is left out when they are compiled."""
    can = drawn.Can(able(stack), stack.late)
    at = " at content" if stack.late or stack.scores else ""
    actions = sorted({_words(feature) for feature, _ in drawn._ACTIONS if feature in can})
    for into in _PLACES:
        rules = [f"{action} {subject}{at} {_tail(action, n, m)}" for n, action in enumerate(actions)
                 for m, subject in enumerate(_SUBJECTS)]  # fmt: skip
        yield _draft(stack, (*rules, f"quarantine into {into}"))
    yield _draft(stack, tuple(_questions(can, at)))
    yield _draft(stack, tuple(_others(can, at, login=stack.login)))


def _questions(can: drawn.Can, at: str) -> Iterator[str]:
    number = 0
    for feature, text, pool in drawn._QUESTIONS:
        subject = "outgoing mail" if feature == "authenticated" else "ordinary mail"
        for sign, name in (("", feature), ("not ", f"not {feature}")):
            if name in can:
                number += 1
                yield f"reject {subject} when {sign}{text.format(pool[0])}{at} report only as q{number}"


def _others(can: drawn.Can, at: str, *, login: bool) -> Iterator[str]:
    for number, zone in enumerate(w.ZONES[:4]):
        for mode in (mode for feature, mode in drawn._MODES if feature in can):
            yield f"use dnsbl {zone} in {mode} mode{at} report only as z{number}-{mode.replace(' ', '-')}"
    for number, recipients in enumerate(w.RECIPIENTS):
        yield f"defer bounces to {recipients}{at} report only until 2030-01-01 as to-{number}"
    yield f"reject bounces to several recipients{at} report only as several"
    for per in drawn._COUNTERS:
        if f"limit per {per}" in can and (login or per != "login"):
            subject = "outgoing mail" if per == "login" else "mail"
            yield f"limit {subject} to 1 per day per {per} report only as l-{per}"
    if "recipients over quota" in can:
        yield "reject recipients over quota report only as full"
    if "forged bounces" in can:
        yield "reject forged bounces of liars report only as forged"
    if "batv" in can:
        yield "reject bounces without a valid batv tag report only as untagged"


def _words(action: str) -> str:
    return _WORDS.get(action, action)


def _tail(action: str, number: int, other: int) -> str:
    words = {"discard": 'because "it has to be" ', "defer": "until 2030-01-01 ", "greylist": "for 5m "}
    return f"{words.get(action, '')}report only as a{number}-{other}"


def _draft(stack: Stack, rules: tuple[str, ...]) -> Draft:
    return Draft((*_SITE, *rules, f"deploy one to {stack.deploys}"))
