from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nullsender.emit import Output
from nullsender.output import generated, staged
from nullsender.target import Artifact
from tests.output.fakes import artifact, at, contents, output


@dataclass
class Host:
    """A folder that stands for a host, and the tree that is applied there."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "etc" / "post box"

    @property
    def tree(self) -> Path:
        return self.root / "tree"

    @property
    def script(self) -> Path:
        return self.tree / "mx1" / "apply.sh"

    def write(self, *outputs: Output) -> None:
        shutil.rmtree(self.tree, ignore_errors=True)
        files, wrong = generated(outputs)
        assert wrong == ()
        with staged(self.tree) as staging:
            staging.write(files)
            staging.commit()

    def apply(self, *arguments: str, deaf: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the script; `deaf`: as systemd and Python run theirs, with broken pipes that end no program."""
        temporary = self.root / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(temporary)}
        done = subprocess.run(
            ["sh", self.script, *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=30,
            check=False,
            restore_signals=not deaf,
        )
        if done.returncode != 3:
            assert list(temporary.iterdir()) == []
        return done

    def server(self, *artifacts: Artifact, **lines: tuple[str, ...]) -> Output:
        return output(*artifacts, placement=at(self.home, **lines))

    def whole_server(self, *artifacts: Artifact) -> Output:
        return output(*artifacts, standalone=True, placement=at(self.home))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.home.mkdir(parents=True)
    (host.home / "main.conf").write_text("the owner's\n")
    return host


RULES = artifact("nullsender/rules", "one\n")
JOIN = (
    'grep -qx "include nullsender" "$NULLSENDER_HOME/main.conf" ||',
    'echo "include nullsender" >>"$NULLSENDER_HOME/main.conf"',
)


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


# --- taken out again --------------------------------------------------------------------------------------------------
PARTING = 'sed -i "/^include nullsender$/d" "$NULLSENDER_HOME/main.conf"'


def joined(home: Path, component: str = "postbox", /, **lines: tuple[str, ...]) -> Output:
    """Return a component that joins a file of its owner's."""
    place = at(home, touches=(str(home / "main.conf"),), merge=JOIN, **{"leave": (PARTING,), **lines})
    return output(RULES, component=component, placement=place)


def helper(host: Host, **lines: tuple[str, ...]) -> Output:
    home = host.root / "etc/strainer"
    if not home.exists():
        home.mkdir()
        (home / "main.conf").write_text("the owner's strainer\n")
    return joined(home, "strainer", **lines)


def test_what_was_installed_is_taken_out_again(host: Host) -> None:
    log = host.root / "log"
    before = contents(host.home)
    sound = f'[ ! -e "$NULLSENDER_HOME/nullsender" ] && echo sound >>{log} || echo too early >>{log}'
    host.write(joined(host.home, sound=(sound,), check=("[ -e rules ] || true",), reload=(f"echo reloaded >>{log}",)))
    host.apply()
    log.unlink()
    (host.home / "nullsender/made-from-rules").write_text("an index\n")
    done = host.apply("--remove")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"mx1: postbox: taken out of {host.home}\n"
    assert contents(host.home) == before
    assert log.read_text() == "sound\nreloaded\n"


def test_where_nothing_is_installed_nothing_is_taken_out(host: Host) -> None:
    before = contents(host.home)
    host.write(joined(host.home, reload=("false",)))
    done = host.apply("--remove")
    said = f"mx1: postbox: is not installed in {host.home}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert contents(host.home) == before


def test_a_whole_server_gives_the_owner_his_files_back(host: Host) -> None:
    before = contents(host.home)
    host.write(host.whole_server(RULES, artifact("main.conf", "ours\n"), artifact("extra/more.conf", "ours\n")))
    host.apply()
    assert (host.home / "main.conf").read_text() == "ours\n"
    assert host.apply("--remove").returncode == 0
    assert contents(host.home) == before
    assert not (host.home / "extra").exists()


@pytest.mark.parametrize("lines", [{"leave": ("false",)}, {"sound": ("false",)}, {"reload": ("exit 3",)}])
def test_what_cannot_be_taken_out_stays_whole(host: Host, lines: dict[str, tuple[str, ...]]) -> None:
    fails = {name: (f"[ ! -e {host.root}/leaving ] || {line}",) for name, (line,) in lines.items()}
    host.write(joined(host.home, **fails))
    host.apply()
    before = contents(host.home)
    (host.root / "leaving").touch()
    done = host.apply("--remove")
    assert done.returncode == 1
    assert "failed; everything was put back" in done.stderr
    assert contents(host.home) == before


def test_a_helper_that_is_deployed_no_longer_is_left_without_the_rules(host: Host) -> None:
    host.write(joined(host.home), helper(host))
    host.apply()
    strainer = host.root / "etc/strainer"
    assert (strainer / "nullsender/rules").exists()
    host.write(joined(host.home))
    done = host.apply("--dry-run")
    assert done.stdout.splitlines()[-2:] == [
        "mx1: strainer: belongs to it no longer",
        "mx1: nothing was done: this was a dry run",
    ]
    assert (strainer / "nullsender/rules").exists()
    done = host.apply()
    assert (done.returncode, done.stderr) == (0, "")
    assert f"mx1: strainer: taken out of {strainer}" in done.stdout
    assert contents(strainer) == {"main.conf": "the owner's strainer\n"}
    assert (host.home / "nullsender/rules").exists()
    assert host.apply().stdout == "mx1: nothing has changed\n"


def test_a_helper_that_cannot_be_left_is_tried_again(host: Host) -> None:
    stop = host.root / "stop"
    host.write(joined(host.home), helper(host, leave=(f"[ ! -e {stop} ]", PARTING)))
    host.apply()
    stop.touch()
    host.write(joined(host.home))
    done = host.apply()
    assert done.returncode == 4
    again = host.root / "etc/strainer/nullsender/.apply.strainer"
    assert f"mx1: strainer still has a policy; sh {again} --remove strainer takes it out\n" in done.stderr
    assert "mx1: applied" in done.stdout
    assert (host.root / "etc/strainer/nullsender/rules").exists()
    assert host.apply("--if-due").returncode == 0, "what was applied is applied"
    stop.unlink()
    assert "taken out" in host.apply().stdout
    assert host.apply().stdout == "mx1: nothing has changed\n"


def test_one_program_alone_is_taken_out(host: Host) -> None:
    host.write(joined(host.home), helper(host))
    host.apply()
    assert host.apply("--remove", "strainer").returncode == 0
    assert contents(host.root / "etc/strainer") == {"main.conf": "the owner's strainer\n"}
    assert (host.home / "nullsender/rules").exists()


def test_a_helper_that_this_tree_does_not_know_is_taken_out_as_well(host: Host) -> None:
    host.write(joined(host.home), helper(host))
    host.apply()
    host.write(joined(host.home))
    assert host.apply("--remove").returncode == 0
    assert contents(host.root / "etc/strainer") == {"main.conf": "the owner's strainer\n"}


def test_another_deployment_on_the_host_is_left_alone(host: Host) -> None:
    other = host.root / "etc/mailbag"
    other.mkdir()
    host.write(joined(host.home), helper(host))
    host.apply()
    first = contents(host.home)
    place = at(other, touches=(str(other / "main.conf"),), merge=JOIN, leave=(PARTING,))
    (other / "main.conf").write_text("the other owner's\n")
    mine = [joined(host.home), helper(host)]
    theirs = [output(RULES, component="mailbag", deployment="mx2", placement=place)]
    theirs.append(replace(mine[1], part=replace(mine[1].part, deployment="mx2")))
    host.write(*mine, *theirs)
    mx2 = str(host.tree / "mx2/apply.sh")
    assert subprocess.run(["sh", mx2], capture_output=True, check=True).stderr == b""
    assert contents(host.home) == first
    done = host.apply("--remove")
    assert "mx1: strainer: was installed in" in done.stdout
    assert (host.root / "etc/strainer/nullsender/rules").exists()
    assert (other / "nullsender/rules").exists()
    assert not (host.home / "nullsender").exists()


def test_what_a_fragment_joined_is_not_taken_for_the_owners_by_a_whole_server(host: Host) -> None:
    before = contents(host.home)
    host.write(joined(host.home))
    host.apply()
    whole = at(host.home, touches=(str(host.home / "main.conf"),), leave=(PARTING,))
    host.write(output(RULES, artifact("main.conf", "ours\n"), standalone=True, placement=whole))
    assert host.apply().returncode == 0
    assert (host.home / "main.conf").read_text() == "ours\n"
    assert host.apply("--remove").returncode == 0
    assert contents(host.home) == before


def test_what_the_owner_is_only_warned_of_stops_nothing(host: Host) -> None:
    before = contents(host.home)
    host.write(joined(host.home, sound=(f"[ ! -e {host.root}/leaving ] || echo unused parameter >&2",)))
    host.apply()
    (host.root / "leaving").touch()
    done = host.apply("--remove")
    assert (done.returncode, done.stderr) == (0, "unused parameter\n")
    assert contents(host.home) == before


def test_a_file_in_a_folder_of_its_own_is_put_back(host: Host) -> None:
    host.write(host.whole_server(RULES, artifact("extra/more.conf", "ours\n")))
    host.apply()
    fails = at(host.home, check=("false",))
    host.write(output(RULES, standalone=True, placement=fails))
    done = host.apply()
    assert (done.returncode, (host.home / "extra/more.conf").read_text()) == (1, "ours\n")


def test_what_the_owners_link_leads_to_is_put_back(host: Host) -> None:
    kept = host.root / "kept by the owner"
    (host.home / "main.conf").rename(kept)
    (host.home / "main.conf").symlink_to(kept)
    write = 'grep -qx ours "$NULLSENDER_HOME/main.conf" || echo ours >>"$NULLSENDER_HOME/main.conf"'
    take = 'text=$(grep -vx ours "$NULLSENDER_HOME/main.conf"); printf "%s\\n" "$text" >"$NULLSENDER_HOME/main.conf"'
    stop = f"[ ! -e {host.root}/leaving ]"
    place = at(host.home, touches=(str(host.home / "main.conf"),), merge=(write,), leave=(take,), sound=(stop,))
    host.write(output(RULES, placement=place))
    host.apply()
    (host.root / "leaving").touch()
    assert host.apply("--remove").returncode == 1
    assert (host.home / "main.conf").is_symlink()
    assert kept.read_text() == "the owner's\nours\n"
    (host.root / "leaving").unlink()
    assert host.apply("--remove").returncode == 0
    assert kept.read_text() == "the owner's\n"
