"""`nullsender keys`: files of keys, whose secrets nobody gets to see."""

from __future__ import annotations

import grp
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from click import ClickException

from nullsender import keyfile
from nullsender.commands import shared
from tests.commands.conftest import Run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "batv.keys"


def at(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(shared, "today", lambda: day)


DAY = date(2026, 11, 25)


def test_a_new_file_holds_one_key_for_the_group_alone(run: Run, path: Path) -> None:
    done = run("keys", "new", path)
    assert (done.exit_code, done.stdout) == (0, f"{path}: key 0 signs\n")
    (key,) = keyfile.parse(path.read_text())
    assert (key.number, key.since, len(key.secret)) == (0, shared.today(), 40)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir()] == ["batv.keys"]


def test_a_new_file_belongs_to_the_group_of_the_servers(run: Run, path: Path) -> None:
    own = grp.getgrgid(os.getgid()).gr_name
    assert run("keys", "new", path, "--group", own).exit_code == 0
    assert path.stat().st_gid == os.getgid()
    with pytest.raises(ClickException, match="no group `no-such-group`"):
        run("keys", "new", path.with_name("other"), "--group", "no-such-group")
    assert not path.with_name("other").exists()


def test_a_file_that_is_there_is_never_written_over(run: Run, path: Path) -> None:
    path.write_text("0 precious\n")
    with pytest.raises(ClickException, match="file exists") as refused:
        run("keys", "new", path)
    assert (refused.value.exit_code, path.read_text()) == (2, "0 precious\n")
    assert [one.name for one in path.parent.iterdir()] == ["batv.keys"]


def test_the_new_key_signs_and_old_ones_verify_until_their_tags_have_lapsed(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, DAY)
    run("keys", "new", path)
    mode = path.stat().st_mode
    (first,) = keyfile.parse(path.read_text())
    at(monkeypatch, DAY + timedelta(days=100))
    assert run("keys", "rotate", path).stdout == f"{path}: key 1 signs\n"
    second, kept = keyfile.parse(path.read_text())
    assert (second.number, kept) == (1, first)
    at(monkeypatch, DAY + timedelta(days=122))
    run("keys", "rotate", path)
    assert [key.number for key in keyfile.parse(path.read_text())] == [2, 1, 0]
    at(monkeypatch, DAY + timedelta(days=123))
    assert run("keys", "rotate", path).stdout == f"{path}: key 3 signs; dropped: 0\n"
    assert [key.number for key in keyfile.parse(path.read_text())] == [3, 2, 1]
    assert path.stat().st_mode == mode


def test_numbers_go_round_and_none_is_taken_twice(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, DAY)
    run("keys", "new", path)
    for _ in range(9):
        assert run("keys", "rotate", path).exit_code == 0
    before = path.read_text()
    with pytest.raises(ClickException, match="there are ten numbers"):
        run("keys", "rotate", path)
    assert path.read_text() == before
    at(monkeypatch, DAY + keyfile.LAPSED)
    assert run("keys", "rotate", path).exit_code == 0
    assert [key.number for key in keyfile.parse(path.read_text())] == [0, 9]


def test_a_list_shows_days_and_no_secret(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, DAY)
    run("keys", "new", path)
    at(monkeypatch, DAY + timedelta(days=10))
    run("keys", "rotate", path)
    done = run("keys", "list", path)
    assert done.stdout == (
        "key 1  since 2026-12-05  signs\nkey 0  since 2026-11-25  signed until 2026-12-05, is needed until 2026-12-28\n"
    )
    assert (done.exit_code, done.stderr) == (0, "")
    assert not any(key.secret in done.stdout for key in keyfile.parse(path.read_text()))


@pytest.mark.parametrize(("days", "warning"), [(365, ""), (366, "key 0 has signed for 366 days: rotate once a year")])
def test_a_rotation_that_is_overdue_is_a_warning(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, days: int, warning: str
) -> None:
    at(monkeypatch, DAY)
    run("keys", "new", path)
    at(monkeypatch, DAY + timedelta(days=days))
    done = run("keys", "list", path)
    assert (done.exit_code, done.stderr) == (0, f"warning: {path}: {warning}\n" if warning else "")


def test_a_key_that_is_of_no_use_any_more_is_a_warning(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, DAY)
    path.write_text("# by hand\n2 new since 2026-01-01\n1 old since 2025-01-01\n1 second-of-a-number\nten words\n")
    done = run("keys", "list", path)
    assert "nothing that key 1 signed is good any more" in done.stderr
    path.write_text("5 by-hand\n")
    done = run("keys", "list", path)
    assert done.stdout == "key 5  since unknown     signs\n"
    assert "does not say since when" in done.stderr


@pytest.mark.parametrize("command", ["rotate", "list"])
@pytest.mark.parametrize(("text", "words"), [(None, "no such file"), ("# nothing\n10 two-digits\n", "no key in it")])
def test_a_file_without_keys_is_left_as_it_is(run: Run, path: Path, command: str, text: str | None, words: str) -> None:
    if text is not None:
        path.write_text(text)
    with pytest.raises(ClickException, match=words):
        run("keys", command, path)
    assert (path.read_text() if text is not None else None) == text
