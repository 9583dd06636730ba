from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import nullsender
import nullsender_targets
from nullsender import explain
from tests.commands.conftest import Run

SOURCES = [Path(package).parent for package in (nullsender.__file__, nullsender_targets.__file__ or "")]
HEADINGS = ["## What", "## Why", "## Example", "## Instead", "## Reference"]
FILES = [path for folder in SOURCES for path in folder.rglob("*.py")]
USED = {code for path in FILES for code in re.findall(r'"(NS\d{3})"', path.read_text())}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(explain.codes()) == USED


@pytest.mark.parametrize("code", explain.codes())
def test_a_page_says_what_why_and_what_instead(code: str) -> None:
    lines = explain.page(code).splitlines()
    assert lines[0].startswith(f"# {code}: ")
    assert [line for line in lines if line.startswith("## ")] == HEADINGS
    bodies = re.split(r"^#+ .*$", explain.page(code), flags=re.MULTILINE)[2:]
    assert all(body.strip() for body in bodies)
    assert explain.page(code).count("```") % 2 == 0


@pytest.mark.parametrize("written", ["NS501", "ns501", "501", " 501 "])
def test_a_code_may_be_written_in_any_way(run: Run, written: str) -> None:
    done = run("explain", written)
    assert done.stdout == explain.page("NS501")


@pytest.mark.parametrize(("written", "guess"), [("ns5011", "NS501"), ("NS5O1", "NS501"), ("zzz", "lists them all")])
def test_an_unknown_code_is_answered_with_a_guess(run: Run, written: str, guess: str) -> None:
    with pytest.raises(click.BadParameter, match=guess):
        run("explain", written)


def test_without_a_code_all_are_listed(run: Run) -> None:
    lines = run("explain").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(explain.codes())
    assert "NS501  the helper cannot be attached to the server" in lines
