from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest

from nullsender_grammar import schema
from tests.commands.conftest import HERE, POLICY, Run
from tests.output.fakes import contents

TREE = [
    "manifest.json",
    "mx1/apply.sh",
    "mx1/postbox/nullsender/recipients",
    "mx1/postbox/nullsender/rules",
    "mx2/apply.sh",
    "mx2/postbox/nullsender/recipients",
    "mx2/postbox/nullsender/rules",
    "mx2/strainer/nullsender/strain",
]


def manifest(site: Path) -> dict[str, object]:
    text = (site / "build/manifest.json").read_text()
    value: dict[str, object] = json.loads(text)
    jsonschema.validate(value, json.loads(schema("manifest")))
    return value


def test_every_deployment_gets_its_files(run: Run, site: Path) -> None:
    done = run("compile", "policy.ndr", "--out", "build")
    assert (done.return_value, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == "wrote 8 files for mx1, mx2 to build"
    assert list(contents(site / "build")) == TREE
    assert (site / "build/mx1/postbox/nullsender/recipients").read_text() == (
        "alice@example.org OK\nbob@example.org OK\nnoreply@example.org OK\n"
    )
    assert (site / "build/mx1/postbox/nullsender/recipients").stat().st_mode & 0o777 == 0o640
    assert (site / "build/mx1/apply.sh").stat().st_mode & 0o777 == 0o755


def test_the_same_policy_gives_the_same_bytes_wherever_it_lies(run: Run, site: Path) -> None:
    run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31")
    first = contents(site / "build")
    run("compile", site / "policy.ndr", "--out", site / "build", "--on", "2027-01-31")
    assert contents(site / "build") == first
    other = site / "other/place"
    other.mkdir(parents=True)
    for name in ("policy.ndr", "recipients.txt"):
        (site / name).rename(other / name)
    run("compile", "other/place/policy.ndr", "--out", "again", "--on", "2027-01-31")
    assert contents(site / "again") == first
    assert str(site) not in "".join(first.values())


def test_the_manifest_describes_every_file(run: Run, site: Path) -> None:
    run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31")
    value = manifest(site)
    assert (value["date"], value["due"], value["mode"], value["only"]) == ("2027-01-31", None, "fragment", [])
    files = value["files"]
    assert isinstance(files, dict)
    assert list(files) == TREE[1:]
    for path, about in files.items():
        octets = (site / "build" / path).read_bytes()
        assert (about["sha256"], about["size"]) == (sha256(octets).hexdigest(), len(octets))
        assert int(about["mode"], 8) == (site / "build" / path).stat().st_mode & 0o7777


def test_every_generated_line_leads_to_its_line_of_the_policy(run: Run, site: Path) -> None:
    (site / "common").mkdir()
    (site / "common/more.ndr").write_text("\nreject bounces to silent as quiet\n")
    (site / "policy.ndr").write_text(POLICY.replace("reject bounces to silent", 'include "common/more.ndr"'))
    run("compile", "policy.ndr", "--out", "build")
    value = manifest(site)
    statements, files = value["statements"], value["files"]
    assert isinstance(statements, dict)
    assert isinstance(files, dict)
    assert statements["reject-bounces-to-several-recipients"] == "policy.ndr:7"
    assert statements["quiet"] == "common/more.ndr:2"
    lines = files["mx1/postbox/nullsender/rules"]["lines"]
    rules = (site / "build/mx1/postbox/nullsender/rules").read_text().splitlines()
    assert "quiet" in rules[int(lines["quiet"]) - 1]
    assert set(lines) == set(statements)


def test_the_manifest_says_where_each_rule_went_and_when_to_compile_again(run: Run, site: Path) -> None:
    more = "reject mail scoring 5 or more\nquarantine into hold\nquarantine mail scoring 3 or more on mx2\n"
    dated = "reject ordinary mail to silent until 2027-06-30\n"
    (site / "policy.ndr").write_text(POLICY + more + dated)
    assert run("compile", "policy.ndr", "--out", "build", "--on", "2027-01-31").return_value == 0
    value = manifest(site)
    assert value["due"] == "2027-07-01"
    deployments = value["deployments"]
    assert isinstance(deployments, dict)
    went = {one["id"]: one for one in deployments["mx2"]["placed"]}
    assert (went["quarantine-mail-scoring-3-or-more"]["component"], went["relaying"]["component"]) == (
        "strainer",
        "postbox",
    )
    assert went["quarantine-mail-scoring-3-or-more"]["stage"] == "content"
    assert deployments["mx1"]["components"]["postbox"]["fixed texts"] == {"relaying": "no relaying"}


def test_the_mode_and_the_deployments_can_be_chosen(run: Run, site: Path) -> None:
    done = run("compile", "policy.ndr", "--out", "build", "--mode", "standalone", "--deployment", "mx1")
    assert done.return_value == 0
    assert list(contents(site / "build")) == [
        "manifest.json",
        "mx1/apply.sh",
        "mx1/postbox/main.conf",
        "mx1/postbox/nullsender/recipients",
        "mx1/postbox/nullsender/rules",
    ]
    assert (manifest(site)["mode"], manifest(site)["only"]) == ("standalone", ["mx1"])


def test_an_unknown_deployment_is_wrong_use(site: Path) -> None:
    done = program("compile", "policy.ndr", "--out", "build", "--deployment", "mx3", cwd=site)
    assert done.returncode == 2
    assert "no deployment 'mx3' in the policy; there are mx1, mx2" in done.stderr
    assert not (site / "build").exists()


def test_what_ran_and_what_did_not_is_said(run: Run, site: Path) -> None:
    done = run("compile", "policy.ndr", "--out", "build")
    assert done.stderr.splitlines()[:4] == [
        "verified mx1/postbox: postbox -t",
        "verified mx2/postbox: postbox -t",
        "not verified mx1/postbox: postbox -x: not installed",
        "not verified mx2/postbox: postbox -x: not installed",
    ]
    quiet = run("compile", "policy.ndr", "--out", "build", "--no-verify")
    assert quiet.stderr == "wrote 8 files for mx1, mx2 to build\n"
    assert site.exists()


def test_what_a_program_refuses_is_an_error_of_the_policy_and_changes_nothing(
    run: Run, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("compile", "policy.ndr", "--out", "build").return_value == 0
    before = contents(site / "build")
    monkeypatch.setenv("POSTBOX_REFUSES", "several")
    done = run("compile", "policy.ndr", "--out", "build", "--mode", "standalone")
    assert done.return_value == 1
    assert "error[NS603]: `postbox` refuses `mx1/postbox/nullsender/rules:4`: I do not like `several`" in done.stdout
    assert " --> policy.ndr:7:1\n" in done.stdout
    assert contents(site / "build") == before
    assert sorted(path.name for path in site.iterdir()) == ["build", "policy.ndr", "recipients.txt"]


@pytest.mark.parametrize("name", ["policy.ndr", "recipients.txt"])
def test_an_error_leaves_the_tree_as_it_was(run: Run, site: Path, name: str) -> None:
    run("compile", "policy.ndr", "--out", "build")
    before = contents(site / "build")
    (site / name).write_text("!\n")
    assert run("compile", "policy.ndr", "--out", "build").return_value == 1
    assert contents(site / "build") == before


def test_a_folder_of_somebody_else_could_not_be_written(run: Run, site: Path) -> None:
    done = run("compile", "policy.ndr", "--out", ".")
    assert done.return_value == 2
    assert "error[NS602]: `.` is a directory that nullsender did not write" in done.stdout
    assert sorted(path.name for path in site.iterdir()) == ["policy.ndr", "recipients.txt"]


@pytest.mark.parametrize("format_", ["json", "sarif", "gitlab"])
def test_standard_output_holds_the_report_and_nothing_else(run: Run, site: Path, format_: str) -> None:
    done = run("compile", site / "policy.ndr", "--out", "build", "--format", format_)
    json.loads(done.stdout)
    assert "wrote 8 files" in done.stderr


def program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with the targets of the tests."""
    script = (
        f"import sys, nullsender_targets; nullsender_targets.__path__ = [{str(HERE / 'targets')!r}]\n"
        "from nullsender.main import main; code = main()\n"
        "print(*[line for line in open('/proc/self/status') if 'VmHWM' in line], file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def test_many_recipients_stream_in_little_memory(site: Path) -> None:
    count = 200_000
    with (site / "recipients.txt").open("w") as file:
        file.write("noreply@example.org\n")
        file.writelines(f"user{number * 7919 % count}@example.org\n" for number in range(count))
    done = program("compile", "policy.ndr", "--out", "build", "--deployment", "mx1", cwd=site)
    assert done.returncode == 0
    with (site / "build/mx1/postbox/nullsender/recipients").open() as written:
        assert sum(1 for _ in written) == count + 1
    assert int(done.stderr.split()[-2]) < 150_000
    assert (site / "build/manifest.json").stat().st_size < 10_000


def test_what_another_deployment_cannot_do_is_no_error_of_the_one_that_is_wanted(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(POLICY + "quarantine mail scoring 8 or more\nquarantine into hold\n")
    assert run("compile", "policy.ndr", "--out", "build", "--deployment", "mx1").return_value == 1
    assert run("compile", "policy.ndr", "--out", "build", "--deployment", "mx2").return_value == 0
    assert run("compile", "policy.ndr", "--out", "build").return_value == 1
