"""Cases as a JUnit report: one test case each."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from nullsender.report.display import safe
from nullsender.testing.cases import Became, Case, count
from nullsender.testing.coverage import Coverage
from nullsender.testing.text import lines_of


def render(cases: Sequence[Case], covered: Coverage | None = None) -> str:
    """Return one test suite; a test that was not played is skipped, and coverage is a property of the whole."""
    became = count(cases)
    failed, skipped = str(became[Became.FAILED]), str(became[Became.NOT_PLAYED])
    counts = {"tests": str(len(cases)), "failures": failed, "errors": "0", "skipped": skipped}
    suites = ET.Element("testsuites", {"name": "nullsender", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "nullsender", **counts})
    if covered:
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", {"name": "coverage", "value": f"{covered.percent:.1f}"})
        for rule in covered.missed:
            ET.SubElement(properties, "property", {"name": "not decided", "value": safe(rule.id)})
    for case in cases:
        _case(suite, case)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, case: Case) -> None:
    source = safe(case.span.source.name)
    attributes = {"classname": source, "name": f"{safe(case.name)} ({case.where})"}
    element = ET.SubElement(suite, "testcase", attributes | {"file": source, "line": str(case.span.first.line)})
    if case.unplayed is not None:
        ET.SubElement(element, "skipped", {"message": safe(case.unplayed)})
    elif case.diagnostics:
        first = case.diagnostics[0]
        failure = ET.SubElement(element, "failure", {"type": first.code, "message": safe(first.message)})
        failure.text = "\n".join(lines_of(case, colour=False))
