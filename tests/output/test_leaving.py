"""What apply.sh has installed is taken out again, and nothing of the owner's with it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nullsender.emit import Output
from tests.output.fakes import artifact, at, contents, output
from tests.output.hosts import JOIN, RULES, Host

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
