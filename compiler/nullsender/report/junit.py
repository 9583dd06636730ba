"""Diagnostics as a JUnit report: one test case a diagnostic, or one that passes."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from nullsender.diagnostic import Diagnostic
from nullsender.report.display import safe
from nullsender.report.text import page


def render(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a test suite in which errors are failures and warnings pass, with their text in `system-out`."""
    errors = sum(d.is_error for d in diagnostics)
    counts = {"tests": str(max(1, len(diagnostics))), "failures": str(errors), "errors": "0", "skipped": "0"}
    suites = ET.Element("testsuites", {"name": "nullsender", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "nullsender", **counts})
    if not diagnostics:
        ET.SubElement(suite, "testcase", {"classname": "nullsender", "name": "check"})
    for diagnostic in diagnostics:
        _case(suite, diagnostic)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, diagnostic: Diagnostic) -> None:
    attributes = {"classname": "nullsender", "name": diagnostic.code}
    if span := diagnostic.span:
        first = span.first
        attributes |= {"classname": safe(span.source.name), "file": safe(span.source.name), "line": str(first.line)}
        attributes["name"] += f" {first.line}:{first.column}"
    case = ET.SubElement(suite, "testcase", attributes)
    if diagnostic.is_error:
        failure = ET.SubElement(case, "failure", {"type": diagnostic.code, "message": safe(diagnostic.message)})
        failure.text = safe(page(diagnostic))
    else:
        ET.SubElement(case, "system-out").text = safe(page(diagnostic))
