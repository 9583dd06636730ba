"""PowerShell's own parser is asked where there is one, and named where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullsender.target import Finding
from nullsender_targets.exchange.verify import verify
from tests.targets.exchange.policies import compiled, place


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    place(compiled("an edge server"), tmp_path / "tree")
    return tmp_path / "tree"


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a `pwsh` onto the PATH that says what the real one would."""
    folder.mkdir()
    (folder / "pwsh").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "pwsh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_where_powershell_is_not_installed_that_is_said(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = verify(tree, False)
    assert (found.ran, found.not_run, found.findings) == ((), ("pwsh: PowerShell is not installed",), ())


def test_every_script_is_shown_to_the_parser(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path / "bin", monkeypatch, f'printf "%s\\n" "$4" >{tmp_path}/asked')
    assert verify(tree, False).ran == ("pwsh",)
    asked = (tmp_path / "asked").read_text()
    assert "Parser]::ParseFile" in asked
    assert all(f"'{path}'" in asked for path in tree.rglob("*.ps1"))


def test_what_the_parser_finds_has_its_line(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place_ = tree / "nullsender/policy.ps1"
    stand_in(tmp_path / "bin", monkeypatch, f"echo '{place_}|7|Missing closing bracket'")
    assert verify(tree, False).findings == (Finding("nullsender/policy.ps1", 7, "Missing closing bracket"),)


def test_a_powershell_that_fails_is_a_finding(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path / "bin", monkeypatch, "echo 'no runtime' >&2; exit 1")
    assert [finding.text for finding in verify(tree, False).findings] == ["no runtime"]
