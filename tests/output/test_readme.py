"""What the README says is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from nullsender import syntax
from nullsender.commands import nullsender
from nullsender.main import COMMANDS
from nullsender.parse import parse
from nullsender.report.text import render
from nullsender.source import Source

README = (Path(__file__).parents[2] / "README.md").read_text()
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
POLICIES = [text for language, text in FENCED if language == "ndr"]
BLOCKS = [text for language, text in FENCED if not language]


def test_the_first_screen_has_the_two_commands() -> None:
    first = (
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/nullsender compile examples/edge.ndr --out build"
    )
    assert BLOCKS[0] == f"{first}\nsh tests/run\n"
    assert README.index("sh tests/run") < 800


@pytest.mark.parametrize("text", POLICIES, ids=lambda text: text.split("\n")[0])
def test_every_piece_of_policy_can_be_parsed(text: str) -> None:
    _, found = parse(Source("README.md", text))
    assert render(found) == ""


def test_every_kind_of_statement_is_shown() -> None:
    shown = {type(statement) for text in POLICIES for statement in parse(Source("README.md", text))[0].statements}
    assert set(get_args(syntax.Statement)) - shown == set()


def test_the_matrix_is_the_one_that_the_targets_give() -> None:
    """To bring it up to date, put the output of the command between the two marks."""
    written = README.partition("<!-- nullsender targets --format markdown -->\n")[2].partition("<!-- end -->")[0]
    assert written == CliRunner().invoke(nullsender, ["targets", "--format", "markdown"]).output


def test_every_command_is_shown() -> None:
    assert all(f"\nnullsender {name} " in README for name in COMMANDS)


def test_the_example_compiles_for_both_of_its_servers(tmp_path: Path) -> None:
    (tmp_path / "policy.ndr").write_text(POLICIES[0])
    (tmp_path / "recipients.txt").write_text("alice@example.org\nnoreply@example.org\n")
    arguments = ["compile", str(tmp_path / "policy.ndr"), "--out", str(tmp_path / "build"), "--no-verify"]
    done = CliRunner().invoke(nullsender, arguments, standalone_mode=False, catch_exceptions=False)
    assert (done.return_value, done.stdout) == (0, "")
    made = {str(path.relative_to(tmp_path)) for path in (tmp_path / "build").rglob("*")}
    named = [line.split()[0] for line in BLOCKS[1].splitlines()]
    assert {name.removesuffix("/…") for name in named} <= made


def test_the_diagnostic_shown_is_the_one_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "policy.ndr").write_text(POLICIES[0].replace("bounces to silent", "bounces to silnt"))
    (tmp_path / "recipients.txt").write_text("alice@example.org\nnoreply@example.org\n")
    done = CliRunner().invoke(nullsender, ["check", str(tmp_path / "policy.ndr")], standalone_mode=False)
    shown = next(block for block in BLOCKS if block.startswith("error["))
    assert shown in done.stdout.replace(f"{tmp_path}/", "")
