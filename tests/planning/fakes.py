"""Two targets that exist only here: a server `alpha` and a filter `beta`, to see what the planner makes of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nullsender.capability import Capabilities, Loss, Way
from nullsender.check import check
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.parse import parse
from nullsender.plan import Part, Plan
from nullsender.planner import plan
from nullsender.policy import Stage
from nullsender.refusal import Catalogue
from nullsender.resolve import resolve
from nullsender.source import Source
from nullsender.target import AnyTarget, Artifact, Placement, Target, Verification

RCPT, DATA, CONTENT = Stage.RCPT, Stage.DATA, Stage.CONTENT
EARLY = frozenset({RCPT, DATA})
LATE = frozenset({CONTENT})
PRELUDE = """
policy "planning"
domains mine = example.org
addresses silent = noreply@example.org
networks partner = 198.51.100.0/24
recipients of mine are anyone
"""


@dataclass(frozen=True, slots=True)
class Ids:
    """An IR that is nothing but the ids of what was placed."""

    placed: tuple[str, ...]


def target(name: str, table: Capabilities, *, loses: Iterable[str] = ()) -> Target[Ids]:
    lost = set(loses)

    def lower(part: Part) -> tuple[Ids, tuple[Diagnostic, ...]]:
        ids = [step.rule.id for step in part.steps] + [s.id for s in part.statements]
        return Ids(tuple(i for i in ids if i not in lost)), ()

    def render(_: Ids) -> tuple[Artifact, ...]:
        return ()

    placement = Placement("/etc/" + name, (), (), (), (), ())
    return Target(name, name, table, {"plain": placement}, lower, render, lambda *_: Verification())


def ways(stages: frozenset[Stage], *features: str, losses: frozenset[Loss] = frozenset()) -> dict[str, tuple[Way, ...]]:
    both = [f for feature in features for f in (feature, f"not {feature}")]
    return {feature: (Way("as it is", stages, losses),) for feature in both}


ENVELOPE = (
    "sender is null",
    "client in",
    "trusted client",
    "kept recipient",
    "relaying",
    "upstream client",
    "sender in",
)
SERVER = Capabilities(
    versions=("1.0", "2.0"),
    ways={
        **ways(EARLY, *ENVELOPE, "nonexistent recipients"),
        **ways(frozenset({RCPT}), "recipient in"),
        "recipient in": (
            Way("asks for the recipient", frozenset({RCPT})),
            Way("asks when there is one", frozenset({DATA}), several=frozenset({Loss.NARROWER})),
        ),
        **ways(frozenset({DATA}), "several recipients"),
        **{
            f: (Way("as it is", EARLY),)
            for f in ("reject", "defer", "reply code", "report only", "recipients are anyone")
        },
        "recipients from file": (Way("as it is"),),
        "return headers only": (Way("by a switch"),),
        "recipients from the server": (Way("asks the server", needs=frozenset({"fragment"})),),
        "deliver by smtp": (Way("as it is"),),
    },
    cannot={"scoring": "has no filter"},
    accepts=("hose",),
)
FILTER = Capabilities(
    versions=("5",),
    ways={
        **ways(LATE, *ENVELOPE, "recipient in", "several recipients", "recipients > N", "scoring"),
        **{f: (Way("at the end", LATE),) for f in ("reject", "quarantine", "quarantine into junk", "score", "defer")},
        "quarantine without reports": (Way("at the end", LATE),),
        "reply code": (Way("always 554", LATE, frozenset({Loss.CODE})),),
        "give up bounces": (Way("by magic"),),
    },
    offers={"hose": "127.0.0.1:1"},
    native_replies=frozenset({(554, "5.7.1")}),
)
TARGETS: Mapping[str, AnyTarget] = {"alpha": target("alpha", SERVER), "beta": target("beta", FILTER)}


def catalogue(targets: Mapping[str, AnyTarget] = TARGETS) -> Catalogue:
    load: Callable[[str], AnyTarget] = targets.__getitem__
    return Catalogue(lambda: tuple(sorted(targets)), load)


def planned(
    text: str, *, standalone: bool = False, targets: Mapping[str, AnyTarget] = TARGETS
) -> tuple[Plan, tuple[Diagnostic, ...]]:
    """Plan `PRELUDE` and `text`; the policy itself must be free of errors."""
    document, wrong = parse(Source("policy.ndr", PRELUDE + text))
    resolved, unresolved = resolve(document, Path("policy.ndr"), lambda _: (None, ()))
    policy, found = check(resolved, date(2026, 1, 1), catalogue(targets))
    problems = (*wrong, *unresolved, *found)
    assert not has_errors(problems), problems
    assert policy is not None
    return plan(policy, catalogue(targets), standalone=standalone)


def where(plan_: Plan, deployment: str = "mx") -> dict[str, tuple[str, Stage | None]]:
    """Return component and stage of everything that a deployment placed."""
    found = next(d for d in plan_.deployments if d.name == deployment)
    return {placed.id: (placed.component, placed.stage) for placed in found.placed}


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [d.code for d in found]
