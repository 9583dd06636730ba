"""Compile drafts in this process, and take out of them what a stack cannot do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from nullsender.check import check
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.emit import Output, emit
from nullsender.parse import parse
from nullsender.plan import DeploymentPlan, Plan
from nullsender.planner import plan
from nullsender.policy import Policy
from nullsender.resolve import resolve
from nullsender.source import Source
from nullsender.syntax import Document
from tests.differential.policies import Draft
from tests.differential.stacks import CATALOGUE, Stack, load
from tests.differential.world import FILES

TODAY = date(2026, 1, 1)
DEPLOYMENT = "one"
_PATH = FILES / "policy.ndr"  # where its files are looked for


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy, and its plan and outputs where it is for a stack. `left_out` counts statements that had to go."""

    draft: Draft
    policy: Policy
    plan: DeploymentPlan | None
    outputs: tuple[Output, ...]
    left_out: int

    @property
    def text(self) -> str:
        return self.draft.text


@cache
def compiled(draft: Draft, stack: Stack | None) -> Compiled | None:
    """Compile a draft without the statements that are wrong or too much for the stack; None where that is no use."""
    left_out = 0
    for _ in range(4):
        policy, planned, outputs, found = compile_text(draft.text, stack)
        if policy is not None and not has_errors(found):
            one = next((d for d in planned.deployments if d.name == DEPLOYMENT), None) if planned else None
            return Compiled(draft, policy, one, outputs, left_out)
        wrong = {d.span.first.line for d in found if d.span and has_errors((d,))}
        smaller = draft.without(wrong)
        left_out += len(draft.statements) - len(smaller.statements)
        if smaller == draft or len(wrong) == len(draft.statements):
            return None
        draft = smaller
    return None


def checked(document: Document, path: Path = _PATH) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """Return what a document means."""
    resolved, unresolved = resolve(document, path, lambda _: (None, ()))
    policy, wrong = check(resolved, TODAY, CATALOGUE)
    found = (*unresolved, *wrong)
    return (None if has_errors(found) else policy), found


def compile_text(
    text: str, stack: Stack | None, path: Path = _PATH
) -> tuple[Policy | None, Plan | None, tuple[Output, ...], tuple[Diagnostic, ...]]:
    """Compile the text of a policy as if it stood at a path, for a stack or for none."""
    document, unread = parse(Source("policy.ndr", text))
    policy, found = checked(document, path)
    if policy is None or stack is None or has_errors(unread):
        return policy, None, (), (*unread, *found)
    planned, cannot = plan(policy, CATALOGUE, standalone=True)
    planned = replace(planned, deployments=tuple(d for d in planned.deployments if d.name == DEPLOYMENT))
    if has_errors(cannot):
        return policy, planned, (), cannot
    outputs, lowered = emit(planned, load)
    return policy, planned, outputs, lowered
