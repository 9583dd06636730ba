from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.commands.conftest import POLICY, Run


@pytest.fixture
def repository(site: Path) -> Path:
    """The site as a git repository, with the policy one folder down and two commits."""
    (site / "mail/lists").mkdir(parents=True)
    (site / "policy.ndr").rename(site / "mail/policy.ndr")
    (site / "recipients.txt").rename(site / "mail/lists/recipients.txt")
    policy = POLICY.replace("recipients.txt", "lists/recipients.txt") + 'include "../rules.ndr"\n'
    (site / "mail/policy.ndr").write_text(policy)
    (site / "rules.ndr").write_text("reject ordinary mail to silent\n")
    git(site, "init", "--quiet")
    commit(site)
    with (site / "mail/lists/recipients.txt").open("a") as file:
        file.write("carol@example.org\n")
    (site / "rules.ndr").write_text("defer ordinary mail to silent until 2030-01-01\n")
    commit(site)
    return site


def git(site: Path, *arguments: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, *arguments], cwd=site, env=environment, check=True)


def commit(site: Path) -> None:
    git(site, "add", ".")
    git(site, "commit", "--quiet", "--message", "A commit")


def test_a_policy_and_its_own_tree_do_not_differ(run: Run, site: Path) -> None:
    run("compile", "policy.ndr", "--out", "build", "--mode", "standalone", "--deployment", "mx2")
    for sides in (("build", "policy.ndr"), ("policy.ndr", "build"), ("build", "build")):
        done = run("diff", *sides)
        assert (done.return_value, done.stdout, done.stderr) == (0, "no difference\n", "")
    assert site.exists()


def test_a_comment_changes_no_file(run: Run, site: Path) -> None:
    run("compile", "policy.ndr", "--out", "build")
    (site / "policy.ndr").write_text("# a comment\n" + POLICY)
    assert run("diff", "build", "policy.ndr").return_value == 0


def test_a_change_of_the_policy_shows_in_its_files(run: Run, site: Path) -> None:
    run("compile", "policy.ndr", "--out", "build")
    (site / "policy.ndr").write_text(
        POLICY.replace("reject bounces to silent\n", "reject bounces to silent as quiet\n")
    )
    done = run("diff", "build", "policy.ndr", "--deployment", "mx1")
    assert done.return_value == 1
    assert "--- a/mx1/postbox/nullsender/rules\n+++ b/mx1/postbox/nullsender/rules\n" in done.stdout
    assert "\n-data reject-bounces-to-silent " in done.stdout
    assert "\n+data quiet " in done.stdout
    assert done.stdout.endswith("1 file changed, 0 added, 4 removed; " + done.stdout.rsplit("; ", 1)[1])


def test_two_policies_are_compared_as_fragments_unless_said(run: Run, site: Path) -> None:
    (site / "other.ndr").write_text(POLICY.replace("deploy mx2 to postbox 2.0 with strainer 3.1\n", ""))
    done = run("diff", "policy.ndr", "other.ndr")
    assert done.return_value == 1
    assert done.stdout.splitlines()[-1].startswith("0 files changed, 0 added, 4 removed; ")
    assert "main.conf" not in done.stdout
    assert "main.conf" in run("diff", "policy.ndr", "other.ndr", "--mode", "standalone").stdout


def test_what_somebody_changed_in_a_tree_is_seen(run: Run, site: Path) -> None:
    run("compile", "policy.ndr", "--out", "build")
    (site / "build/mx1/postbox/nullsender/rules").write_text("mine\n")
    (site / "build/mx1/notes").write_text("mine too\n")
    done = run("diff", "build", "policy.ndr")
    assert done.return_value == 1
    assert "\n-mine\n" in done.stdout
    assert "--- a/mx1/notes\n+++ /dev/null\n" in done.stdout


def test_a_policy_is_compared_with_its_own_past(run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "mail")
    done = run("diff", "HEAD~1:policy.ndr", "policy.ndr", "--deployment", "mx1")
    assert done.return_value == 1
    assert "+carol@example.org OK\n" in done.stdout
    assert "-rcpt reject-ordinary-mail-to-silent " in done.stdout
    assert "+rcpt defer-ordinary-mail-to-silent " in done.stdout
    assert "+coming='2030-01-02'" in done.stdout
    assert done.stdout.endswith("\n3 files changed, 0 added, 0 removed; 5 lines\n")
    assert run("diff", "HEAD:policy.ndr", "policy.ndr").return_value == 0
    assert run("diff", "HEAD:./policy.ndr", "HEAD:../mail/policy.ndr").return_value == 0


def test_an_uncommitted_change_does_not_reach_into_the_past(run: Run, repository: Path) -> None:
    (repository / "rules.ndr").write_text("what?\n")
    (repository / "mail/lists/recipients.txt").write_text("what?\n")
    assert run("diff", "HEAD~1:mail/policy.ndr", "HEAD:mail/policy.ndr").return_value == 1
    assert run("diff", "HEAD:mail/policy.ndr", "HEAD:mail/policy.ndr").return_value == 0


def test_errors_of_a_revision_name_it(run: Run, repository: Path) -> None:
    (repository / "rules.ndr").write_text("rejekt mail\n")
    commit(repository)
    (repository / "rules.ndr").write_text("reject ordinary mail to silent\n")
    done = run("diff", "HEAD:mail/policy.ndr", "mail/policy.ndr")
    assert done.return_value == 2
    assert " --> HEAD:rules.ndr:1:1\n" in done.stderr or " --> HEAD:mail/../rules.ndr:1:1\n" in done.stderr
    assert "nullsender-" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("operand", "words"),
    [
        ("HEAD:mail/none.ndr", "none.ndr"),
        ("nobranch:mail/policy.ndr", "nobranch"),
        ("--upload-pack=x:mail/policy.ndr", "no revision"),
        ("HEAD:../../etc/passwd", "outside repository"),
    ],
)
def test_what_git_does_not_have_could_not_be_compared(run: Run, repository: Path, operand: str, words: str) -> None:
    done = run("diff", "--", operand, repository / "mail/policy.ndr")
    assert done.return_value == 2
    assert "error[NS605]" in done.stderr
    assert words in done.stderr


def test_outside_of_a_repository_there_are_no_revisions(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(site.parent))
    done = run("diff", "HEAD:policy.ndr", "policy.ndr")
    assert done.return_value == 2
    assert "not a git repository" in done.stderr
    monkeypatch.setenv("PATH", "")
    assert "cannot run git" in run("diff", "HEAD:policy.ndr", "policy.ndr").stderr


def test_a_folder_that_is_no_tree_could_not_be_compared(run: Run, site: Path) -> None:
    done = run("diff", ".", "policy.ndr")
    assert done.return_value == 2
    assert "error[NS605]: `.` is no tree that nullsender wrote" in done.stderr
    assert site.exists()


def test_a_missing_or_broken_policy_could_not_be_compared(run: Run, site: Path) -> None:
    assert run("diff", "none.ndr", "policy.ndr").return_value == 2
    (site / "broken.ndr").write_text("rejekt\n")
    done = run("diff", "policy.ndr", "broken.ndr")
    assert (done.return_value, done.stdout) == (2, "")
    assert " --> broken.ndr:1:1" in done.stderr
