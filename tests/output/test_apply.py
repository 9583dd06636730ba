from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

from tests.output.fakes import artifact, at, contents, output
from tests.output.hosts import JOIN, RULES, Host


def test_files_are_installed_joined_checked_and_taken(host: Host) -> None:
    log = host.root / "log"
    host.write(
        host.server(
            RULES,
            artifact("nullsender/secret", "s\n", mode=0o640),
            touches=(str(host.home / "main.conf"),),
            merge=JOIN,
            install=("false",),
            check=(f"echo checked >>{log}",),
            reload=(f"echo reloaded >>{log}",),
        )
    )
    done = host.apply()
    assert (done.returncode, done.stderr) == (0, "")
    assert "mx1: applied" in done.stdout
    assert (host.home / "nullsender/rules").read_text() == "one\n"
    assert (host.home / "nullsender/secret").stat().st_mode & 0o777 == 0o640
    assert (host.home / "main.conf").read_text() == "the owner's\ninclude nullsender\n"
    assert log.read_text() == "checked\nreloaded\n"


def test_a_second_run_does_nothing(host: Host) -> None:
    log = host.root / "log"
    host.write(host.server(RULES, touches=(str(host.home / "main.conf"),), merge=(*JOIN, f"echo ran >>{log}")))
    assert host.apply().returncode == 0
    before = contents(host.home)
    done = host.apply()
    assert (done.returncode, done.stdout) == (0, "mx1: nothing has changed\n")
    assert (contents(host.home), log.read_text()) == (before, "ran\n")


def test_under_a_service_manager_nothing_but_what_is_done_is_said(host: Host) -> None:
    many = [artifact(f"nullsender/{'long' * 20}/{number}", f"{number}\n") for number in range(200)]
    host.write(host.server(*many, touches=(str(host.home / "main.conf"),), merge=JOIN))
    done = host.apply(deaf=True)
    assert (done.returncode, done.stderr) == (0, "")
    (host.home / "nullsender/.applied.postbox").write_text("what another one applied\n")
    done = host.apply(deaf=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "to be joined to what is there, and checked" in done.stdout


def test_what_somebody_changed_by_hand_is_set_right(host: Host) -> None:
    host.write(host.server(RULES, touches=(str(host.home / "main.conf"),), merge=JOIN))
    host.apply()
    (host.home / "main.conf").write_text("new from the owner\n")
    (host.home / "nullsender/rules").write_text("broken\n")
    done = host.apply()
    assert done.returncode == 0
    assert "nullsender/rules has changed" in done.stdout
    assert (host.home / "main.conf").read_text() == "new from the owner\ninclude nullsender\n"
    assert (host.home / "nullsender/rules").read_text() == "one\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({"merge": (*JOIN, "echo built >$NULLSENDER_HOME/nullsender/rules.db", "false", "touch /never")}, ""),
        ({"merge": JOIN, "check": ("echo 'line 3: what?' >&2",)}, "line 3: what?"),
        ({"merge": JOIN, "check": ("false", "true")}, "exit code 1"),
        ({"merge": JOIN, "reload": ("echo no daemon >&2; exit 7",)}, "no daemon"),
    ],
    ids=["joining", "check-speaks", "check-fails", "reload"],
)
@pytest.mark.parametrize("earlier", [True, False], ids=["over-an-earlier-one", "for-the-first-time"])
def test_a_failure_puts_everything_back(
    host: Host, lines: dict[str, tuple[str, ...]], words: str, earlier: bool
) -> None:
    touches = (str(host.home / "main.conf"), str(host.root / "var"))
    if earlier:
        (host.root / "var").mkdir()
        (host.root / "var/state").write_text("kept\n")
        host.write(host.server(RULES, artifact("nullsender/old", "old\n"), touches=touches, merge=JOIN))
        assert host.apply().returncode == 0
    before = contents(host.home), contents(host.root / "var")
    change = (f"mkdir -p {host.root}/var; echo other >{host.root}/var/state",)
    lines = {**lines, "merge": (*change, *lines["merge"])}
    host.write(host.server(artifact("nullsender/rules", "two\n"), touches=touches, **lines))
    done = host.apply()
    assert done.returncode == 1
    assert "everything was put back" in done.stderr
    assert words in done.stderr
    assert (contents(host.home), contents(host.root / "var")) == before
    assert (host.home / "nullsender").exists() is earlier
    assert (host.root / "var").exists() is earlier


def test_after_a_failed_reload_the_old_files_are_reloaded(host: Host) -> None:
    log = host.root / "log"
    read = f'cat "$NULLSENDER_HOME/nullsender/rules" >>{log}'
    host.write(host.server(RULES, reload=(read,)))
    host.apply()
    host.write(host.server(artifact("nullsender/rules", "bad\n"), reload=(read, f"! grep -q bad {log} || rm {log}.x")))
    assert host.apply().returncode == 1
    assert log.read_text() == "one\nbad\none\n"


def test_a_failure_of_one_component_puts_back_the_other(host: Host) -> None:
    helper = host.root / "etc/strainer"
    helper.mkdir()
    host.write(
        host.server(RULES),
        output(
            artifact("nullsender/strain", "x\n"), component="strainer", placement=at(helper, check=("echo no >&2",))
        ),
    )
    done = host.apply()
    assert done.returncode == 1
    assert "strainer: does not accept the result" in done.stderr
    assert contents(host.home) == {"main.conf": "the owner's\n"}
    assert contents(helper) == {}


def test_helpers_take_new_rules_before_their_server(host: Host) -> None:
    log = host.root / "log"
    helper = host.root / "etc/strainer"
    helper.mkdir()
    host.write(
        host.server(RULES, reload=(f"echo server >>{log}",)),
        output(RULES, component="strainer", placement=at(helper, reload=(f"echo helper >>{log}",))),
    )
    assert host.apply().returncode == 0
    assert log.read_text() == "helper\nserver\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_puts_everything_back(host: Host, number: signal.Signals) -> None:
    host.write(host.server(RULES, merge=(f"touch {host.root}/started", "sleep 1")))
    running = subprocess.Popen(["sh", host.script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (host.root / "started").exists():
        time.sleep(0.01)
    running.send_signal(number)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 128 + number
    assert "everything was put back" in errors
    assert contents(host.home) == {"main.conf": "the owner's\n"}


def test_files_of_an_earlier_run_that_are_gone_are_removed(host: Host) -> None:
    host.write(host.server(RULES, artifact("nullsender/deep/er/old", "old\n")))
    host.apply()
    (host.home / "nullsender/theirs").write_text("of somebody else\n")
    host.write(host.server(RULES))
    done = host.apply()
    assert "nullsender/deep/er/old is no longer wanted" in done.stdout
    assert not (host.home / "nullsender/deep").exists()
    assert (host.home / "nullsender/theirs").exists()


def test_going_back_from_standalone_gives_the_owner_his_file(host: Host) -> None:
    host.write(host.whole_server(RULES, artifact("main.conf", "ours\n")))
    assert host.apply().returncode == 0
    assert (host.home / "main.conf").read_text() == "ours\n"
    host.write(host.whole_server(RULES, artifact("main.conf", "ours, newer\n")))
    assert host.apply().returncode == 0
    assert (host.home / "main.conf").read_text() == "ours, newer\n"
    host.write(host.server(RULES))
    assert host.apply().returncode == 0
    assert (host.home / "main.conf").read_text() == "the owner's\n"


def test_a_dry_run_says_what_it_would_do_and_does_nothing(host: Host) -> None:
    host.write(host.server(RULES, artifact("nullsender/gone", "")))
    host.apply()
    before = contents(host.home)
    host.write(host.server(artifact("nullsender/rules", "two\n"), artifact("nullsender/new", ""), merge=("false",)))
    done = host.apply("--dry-run")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if "nullsender/" in line] == [
        "mx1: postbox: nullsender/rules has changed",
        "mx1: postbox: nullsender/new is new",
        "mx1: postbox: nullsender/gone is no longer wanted",
    ]
    assert contents(host.home) == before


def test_a_program_that_is_not_there_is_said_so(host: Host) -> None:
    shutil.rmtree(host.home)
    host.write(host.server(RULES))
    done = host.apply()
    assert done.returncode == 1
    assert f"there is no {host.home}" in done.stderr


def test_wrong_use_is_told(host: Host) -> None:
    host.write(host.server(RULES))
    for arguments in (("--force",), ("--dry-run", "--remove"), ("--remove", "postbocks"), ("",)):
        done = host.apply(*arguments)
        usage = "usage: sh apply.sh [--dry-run | --if-due | --remove [PROGRAM]]\n"
        assert (done.returncode, done.stderr) == (2, usage)
    assert contents(host.home) == {"main.conf": "the owner's\n"}


def test_what_cannot_be_put_back_is_kept_and_named(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, flag = host.root / "bin", host.root / "full"
    programs.mkdir()
    (programs / "mv").write_text(f'#!/bin/sh\n[ ! -e {flag} ] || exit 1\nexec {shutil.which("mv")} "$@"\n')
    (programs / "mv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    host.write(host.server(RULES, touches=(str(host.home / "main.conf"),), merge=(*JOIN, f"touch {flag}; false")))
    done = host.apply()
    assert done.returncode == 3
    assert f"could not put back: {host.home}/main.conf;" in done.stderr
    kept = [file for file in (host.root / "tmp").rglob("*") if file.is_file()]
    assert "the owner's\n" in [file.read_text() for file in kept]


def test_the_script_holds_no_name_of_the_machine_it_was_made_on(host: Host) -> None:
    host.write(host.server(RULES))
    assert str(host.tree) not in host.script.read_text()
    moved = host.root / "elsewhere"
    host.tree.rename(moved)
    done = subprocess.run(["sh", "apply.sh"], cwd=moved / "mx1", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
