from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullsender.diagnostic import Diagnostic
from nullsender.report import FORMATS, renderer
from nullsender.source import Source, Span
from tests.report.samples import ALL, LABELLED, POLICY, WARNING


def test_json_has_everything() -> None:
    report = json.loads(renderer("json")(ALL))
    assert (report["errors"], report["warnings"]) == (3, 1)
    first = report["diagnostics"][0]
    assert first["code"] == "NS501"
    assert first["severity"] == "error"
    assert (first["file"], first["start"], first["end"]) == (
        "examples/a b.ndr",
        {"line": 3, "column": 19},
        {"line": 3, "column": 24},
    )
    assert first["labels"][1]["file"] == "other.ndr"
    assert first["labels"][1]["start"] == {"line": 7, "column": 7}
    assert report["diagnostics"][3]["file"] is None


def test_github_gets_one_command_a_diagnostic_properly_escaped() -> None:
    assert renderer("github")(ALL).splitlines() == [
        (
            "::error title=NS501,file=examples/a b.ndr,line=3,endLine=3,col=19,endColumn=24::"
            "unknown set `silnt`%0Anote: sets are%0Anamed before%0Ahelp: did you mean `silent`?"
        ),
        "::warning title=NS502,file=examples/a b.ndr,line=3,endLine=3,col=32,endColumn=35::wide 100%25, really: yes",
        "::error title=NS503,file=examples/a b.ndr,line=4,endLine=5::over two lines",
        "::error title=NS601::cannot write `␛]0;x␇`: no␍%0Aspace",
    ]


def test_github_properties_hold_no_separators() -> None:
    odd = Span(Source("a,b:c%.ndr", "x"), 0, 1)
    assert "file=a%2Cb%3Ac%25.ndr," in renderer("github")([replace(WARNING, span=odd)])


def test_gitlab_gets_what_it_documents() -> None:
    issues = json.loads(renderer("gitlab")([*ALL, LABELLED]))
    assert [sorted(issue) for issue in issues] == [
        ["check_name", "description", "fingerprint", "location", "severity"]
    ] * 5
    assert issues[0]["location"] == {"path": "examples/a b.ndr", "lines": {"begin": 3, "end": 3}}
    assert [issue["severity"] for issue in issues] == ["major", "minor", "major", "major", "major"]
    assert len({issue["fingerprint"] for issue in issues}) == 5
    assert issues[3]["location"]["lines"]["begin"] == 1


def test_a_gitlab_fingerprint_stays_when_the_line_moves() -> None:
    lower = Source(POLICY.name, "\n\n" + POLICY.text)
    assert LABELLED.span
    moved = replace(LABELLED, span=Span(lower, LABELLED.span.start + 2, LABELLED.span.end + 2))
    before, after = (json.loads(renderer("gitlab")([one]))[0]["fingerprint"] for one in (LABELLED, moved))
    assert before == after


def test_junit_fails_for_errors_and_passes_for_warnings() -> None:
    suite = ET.fromstring(renderer("junit")(ALL))[0]  # noqa: S314  # made here
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    cases = list(suite)
    assert [case.find("failure") is not None for case in cases] == [True, False, True, True]
    assert (cases[0].get("file"), cases[0].get("line")) == ("examples/a b.ndr", "3")
    assert "reject bounces to silnt" in (cases[0].findtext("failure") or "")
    assert "31m" in (cases[1].findtext("system-out") or "")


def test_junit_of_nothing_is_a_test_that_passed() -> None:
    suite = ET.fromstring(renderer("junit")([]))[0]  # noqa: S314  # made here
    assert (suite.get("tests"), suite.get("failures"), len(suite)) == ("1", "0", 1)


def test_sarif_has_what_version_2_1_0_asks_for() -> None:
    log = json.loads(renderer("sarif")([*ALL, WARNING]))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["NS501", "NS502", "NS503", "NS601"]
    assert rules[0]["shortDescription"]["text"] == "the helper cannot be attached to the server"
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
    (place,) = run["results"][0]["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "examples/a%20b.ndr"},
        "region": {"startLine": 3, "startColumn": 19, "endLine": 3, "endColumn": 24},
    }
    related = run["results"][0]["relatedLocations"]
    assert [one["message"]["text"] for one in related] == ["a set of that kind", "another file"]
    assert "locations" not in run["results"][3]


@pytest.mark.parametrize(("name", "uri"), [("/etc/a b.ndr", "file:///etc/a%20b.ndr"), ("a:b#c.ndr", "a%3Ab%23c.ndr")])
def test_sarif_names_files_by_uri(name: str, uri: str) -> None:
    log = json.loads(renderer("sarif")([replace(WARNING, span=Span(Source(name, "x"), 0, 1))]))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("text", "github")])
def test_nothing_found_is_still_a_document(name: str) -> None:
    assert len(renderer(name)([])) > 2


DIAGNOSTICS = st.builds(
    lambda text, start, where: Diagnostic(
        "NS502", text, Span(Source(text or "x", text), min(start, len(text)), len(text)) if where else None, help=text
    ),
    st.text(alphabet=st.characters(), max_size=30),
    st.integers(0, 30),
    st.booleans(),
)


@given(st.lists(DIAGNOSTICS, max_size=3))
def test_every_format_can_hold_any_text(diagnostics: Sequence[Diagnostic]) -> None:
    for name in FORMATS:
        shown = renderer(name)(diagnostics)
        if name in ("json", "sarif", "gitlab"):
            json.loads(shown)
        elif name == "junit":
            ET.fromstring(shown)  # noqa: S314  # made here
        elif name == "github":
            commands = [re.match(r"::error title=NS502[^\n]*::", line) for line in shown.splitlines()]
            assert len(commands) == len(diagnostics)
            assert all(commands)
        else:
            assert shown.count("error[NS502]") >= len(diagnostics)
        shown.encode("utf-8")
