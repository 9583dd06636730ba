"""Compile small policies and read what Postfix gets as a diff."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from nullsender.frontend import Built, build

CASES = sorted((Path(__file__).parent / "cases").iterdir())
DAY = date(2026, 1, 1)

of_each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@cache
def compiled(case: Path) -> Built:
    policy = case / "policy.ndr"
    return build(policy, DAY, standalone="\ndeliver " in policy.read_text())


def text_of(case: Path) -> dict[str, str]:
    """Return the files but for the scripts, which are always the same."""
    built = compiled(case)
    assert built.outputs, [(d.code, d.message, d.note) for d in built.diagnostics]
    artifacts = built.outputs[0].emitted.artifacts
    return {str(a.path): b"".join(a.chunks()).decode() for a in artifacts if a.path.suffix != ".sh"}


@of_each_case
def test_a_policy_becomes_these_files(case: Path, update_goldens: bool) -> None:
    expected = case / "expected"
    if update_goldens:
        for path in sorted(expected.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, text in text_of(case).items():
            (expected / name).parent.mkdir(parents=True, exist_ok=True)
            (expected / name).write_text(text)
    there = {str(path.relative_to(expected)): path.read_text() for path in expected.rglob("*") if path.is_file()}
    assert text_of(case) == there


@of_each_case
def test_every_rule_and_statement_has_its_lines(case: Path) -> None:
    output = compiled(case).outputs[0]
    marked = {origin.id for artifact in output.emitted.artifacts for origin in artifact.origins}
    assert {step.rule.id for step in output.part.steps} - marked == set()
    assert {statement.id for statement in output.part.statements} - marked == set()


@of_each_case
def test_a_line_that_was_made_for_a_rule_says_something(case: Path) -> None:
    for artifact in compiled(case).outputs[0].emitted.artifacts:
        lines = b"".join(artifact.chunks()).decode().splitlines()
        assert all(lines[origin.line - 1].strip() for origin in artifact.origins)


@of_each_case
def test_no_path_of_this_machine_stands_in_a_file(case: Path) -> None:
    assert not any(str(Path(__file__).parents[3]) in text for text in text_of(case).values())
