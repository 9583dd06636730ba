"""Read a policy: from a path to its meaning, and on to the files of every deployment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nullsender import discover
from nullsender.check import check
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.emit import Output, emit
from nullsender.parse import parse
from nullsender.plan import Plan
from nullsender.planner import plan
from nullsender.policy import Policy
from nullsender.reading import read_source
from nullsender.refusal import Catalogue
from nullsender.resolve import resolve
from nullsender.syntax import Document

CATALOGUE = Catalogue(discover.names, discover.load)


@dataclass(frozen=True, slots=True)
class Built:
    """A policy and what came of it; `policy`, `plan` and `outputs` are there as far as no error stood in the way."""

    policy: Policy | None
    plan: Plan | None
    outputs: tuple[Output, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def good(self) -> bool:
        return not has_errors(self.diagnostics)


def read_policy(path: Path, on_date: date) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """Return what the policy at `path` means on a day, None where it has errors, and all there is to say of it."""
    document, found = read_document(path)
    if document is None:
        return None, found
    resolved, unresolved = resolve(document, path, read_document)
    policy, wrong = check(resolved, on_date, CATALOGUE)
    found = (*found, *unresolved, *wrong)
    return (None if has_errors(found) else policy), found


def build(path: Path, on_date: date, *, standalone: bool, only: tuple[str, ...] = ()) -> Built:
    """Compile the policy at `path`; `only` names the deployments wanted, none means all."""
    policy, found = read_policy(path, on_date)
    if policy is None:
        return Built(None, None, (), found)
    planned, cannot = plan(policy, CATALOGUE, standalone=standalone, only=only)
    found = (*found, *cannot)
    if has_errors(found):
        return Built(policy, planned, (), found)
    outputs, lowered = emit(planned, discover.load)
    return Built(policy, planned, outputs, (*found, *lowered))


def read_document(path: Path) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """Return what the file at `path` says, as text or as JSON, None where nothing can be read."""
    source, found = read_source(path)
    if source is None:
        return None, found
    if path.suffix == ".json":
        from nullsender.document import from_json  # wanted for few policies: brings a schema validator

        return from_json(source)
    document, wrong = parse(source)
    return document, (*found, *wrong)
