from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.commands.conftest import POLICY, Run


def test_a_good_policy_is_clean_and_nothing_is_said(run: Run, site: Path) -> None:
    done = run("check", "policy.ndr")
    assert (done.return_value, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in site.iterdir()) == ["policy.ndr", "recipients.txt"]


def test_errors_of_every_stage_are_found_in_one_run(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(
        POLICY.replace("to silent", "to silnt").replace("deliver mine to", "deliver mine ot")
    )
    done = run("check", "policy.ndr")
    assert done.return_value == 1
    assert re.search(r"^ --> policy.ndr:5:\d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^ --> policy.ndr:8:\d+$", done.stdout, re.MULTILINE)
    assert "did you mean `silent`?" in done.stdout
    assert "Traceback" not in done.stdout


def test_what_a_deployment_cannot_do_is_found_too(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(POLICY + "quarantine into hold\nquarantine mail scoring 5 or more\n")
    done = run("check", "policy.ndr")
    assert done.return_value == 1
    assert "error[NS502]: `mx1` cannot do `quarantine mail scoring 5 or more`" in done.stdout
    assert "there is no queue to hold it in" in done.stdout
    assert "`mx2` cannot" not in done.stdout


def test_the_mode_counts(run: Run, site: Path) -> None:
    (site / "words.txt").write_text("[failed]\nSubject: lost\n\nhello\n")
    (site / "policy.ndr").write_text(POLICY + 'word ndrs by file "words.txt"\n')
    assert run("check", "policy.ndr").return_value == 1
    assert run("check", "policy.ndr", "--mode", "standalone").return_value == 0


def test_warnings_alone_are_clean(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(POLICY.replace("reject bounces to several recipients\n", ""))
    done = run("check", "policy.ndr")
    assert (done.return_value, done.stdout.splitlines()[-1]) == (0, "1 warning")


def test_workflows_of_github_get_commands_unless_a_format_is_given(
    run: Run, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (site / "policy.ndr").write_text(POLICY.replace("to silent", "to silnt"))
    assert "\n::error title=NS" in run("check", "policy.ndr").stdout
    assert "\nerror[NS" in run("check", "policy.ndr", "--format", "text").stdout
    assert json.loads(run("check", "policy.ndr", "--format", "json").stdout)["errors"] == 1


@pytest.mark.parametrize("format_", ["json", "sarif", "gitlab", "junit"])
def test_a_clean_policy_has_a_whole_report_in_formats_for_programs(run: Run, site: Path, format_: str) -> None:
    done = run("check", site / "policy.ndr", "--format", format_)
    assert done.return_value == 0
    assert done.stdout.rstrip()[-1] in "]}>"


# --- bad input --------------------------------------------------------------------------------------------------------
BAD_BYTES = {
    "an empty file": b"",
    "only a comment": b"# nothing\n",
    "latin-1": POLICY.encode().replace(b'"test"', b'"t\xe9st"'),
    "utf-16": POLICY.encode("utf-16"),
    "NUL": POLICY.encode() + b"\0",
    "escape": POLICY.encode().replace(b'"test"', b'"\x1b[2J"'),
    "carriage return": POLICY.encode().replace(b"\n", b"\r"),
    "override of direction": POLICY.encode() + b"# \xe2\x80\xae\n",
    "a line of 50 MB": POLICY.encode() + b"# " + b"x" * 50_000_000,
    "a name of 2 MB": POLICY.encode() + b"x" * 2_000_000,
    "an open string": POLICY.encode() + b'keep "abuse\n',
    "an open block": POLICY.encode() + b'test "x" {\n',
    "deep parentheses": POLICY.encode() + b"reject mail when " + b"(" * 20_000 + b"authenticated" + b")" * 20_000,
    "deep not": POLICY.encode() + b"reject mail when " + b"not " * 20_000 + b"authenticated",
    "a domain of 300 characters": POLICY.replace("example.org", "a." * 149 + "org").encode(),
    "a label of 64 characters": POLICY.replace("example.org", "a" * 64 + ".org").encode(),
    "quotes and newlines": POLICY.encode() + b'reject mail from "a\\"b\n" with 550 5.7.1 "x\n\\n"\n',
    "nothing but operators": b"= , = { } ( ) \" : / * @ \\ ' `" * 100,
}


@pytest.mark.parametrize("octets", BAD_BYTES.values(), ids=BAD_BYTES.keys())
def test_bad_text_is_an_error_with_a_place(run: Run, site: Path, octets: bytes) -> None:
    (site / "policy.ndr").write_bytes(octets)
    done = run("compile", "policy.ndr", "--out", "build")
    assert done.return_value in (1, 2)
    assert re.search(r"^error\[NS\d{3}\]: ", done.stdout)
    assert "policy.ndr" in done.stdout
    assert len(done.stdout) < 100_000
    assert sorted(path.name for path in site.iterdir()) == ["policy.ndr", "recipients.txt"]


def test_a_missing_file_could_not_be_read(run: Run, site: Path) -> None:
    done = run("check", "none.ndr")
    assert done.return_value == 2
    assert f"cannot read `none.ndr`: {os.strerror(2).lower()}" in done.stdout
    assert site.exists()


def test_a_directory_is_no_policy(run: Run, site: Path) -> None:
    done = run("check", site)
    assert done.return_value == 2
    assert "it is a directory" in done.stdout


def test_a_file_below_a_file_and_too_long_a_name_cannot_be_read(run: Run, site: Path) -> None:
    assert run("check", site / "policy.ndr" / "x").return_value == 2
    assert run("check", "x" * 5000).return_value == 2
    assert run("check", "a\0b").return_value == 2


def test_missing_recipients_could_not_be_read(run: Run, site: Path) -> None:
    (site / "recipients.txt").unlink()
    done = run("check", "policy.ndr")
    assert done.return_value == 2
    assert "error[NS105]: cannot read `recipients.txt`" in done.stdout
    assert " --> policy.ndr:4:" in done.stdout


def test_a_bad_line_among_many_recipients_is_shown(run: Run, site: Path) -> None:
    with (site / "recipients.txt").open("w") as file:
        file.writelines(f"user{n}@example.org\n" for n in range(3000))
        file.write("user name@example.org\n")
        file.writelines(f"user{n}@example.org\n" for n in range(3000, 6000))
    done = run("compile", "policy.ndr", "--out", "build")
    assert done.return_value == 1
    assert " --> recipients.txt:3001:1\n" in done.stdout
    assert "3001 | user name@example.org" in done.stdout
    assert not (site / "build").exists()


def test_files_that_include_each_other_are_an_error(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(POLICY + 'include "other.ndr"\n')
    (site / "other.ndr").write_text('include "policy.ndr"\n')
    done = run("check", "policy.ndr")
    assert done.return_value == 1
    assert "include" in done.stdout


def test_a_missing_include_is_an_error(run: Run, site: Path) -> None:
    (site / "policy.ndr").write_text(POLICY + 'include "other.ndr"\n')
    done = run("check", "policy.ndr")
    assert done.return_value == 2
    assert "other.ndr" in done.stdout
