"""Turn a plan into files: each component's part goes to its target, and no rule may get lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from nullsender.diagnostic import Diagnostic
from nullsender.plan import Part, Plan
from nullsender.target import AnyTarget, Emitted


@dataclass(frozen=True, slots=True)
class Output:
    """What one component of a deployment gets."""

    part: Part
    emitted: Emitted


def emit(plan: Plan, load: Callable[[str], AnyTarget]) -> tuple[tuple[Output, ...], tuple[Diagnostic, ...]]:
    """Return the files of every component, in the order of the plan, and what the targets had to say."""
    outputs: list[Output] = []
    found: list[Diagnostic] = []
    for part in (part for deployment in plan.deployments for part in deployment.parts):
        emitted = load(part.component).emit(part)
        found.extend(emitted.diagnostics)
        found.extend(_lost(part, emitted))
        outputs.append(Output(part, emitted))
    return tuple(outputs), tuple(dict.fromkeys(found))


def _lost(part: Part, emitted: Emitted) -> list[Diagnostic]:
    """Return an error for each rule or statement of the part that the target did not hand back."""
    missing = Counter([step.rule.id for step in part.steps] + [s.id for s in part.statements])
    missing.subtract(emitted.placed)
    spans = {step.rule.id: step.rule.span for step in part.steps} | {s.id: s.span for s in part.statements}
    return [
        Diagnostic("NS508", f"`{part.component}` lost `{lost}` on the way to `{part.deployment}`", spans[lost])
        for lost, count in missing.items()
        if count > 0
    ]
