"""Compile small policies and read what Exchange gets as a diff."""

from __future__ import annotations

import pytest

from tests.targets.exchange.policies import CASES, compiled, files, ours
from tests.targets.exchange.syntax import BOM, faults, nodes, parse, said, words

NAMES = sorted(path.name for path in CASES.iterdir())
of_each_case = pytest.mark.parametrize("case", NAMES)
SAME = ("apply.ps1", "audit.ps1", "engine.ps1", "undo.ps1")


@of_each_case
def test_a_policy_becomes_these_files(case: str, update_goldens: bool) -> None:
    expected = CASES / case / "expected"
    text_of = {name: text for name, text in files(compiled(case)).items() if not name.endswith(SAME)}
    if update_goldens:
        for path in sorted(expected.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, text in text_of.items():
            (expected / name).parent.mkdir(parents=True, exist_ok=True)
            (expected / name).write_text(text)
    there = {str(path.relative_to(expected)): path.read_text() for path in expected.rglob("*") if path.is_file()}
    assert text_of == there


@of_each_case
def test_every_script_is_powershell(case: str) -> None:
    scripts = {name: text for name, text in files(compiled(case)).items() if name.endswith(".ps1")}
    assert len(scripts) == 1 + len(SAME)
    assert {name: faults(parse(text)) for name, text in scripts.items()} == {name: [] for name in scripts}


@of_each_case
def test_no_string_expands_anything(case: str) -> None:
    for text in (text for name, text in files(compiled(case)).items() if name.endswith(".ps1")):
        tree = parse(text)
        assert [words(node) for node in nodes(tree) if node.type == "expandable_string_literal"] == []
        assert all(isinstance(said(words(n)), str) for n in nodes(tree) if n.type == "verbatim_string_characters")


@of_each_case
def test_windows_powershell_reads_each_file_as_it_was_written(case: str) -> None:
    """Without a byte order mark it takes a file for the machine's code page, where octets of UTF-8 are quotes."""
    found = {name: text for name, text in files(compiled(case)).items() if name.endswith(".ps1")}
    assert all(text.isascii() or text.startswith(BOM) for text in found.values())
    assert found["nullsender/policy.ps1"].startswith(BOM)


@of_each_case
def test_every_rule_and_statement_has_its_lines(case: str) -> None:
    output = ours(compiled(case))
    marked = {origin.id for artifact in output.emitted.artifacts for origin in artifact.origins}
    assert {step.rule.id for step in output.part.steps} - marked == set()
    assert {statement.id for statement in output.part.statements} - marked == set()


@of_each_case
def test_no_script_installs_it_on_a_host(case: str) -> None:
    assert ours(compiled(case)).emitted.placement is None
