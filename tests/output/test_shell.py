"""Lines of ours in a file that is the owner's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nullsender.shell import added, taken_out

LINE = 'include "ours"; # $HOME'
FILE = '"$NULLSENDER_HOME/main.conf"'


def run(line: str, home: Path) -> int:
    (home / "nullsender").mkdir(exist_ok=True)
    done = subprocess.run(["sh", "-euc", line], env={"NULLSENDER_HOME": str(home)}, capture_output=True, check=False)
    return done.returncode


@pytest.mark.parametrize("before", ["one\ntwo\n", "one\ntwo", "\n\n", f"{LINE} not\n"])
def test_a_line_comes_and_goes(tmp_path: Path, before: str) -> None:
    file = tmp_path / "main.conf"
    file.write_text(before)
    for _ in range(2):
        assert run(added(LINE, FILE), tmp_path) == 0
        assert file.read_text() == before.removesuffix("\n") + f"\n{LINE}\n"
    for _ in range(2):
        assert run(taken_out((LINE, "another"), FILE), tmp_path) == 0
        assert file.read_text() == before.removesuffix("\n") + "\n"


def test_a_file_that_was_not_there_goes_with_the_line(tmp_path: Path) -> None:
    assert run(added(LINE, FILE), tmp_path) == 0
    assert (tmp_path / "main.conf").read_text() == f"{LINE}\n"
    assert run(taken_out((LINE,), FILE), tmp_path) == 0
    assert not (tmp_path / "main.conf").exists()
    assert run(taken_out((LINE,), FILE), tmp_path) == 0


def test_where_the_rest_cannot_be_written_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "main.conf"
    file.write_text(f"the owner's\n{LINE}\n")
    (tmp_path / "nullsender/.rest").mkdir(parents=True)
    assert run(taken_out((LINE,), FILE), tmp_path) != 0
    assert file.read_text() == f"the owner's\n{LINE}\n"
