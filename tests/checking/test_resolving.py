from __future__ import annotations

import os
from pathlib import Path

import pytest

from nullsender import syntax as s
from nullsender.resolve import resolve
from nullsender.source import Source, Span
from tests.checking.conftest import Check
from tests.checking.policies import check_file, check_text


def test_included_statements_stand_in_the_place_of_the_include(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/more.ndr").write_text('include "most.ndr"\nreject bounces as second')
    (tmp_path / "rules/most.ndr").write_text("reject bounces as first")
    checked = check_text(tmp_path, 'include "rules/more.ndr"\nreject bounces as third')
    assert [rule.id for rule in checked.good.rules[2:]] == ["first", "second", "third"]


def test_files_are_found_beside_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets/more.ndr").write_text('addresses theirs = file "list"')
    (tmp_path / "sets/list").write_text("joe@example.com\n")
    assert check_text(tmp_path, 'include "sets/more.ndr"\nreject ordinary mail from theirs').says == []


def test_a_file_that_cannot_be_included_is_an_error_at_the_include(tmp_path: Path) -> None:
    checked = check_text(tmp_path, 'include "nowhere.ndr"')
    assert [d.span.text for d in checked.diagnostics if d.span] == ['"nowhere.ndr"']
    assert checked.policy is None


def test_a_circle_of_includes_is_an_error_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.ndr").write_text('include "b.ndr"\nreject bounces as a')
    (tmp_path / "b.ndr").write_text('include "a.ndr"\nreject bounces as relaying')
    assert check_text(tmp_path, 'include "a.ndr"').codes == {"NS210", "NS311"}


def test_a_circle_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.ndr").symlink_to("b.ndr")
    (tmp_path / "b.ndr").symlink_to("a.ndr")
    checked = check_text(tmp_path, 'include "a.ndr"\naddresses x = file "b.ndr"')
    assert checked.policy is None
    assert "NS105" in checked.codes


@pytest.mark.parametrize("count", [65, 5000])
def test_sets_in_sets_end_somewhere(check: Check, count: int) -> None:
    chain = "\n".join(f"domains a{n} = a{n + 1}" for n in range(count))
    checked = check(f"{chain}\ndomains a{count} = x.example\nrecipients of a0 are anyone")
    assert checked.codes == {"NS216"}


def test_a_pipe_is_no_list(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    checked = check_text(tmp_path, 'addresses x = file "pipe"\nreject ordinary mail from x')
    assert checked.says == ['NS105 file "pipe": cannot read `pipe`: not a regular file']


@pytest.mark.parametrize("name", ["no\0where", "line\nfeed", "x" * 5000])
def test_no_name_of_a_file_is_a_surprise(tmp_path: Path, name: str) -> None:
    here = Span(Source("policy.json", ""), 0, 0)
    text, kind = s.Text(here, name), s.Word(here, "addresses")
    definition = s.SetDefinition(here, kind, s.Word(here, "x"), (s.File(here, text),))
    document = s.Document(here, (definition, s.Include(here, text)))
    _, found = resolve(document, tmp_path / "policy.json", lambda _: (None, ()))
    assert {d.code for d in found} <= {"NS105", "NS215"}
    assert any(d.is_error for d in found)


def test_one_run_says_everything(tmp_path: Path) -> None:
    checked = check_text(
        tmp_path,
        """addresses a = nobody, x@example.org
        domains d = 192.0.2.1
        reject mail failing spf
        reject bounces with 450 on mx9
        trust clients in 10.0.0.0/8
        test "t" { to a@example.org expect accept by nothing }
        deploy mx3 to sendmail 8""",
    )
    assert checked.codes >= {"NS201", "NS202", "NS301", "NS303", "NS309", "NS226", "NS255", "NS240"}


def test_findings_stand_in_the_order_of_the_text(check: Check) -> None:
    found = check("reject bounces on mx9\nreject mail failing spf\ntrust clients in nowhere").diagnostics
    starts = [d.span.start for d in found if d.span]
    assert starts == sorted(starts)


def test_the_digest_follows_every_text_that_was_read(tmp_path: Path) -> None:
    def digest(name: str, text: str) -> str:
        folder = tmp_path / "copy"
        folder.mkdir(exist_ok=True)
        for file, content in {"list": "a@x.example\n", "more.ndr": "", "policy.ndr": written}.items():
            (folder / file).write_text(text if file == name else content)
        return check_file(folder / "policy.ndr").good.digest

    written = 'policy "p"\nrecipients of x.example from file "list"\ninclude "more.ndr"\ndeploy mx1 to postfix\n'
    digests = [
        digest("", ""),
        digest("list", "b@x.example\n"),
        digest("more.ndr", "reject bounces"),
        digest("policy.ndr", written + "# a remark\n"),
    ]
    assert len(set(digests)) == 4
    assert digest("", "") == digests[0]
