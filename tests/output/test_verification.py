from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from nullsender.source import Source, Span
from nullsender.target import Finding, Origin, Verification
from nullsender.verification import Verified, verify
from tests.output.fakes import artifact, output

SOURCE = Source("policy.ndr", "reject a\nreject b\n")
SPANS = {"a": Span(SOURCE, 0, 8), "b": Span(SOURCE, 9, 17)}
ORIGINS = (Origin(3, "a"), Origin(5, "b"), Origin(5, "a"))


class Program:
    """Stands for a target whose programs find what is asked for."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        self.seen: list[tuple[Path, bool]] = []

    def verify(self, folder: Path, standalone: bool) -> Verification:
        self.seen.append((folder, standalone))
        return Verification(("box -t",), ("box -x: not installed",), self.findings)


def run(program: Any) -> Verified:
    made = output(artifact("nullsender/rules", origins=ORIGINS), standalone=True)
    return verify(Path("/tree"), [made], lambda _: program, SPANS)


def test_programs_see_their_folder_and_what_did_not_run_is_named() -> None:
    program = Program()
    said = run(program)
    assert program.seen == [(Path("/tree/mx1/postbox"), True)]
    assert said == Verified(("mx1/postbox: box -t",), ("mx1/postbox: box -x: not installed",), ())


def test_a_finding_leads_back_to_the_rule_of_its_line() -> None:
    (said,) = run(Program(Finding("nullsender/rules", 3, "bad\n"))).diagnostics
    assert (said.code, said.span) == ("NS603", SPANS["a"])
    assert said.message == "`postbox` refuses `mx1/postbox/nullsender/rules:3`: bad"


def test_a_finding_below_a_marked_line_belongs_to_it() -> None:
    (said,) = run(Program(Finding("nullsender/rules", 4, "bad"))).diagnostics
    assert said.span == SPANS["a"]


def test_a_line_of_two_rules_names_both() -> None:
    (said,) = run(Program(Finding("nullsender/rules", 9, "bad"))).diagnostics
    assert said.span == SPANS["b"]
    assert [label.span for label in said.labels] == [SPANS["a"]]


def test_a_finding_without_a_rule_has_no_place() -> None:
    for finding in (Finding("nullsender/rules", 1, "x"), Finding("main.conf", 3, "x"), Finding("main.conf", None, "x")):
        (said,) = run(Program(finding)).diagnostics
        assert (said.span, said.note) == (None, None)


def test_findings_of_two_deployments_are_kept_apart() -> None:
    program: Any = Program(Finding("nullsender/rules", 3, "bad"))
    made = output(artifact("nullsender/rules", origins=ORIGINS))
    other = replace(made, part=replace(made.part, deployment="mx2"))
    said = verify(Path("/tree"), [made, other], lambda _: program, SPANS)
    assert [d.message.split("`")[3] for d in said.diagnostics] == [
        "mx1/postbox/nullsender/rules:3",
        "mx2/postbox/nullsender/rules:3",
    ]
