"""Read the tests of a policy as dialogues with a server: who says what, and what is to come of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from nullsender import syntax as s
from nullsender.diagnostic import has_errors
from nullsender.lab.listing import Listed
from nullsender.parse import parse
from nullsender.reading import read_source
from nullsender.session import GREETING, STRANGER


@dataclass(frozen=True, slots=True)
class Scenario:
    """One message from one client. What a test of the language leaves unsaid is harmless here as there."""

    name: str
    on: str | None = None  # the deployment; None for every one
    client: str = STRANGER
    listed: tuple[Listed, ...] = ()
    nameless: bool = False
    silent: tuple[str, ...] = ()  # zones that do not answer
    helo: str = GREETING
    sender: str = ""
    recipients: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    score: float | None = None
    expectations: tuple[s.ExpectVerdict, ...] = ()


@cache
def scenarios(path: Path) -> tuple[Scenario, ...]:
    """Return the tests of a policy file, in order."""
    source, found = read_source(path)
    assert source is not None, found
    document, wrong = parse(source)
    assert not has_errors(wrong), [f"{d.code} {d.message} {d.span and d.span.first}" for d in wrong]
    return tuple(_scenario(statement) for statement in document.statements if isinstance(statement, s.Test))


def deployments(path: Path) -> tuple[str, ...]:
    """Return the names of the deployments of a policy file."""
    source, _ = read_source(path)
    assert source is not None
    return tuple(s_.name.text for s_ in parse(source)[0].statements if isinstance(s_, s.Deploy))


def listings(played: Iterable[Scenario]) -> tuple[Listed, ...]:
    """Return what the block lists must say for all these scenarios; one client is listed in all of them or in none."""
    played = tuple(played)
    for one in played:
        others = (other for other in played if other.client == one.client and set(other.listed) != set(one.listed))
        for other in others:
            raise ValueError(f"`{one.name}` and `{other.name}` list {one.client} differently: servers remember answers")
    return tuple(dict.fromkeys(entry for one in played for entry in one.listed))


def _scenario(test: s.Test) -> Scenario:
    scenario = Scenario(test.name.value)
    for fact in test.facts:
        scenario = _with(scenario, fact)
    verdicts = tuple(e for e in test.expectations if isinstance(e, s.ExpectVerdict))
    if len(verdicts) != len(test.expectations):
        raise NotImplementedError(f"`{test.name.value}` expects what no dialogue shows")
    return replace(scenario, expectations=verdicts)


def _with(scenario: Scenario, fact: s.Fact) -> Scenario:
    match fact:
        case s.ClientFact(_, address, listed):
            entries = (_listed(address.text, listing) for listing in listed)
            return replace(scenario, client=address.text, listed=(*scenario.listed, *entries))
        case s.NamelessFact():
            return replace(scenario, nameless=True)
        case s.SilentZoneFact(_, zone):
            return replace(scenario, silent=(*scenario.silent, zone.text))
        case s.HeloFact(_, name):
            return replace(scenario, helo=name.text if isinstance(name, s.Word) else name.value)
        case s.OnFact(_, deployment):
            return replace(scenario, on=deployment.text)
        case s.FromFact(_, sender):
            return replace(scenario, sender="" if sender.text == "<>" else sender.text)
        case s.ToFact(_, recipients):
            return replace(scenario, recipients=tuple(word.text for word in recipients))
        case s.HeaderFact(_, name, value, returned) if not returned:
            return replace(scenario, headers=(*scenario.headers, (name.value, value.value)))
        case s.ScoreFact(_, points):
            return replace(scenario, score=float(points.value))
        case s.KnownFact() | s.UnknownFact() | s.LookupFailsFact():
            return scenario  # the policy's own lists and the machine's files say so already
        case s.FirstContactFact():
            return scenario  # nobody sent before
        case _:
            raise NotImplementedError(f"`{scenario.name}`: the lab cannot bring about {type(fact).__name__}")


def _listed(client: str, listing: s.Listing) -> Listed:
    return Listed(listing.zone.text, client, listing.code.text if listing.code else "127.0.0.2")
