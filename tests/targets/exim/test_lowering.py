"""Compile small policies and read what Exim gets as a diff."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nullsender.frontend import Built, build

CASES = Path(__file__).parent / "cases"
DAY = date(2026, 1, 1)


def compiled(case: Path) -> Built:
    return build(case / "policy.ndr", DAY, standalone="deliver" in (case / "policy.ndr").read_text())


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_a_policy_becomes_these_files(case: Path, update_goldens: bool) -> None:
    built = compiled(case)
    assert built.outputs, [(d.code, d.message, d.note) for d in built.diagnostics]
    files = {str(a.path): b"".join(a.chunks()).decode() for a in built.outputs[0].emitted.artifacts}
    expected = case / "expected"
    if update_goldens:
        for name, text in files.items():
            path = expected / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    there = {str(path.relative_to(expected)): path.read_text() for path in expected.rglob("*") if path.is_file()}
    assert files == there


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_every_rule_has_its_lines(case: Path) -> None:
    built = compiled(case)
    emitted = built.outputs[0].emitted
    marked = {origin.id for artifact in emitted.artifacts for origin in artifact.origins}
    expected = {step.rule.id for step in built.outputs[0].part.steps}
    assert expected - marked == set()
    for artifact in emitted.artifacts:
        lines = b"".join(artifact.chunks()).decode().splitlines()
        assert all(lines[origin.line - 1].strip() for origin in artifact.origins)
