"""The rules of the house, for every file of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullsender import discover

ROOT = Path(__file__).parents[2]
LONGEST = 400
EVERYWHERE = (".ci", "compiler", "examples", "grammar", "targets", "tests")
SOURCES = (".py", ".lark", ".j2", ".lua", ".md", ".sh", ".ndr", ".toml", ".json")
MARKS = re.compile(r"pytest\.mark\.(skip|skipif|xfail)|pytest\.(skip|xfail|importorskip)\(|unittest\.skip")


def files(*folders: str) -> list[Path]:
    """Return the project's files in these folders, without what running it leaves behind."""
    below = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return [path for path in below if path.is_file() and "__pycache__" not in path.parts]


def offences(pattern: re.Pattern[str], *folders: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(*folders)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_server_is_named_in_the_compiler_or_the_grammar() -> None:
    """The pages of codes are read by people, and their examples are policies that deploy to somebody."""
    names = re.compile("|".join((*discover.names(), "exchange")), re.IGNORECASE)
    assert discover.names(), "there are no targets to look for"
    found = offences(names, "compiler", "grammar")
    assert [line for line in found if not line.startswith("grammar/nullsender_grammar/pages/")] == []


@pytest.mark.parametrize("folder", ["compiler", "grammar", "targets", "tests"])
def test_no_file_is_so_long_that_something_wants_to_move_out(folder: str) -> None:
    """What wants to move out of it? A file that a person reads is best at 60 to 160 lines."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in files(folder)
        if path.suffix in {".py", ".lark", ".j2", ".lua"}
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    this = Path(__file__).relative_to(ROOT).as_posix()
    assert [line for line in offences(MARKS, "tests") if not line.startswith(this)] == []


def test_every_test_asserts_something() -> None:
    silent = []
    for path in files("tests"):
        if not path.name.startswith("test_") or path.suffix != ".py":
            continue
        for body in re.split(r"(?m)^(?=(?:async )?def |class |@)", path.read_text()):
            name = re.match(r"def (test_\w+)", body)
            if name and not re.search(r"\bassert\b|pytest\.raises|\b(?:assert|check|expect|play|compare)\w*\(", body):
                silent.append(f"{path.relative_to(ROOT)}: {name[1]}")
    assert silent == []


def test_no_machine_and_no_registry_is_named() -> None:
    foreign = re.compile(
        r"(?<![\w.])/(?:home|root|work|Users)/\w|https?://(?:pypi|files\.pythonhosted|deb\.debian|.*proxy)"
    )
    assert [o for o in offences(foreign, *EVERYWHERE) if not o.startswith("tests/house/")] == []


def test_text_files_end_with_one_newline_and_have_no_carriage_returns() -> None:
    wrong = []
    for path in files(*EVERYWHERE):
        if path.suffix not in SOURCES or "cases" in path.parts:
            continue
        octets = path.read_bytes()
        if octets and (b"\r" in octets or not octets.endswith(b"\n") or octets.endswith(b"\n\n")):
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []
