"""Read, resolve and check policies with targets that exist only here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nullsender import policy as p
from nullsender.capability import Capabilities
from nullsender.check import check
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.parse import parse
from nullsender.reading import read_source
from nullsender.refusal import Catalogue
from nullsender.resolve import Resolved, resolve
from nullsender.syntax import Document
from nullsender.target import AnyTarget, Placement, Target, Verification

TODAY = date(2026, 11, 23)
_HOST = Placement("/etc/here", (), (), (), (), ())
_TOP = """policy "checked"
domains mine = example.org, example.net
hosts ours = mx1.example.org
networks office = 192.0.2.0/24
addresses silent = noreply@example.org
recipients of mine are anyone
deploy mx1 to postfix 3.7 with rspamd 3.4
deploy mx2 to exim 4.96 with rspamd 3.4
never discard when helo in ours and client in office and recipient in silent
"""


def _target(name: str, versions: tuple[str, ...]) -> AnyTarget:
    return Target(
        name=name,
        title=name,
        capabilities=Capabilities(versions, {}),
        placements={"debian": _HOST},
        lower=lambda _: (_Nothing(), ()),
        render=lambda _: (),
        verify=lambda _, __: Verification(),
    )


@dataclass(frozen=True, slots=True)
class _Nothing:
    placed: tuple[str, ...] = ()


_TARGETS: Mapping[str, AnyTarget] = {
    "postfix": _target("postfix", ("3.7", "3.7.11")),
    "exim": _target("exim", ("4.96",)),
    "rspamd": _target("rspamd", ("3.4",)),
}
CATALOGUE = Catalogue(lambda: tuple(_TARGETS), lambda name: _TARGETS[name])


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a policy."""

    policy: p.Policy | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def good(self) -> p.Policy:
        assert self.policy is not None, self.says
        return self.policy

    @property
    def says(self) -> list[str]:
        return [f"{d.code} {d.span.text if d.span else ''}: {d.message}" for d in self.diagnostics]

    @property
    def codes(self) -> set[str]:
        return {d.code for d in self.diagnostics}

    def rules(self, rule_id: str) -> list[p.Rule]:
        return [rule for rule in self.good.rules if rule.id == rule_id]

    def rule(self, rule_id: str) -> p.Rule:
        (only,) = self.rules(rule_id)
        return only


def resolve_file(path: Path) -> tuple[Resolved, tuple[Diagnostic, ...]]:
    document, found = _load(path)
    assert document is not None, found
    resolved, unresolved = resolve(document, path, _load)
    return resolved, (*found, *unresolved)


def check_file(path: Path, on: date = TODAY) -> Checked:
    resolved, found = resolve_file(path)
    policy, wrong = check(resolved, on, CATALOGUE)
    found = (*found, *wrong)
    return Checked(None if has_errors(found) else policy, found)


def check_text(folder: Path, text: str, on: date = TODAY, top: str = _TOP) -> Checked:
    """Check a policy of some sets, served domains and two deployments, with more text behind."""
    path = folder / "policy.ndr"
    path.write_text(top + text + "\n", encoding="utf-8")
    return check_file(path, on)


def _load(path: Path) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    source, found = read_source(path)
    if source is None:
        return None, found
    document, wrong = parse(source)
    return document, (*found, *wrong)
