"""A helper for tests: all it can do is ask for the score and hold mail, and only when attached by a tube."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from nullsender.capability import Capabilities, Way
from nullsender.diagnostic import Diagnostic
from nullsender.plan import Part
from nullsender.policy import Stage
from nullsender.target import Artifact, Placement, Target, Verification

CONTENT = frozenset({Stage.CONTENT})
FEATURES = (
    "scoring",
    "not scoring",
    "reject",
    "quarantine",
    "quarantine into hold",
    "not trusted client",
    "not kept recipient",
)


@dataclass(frozen=True, slots=True)
class Ids:
    placed: tuple[str, ...]


def lower(part: Part) -> tuple[Ids, tuple[Diagnostic, ...]]:
    return Ids((*(step.rule.id for step in part.steps), *(one.id for one in part.statements))), ()


def render(ir: Ids) -> tuple[Artifact, ...]:
    def chunks() -> Iterator[bytes]:
        yield "".join(f"{id_}\n" for id_ in ir.placed).encode()

    return (Artifact(PurePosixPath("nullsender/strain"), chunks),)


target = Target(
    name="strainer",
    title="Strainer",
    capabilities=Capabilities(
        versions=("3.1",),
        ways={feature: (Way("it strains", CONTENT, needs=frozenset({"tube"})),) for feature in FEATURES},
        offers={"tube": "127.0.0.1:4000"},
    ),
    placements={"plain": Placement("/etc/strainer", (), (), (), (), ())},
    lower=lower,
    render=render,
    verify=lambda folder, standalone: Verification(),  # noqa: ARG005  # the protocol's signature
)
