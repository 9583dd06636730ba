"""The parse table is kept between runs, and nothing breaks where it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nullsender.kept import kept_file

_PROGRAM = """
from nullsender.parse import parse
from nullsender.source import Source
print(len(parse(Source("", "keep abuse reachable"))[0].statements))
"""


def run(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROGRAM],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "nullsender").glob("policy-*"))


def test_the_second_run_finds_what_the_first_kept(tmp_path: Path) -> None:
    assert run(XDG_CACHE_HOME=str(tmp_path)) == "1\n"
    (first,) = kept(tmp_path)
    time = first.stat().st_mtime_ns
    assert run(XDG_CACHE_HOME=str(tmp_path)) == "1\n"
    assert first.stat().st_mtime_ns == time
    assert first.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("octets", [b"", b"nonsense", b"\x80\x04\x95" + b"\xff" * 50])
def test_a_broken_file_is_made_anew(tmp_path: Path, octets: bytes) -> None:
    run(XDG_CACHE_HOME=str(tmp_path))
    (first,) = kept(tmp_path)
    first.write_bytes(octets)
    assert run(XDG_CACHE_HOME=str(tmp_path)) == "1\n"
    assert first.stat().st_size > 10_000


def test_half_a_file_is_made_anew(tmp_path: Path) -> None:
    run(XDG_CACHE_HOME=str(tmp_path))
    (first,) = kept(tmp_path)
    whole = first.read_bytes()
    first.write_bytes(whole[: len(whole) // 2])
    assert run(XDG_CACHE_HOME=str(tmp_path)) == "1\n"
    assert first.stat().st_size > len(whole) // 2


def test_several_first_runs_at_once_all_work(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: run(XDG_CACHE_HOME=str(tmp_path)), range(4))) == ["1\n"] * 4
    assert run(XDG_CACHE_HOME=str(tmp_path)) == "1\n"


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nullsender").write_text("mine")
    assert run(XDG_CACHE_HOME=str(tmp_path)) == "1\n"
    assert (tmp_path / "nullsender").read_text() == "mine"


def test_no_home_is_no_error(tmp_path: Path) -> None:
    assert run(XDG_CACHE_HOME="", HOME=str(tmp_path / "missing" / "\u00e9")) == "1\n"
    assert run(XDG_CACHE_HOME="relative", HOME="/dev/null") == "1\n"


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept_file("policy", "grammar") is not None
    (tmp_path / "nullsender").chmod(0o777)
    assert kept_file("policy", "grammar") is None


def test_a_folder_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert kept_file("policy", "grammar") is None


def test_another_grammar_has_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept_file("policy", "one") != kept_file("policy", "another")
