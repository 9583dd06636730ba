"""What cron calls: nothing happens until a coming day has come, and then just what holds from it on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from nullsender.apply import Calendar
from nullsender.output import generated, write_files
from nullsender.target import Artifact
from tests.output.fakes import artifact, at, contents, output

SUMMER, WINTER = date(2027, 7, 1), date(2028, 1, 1)
JOIN = ('grep -qx joined "$NULLSENDER_HOME/main.conf" || echo joined >>"$NULLSENDER_HOME/main.conf"',)
LISTED = artifact("nullsender/list", "alice\n")


@dataclass
class Host:
    """A folder that stands for a host whose clock can be set."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "etc"

    @property
    def log(self) -> list[str]:
        log = self.root / "log"
        return log.read_text().split() if log.exists() else []

    def write(
        self, day: date | None, *artifacts: Artifact, check: tuple[str, ...] = (), beyond: date | None = None
    ) -> None:
        """Write the files of a day into the tree, None for those of the tree's own."""
        placement = at(
            self.home,
            touches=(f"{self.home}/main.conf",),
            merge=JOIN,
            check=check,
            reload=(f'cat "$NULLSENDER_HOME/nullsender/rules" >>{self.root}/log',),
        )
        calendar = Calendar(since=day) if day else Calendar((SUMMER, WINTER), beyond)
        files, wrong = generated([output(*artifacts, placement=placement)], calendar)
        assert wrong == ()
        write_files(self.root / "tree", files)

    def apply(self, today: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        programs = self.root / "bin"
        programs.mkdir(exist_ok=True)
        (programs / "date").write_text(f'#!/bin/sh\n[ "$*" = "-u +%Y-%m-%d" ] || exit 1\necho {today}\n')
        (programs / "date").chmod(0o755)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        script = self.root / "tree/mx1/apply.sh"
        return subprocess.run(
            ["sh", script, *arguments], capture_output=True, text=True, env=environment, timeout=30, check=False
        )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.home.mkdir()
    (host.home / "main.conf").write_text("the owner's\n")
    host.write(None, artifact("nullsender/rules", "today\n"), LISTED)
    host.write(SUMMER, artifact("nullsender/rules", "summer\n"))
    host.write(WINTER, artifact("nullsender/rules", "winter\n"), artifact("nullsender/snow", "cold\n"))
    return host


def silent(done: subprocess.CompletedProcess[str]) -> bool:
    return (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_happens_until_the_day_has_come(host: Host) -> None:
    assert host.apply("2027-01-31").returncode == 0
    before = contents(host.home)
    assert silent(host.apply("2027-06-30", "--if-due"))
    assert (contents(host.home), host.log) == (before, ["today"])


def test_on_its_day_what_holds_then_is_installed_once(host: Host) -> None:
    host.apply("2027-01-31")
    done = host.apply("2027-07-01", "--if-due")
    assert (done.returncode, done.stderr) == (0, "")
    assert "mx1: postbox: nullsender/list is no longer wanted" in done.stdout
    assert (host.home / "nullsender/rules").read_text() == "summer\n"
    assert not (host.home / "nullsender/list").exists()
    assert silent(host.apply("2027-07-01", "--if-due"))
    assert silent(host.apply("2027-12-31", "--if-due"))
    assert host.apply("2028-01-01", "--if-due").returncode == 0
    assert (host.home / "nullsender/snow").read_text() == "cold\n"
    assert host.log == ["today", "summer", "winter"]


def test_a_file_that_stays_the_same_is_taken_from_the_trees_own_day(host: Host) -> None:
    host.write(SUMMER, artifact("nullsender/rules", "summer\n"), LISTED)
    (host.root / "tree/mx1/due/2027-07-01/postbox/nullsender/list").unlink()
    host.apply("2027-01-31")
    assert host.apply("2027-07-01", "--if-due").returncode == 0
    assert (host.home / "nullsender/list").read_text() == "alice\n"


def test_days_that_went_by_unseen_are_left_out(host: Host) -> None:
    host.apply("2027-01-31")
    assert host.apply("2030-01-01", "--if-due").returncode == 0
    assert host.log == ["today", "winter"]


def test_without_the_option_too_the_files_of_the_day_are_installed(host: Host) -> None:
    assert host.apply("2027-08-01").returncode == 0
    assert host.log == ["summer"]
    assert "nothing has changed" in host.apply("2027-08-01").stdout
    assert silent(host.apply("2027-08-01", "--if-due"))


def test_a_dry_run_is_of_the_day_and_does_nothing(host: Host) -> None:
    host.apply("2027-01-31")
    before = contents(host.home)
    done = host.apply("2027-07-01", "--dry-run")
    assert "mx1: postbox: nullsender/rules has changed" in done.stdout
    assert contents(host.home) == before
    assert host.apply("2027-07-01", "--if-due").returncode == 0
    assert host.log == ["today", "summer"]


@pytest.mark.parametrize("broken", [True, False], ids=["refused", "too-late-for-the-tree"])
def test_a_failure_puts_everything_back_and_is_tried_again(host: Host, broken: bool) -> None:
    host.apply("2027-01-31")
    before = contents(host.home)
    if broken:
        host.write(SUMMER, artifact("nullsender/rules", "summer\n"), check=("echo 'what?' >&2",))
        host.apply("2027-06-30")  # the tree is another one now, and has to be applied before cron goes on with it
        before = contents(host.home)
        done = host.apply("2027-07-01", "--if-due")
        assert "everything was put back" in done.stderr
    else:
        host.write(None, artifact("nullsender/rules", "today\n"), LISTED, beyond=date(2027, 6, 1))
        done = host.apply("2027-07-01", "--if-due")
        assert "mx1: the policy means something else since 2027-06-01; compile it again" in done.stderr
    assert done.returncode == 1
    assert contents(host.home) == before
    assert host.apply("2027-07-01", "--if-due").returncode == 1


def test_a_tree_that_nobody_applied_is_not_applied_by_cron(host: Host) -> None:
    done = host.apply("2027-07-01", "--if-due")
    assert done.returncode == 1
    assert "another tree was applied here, or none" in done.stderr
    host.apply("2027-07-01")
    host.write(None, artifact("nullsender/rules", "new\n"), LISTED)
    host.write(SUMMER, artifact("nullsender/rules", "new summer\n"))
    assert host.apply("2027-07-02", "--if-due").returncode == 1
    assert host.apply("2027-07-02").returncode == 0
    assert silent(host.apply("2027-07-02", "--if-due"))
    assert host.log == ["summer", "new", "summer"]


def test_what_the_owner_changes_meanwhile_is_not_cronjob_business(host: Host) -> None:
    host.apply("2027-01-31")
    (host.home / "main.conf").write_text("new\n")
    assert silent(host.apply("2027-06-30", "--if-due"))
    assert (host.home / "main.conf").read_text() == "new\n"
