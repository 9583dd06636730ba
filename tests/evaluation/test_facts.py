"""Every fact and expectation of the language in one policy that fulfils its tests, and each expectation broken."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nullsender import syntax as s
from nullsender.testing.coverage import coverage
from nullsender.testing.running import Run, run_tests

HERE = Path(__file__).parent
POLICY = HERE / "facts.ndr"


def run_with(folder: Path, name: str, new: str) -> Run:
    """Run the policy with another expectation in one of its tests."""
    for file in ("listed.txt", "report.eml"):
        shutil.copy(HERE / file, folder / file)
    text, changed = re.subn(rf'(test "{name}" {{[^}}]*?)expect [^}}]*}}', rf"\g<1>{new} }}", POLICY.read_text())
    assert changed == 1, name
    text = text[: text.index("never reject when")]  # tried elsewhere
    (folder / "policy.ndr").write_text(text)
    return run_tests(folder / "policy.ndr")


def test_every_test_passes() -> None:
    run = run_tests(POLICY)
    assert run.diagnostics == ()
    assert [(r.example.name, r.failures) for r in run.results if r.failures] == []
    assert run.good


def test_every_fact_and_expectation_stands_there() -> None:
    from nullsender.parse import parse
    from nullsender.reading import read_source

    source, _ = read_source(POLICY)
    assert source is not None
    tests = [x for x in parse(source)[0].statements if isinstance(x, s.Test)]
    used = {type(part) for test in tests for part in (*test.facts, *test.expectations)}
    assert used == {*s.Fact.__args__, *s.Expectation.__args__}


@pytest.mark.parametrize(
    ("name", "expectation", "said"),
    [
        ("client, known, from", "expect reject", "got accept"),
        ("client, known, from", 'expect accept tagged "X-A: b"', "got no header is added"),
        ("client, known, from", "expect accept scored 1", "got 0"),
        ("client, known, from", "expect accept reporting spf", "got no report"),
        ("client, known, from", "expect ndr to joe@partner.example", "got no ndr"),
        ("client, known, from", "expect sender <>", "got joe@partner.example"),
        ("no name", "expect defer", "got reject 550 5.7.1 at rcpt by reject-mail"),
        ("no name", "expect reject 554", "got reject 550 5.7.1 at rcpt by reject-mail"),
        ("no name", "expect reject 550 5.1.1", "got reject 550 5.7.1 at rcpt by reject-mail"),
        ("no name", "expect reject at data", "got reject 550 5.7.1 at rcpt by reject-mail"),
        ("no name", "expect reject by spf", "got reject 550 5.7.1 at rcpt by reject-mail"),
        ("an ndr", "expect no ndr", "got ndr to bob@example.org"),
        ("sender, signed", "expect sender alice@example.org", "got prvs=…=alice@example.org"),
        ("sender, signed", "expect sender prvs=0000000000=bob@example.org", "got prvs=…=alice@example.org"),
        ("report, tagged", 'expect accept tagged "X-Report: no"', "got `X-Report: yes`"),
        ("score, header, quarantine", "expect discard", "got quarantine at content by quarantine-mail-scoring-8"),
    ],
)
def test_what_does_not_come_about_is_said(tmp_path: Path, name: str, expectation: str, said: str) -> None:
    run = run_with(tmp_path, name, expectation)
    failed = {r.example.name: r.failures for r in run.results if r.failures}
    assert list(failed) == [name]
    ((failure,),) = failed.values()
    assert f"got {failure.got}".startswith(said)
    assert failure.span.text == expectation
    assert not run.good


def test_a_decision_that_several_recipients_share_is_told_once(tmp_path: Path) -> None:
    run = run_with(tmp_path, "to several, for", "expect accept")
    (failures,) = [r.failures for r in run.results if r.failures]
    assert [(failure.expected, failure.got[:10]) for failure in failures] == [
        ("accept for ghost@example.org", "reject 550"),
        ("accept for alice@example.org", "defer 452 "),
    ]


def test_coverage_names_the_rules_that_no_test_decides() -> None:
    covered = coverage(run_tests(POLICY))
    assert [rule.id for rule in covered.missed] == ["relaying", "reject-bounces-to-several-recipients"]
    assert "spf" in covered.rules
    assert covered.percent == pytest.approx(100 * (1 - 2 / len(covered.rules)))
