from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from nullsender.diagnostic import Diagnostic, Label
from nullsender.report import in_order, summary
from nullsender.report.display import MOST_COLUMNS, safe, width, window
from nullsender.report.text import page, render
from nullsender.source import Source, Span
from tests.report.samples import ALL, LABELLED, NOWHERE, SEVERAL_LINES, WARNING, at


def test_a_diagnostic_shows_its_line_its_labels_and_its_help() -> None:
    assert page(LABELLED) == (
        "error[NS501]: unknown set `silnt`\n"
        " --> examples/a b.ndr:3:19\n"
        "  |\n"
        "1 | addresses silent = noreply@example.org\n"
        "  |           ------ a set of that kind\n"
        "...\n"
        "3 | reject bounces to silnt    # 日本 ␛[31m\n"
        "  |                   ^^^^^\n"
        " ::: other.ndr:7:7\n"
        "  |\n"
        "7 | hosts ours = mx1.example.org\n"
        "  |       ---- another file\n"
        "  = note: sets are\n"
        "          named before\n"
        "  = help: did you mean `silent`?\n"
    )


def test_wide_characters_tabs_and_escapes_move_the_caret() -> None:
    assert page(WARNING).splitlines()[-2:] == [
        "3 | reject bounces to silnt    # 日本 ␛[31m",
        "  |                                     ^^^",
    ]


def test_a_span_of_several_lines_shows_the_first() -> None:
    assert page(SEVERAL_LINES).endswith("4 | from x\n  | ^^^^^^ … and 1 more line\n")


def test_without_a_place_there_is_only_the_message() -> None:
    assert page(NOWHERE) == "error[NS601]: cannot write `␛]0;x␇`: no␍\nspace\n"


def test_two_marks_on_one_line_share_it() -> None:
    shown = page(Diagnostic("NS502", "both", at("bounces"), labels=(Label(at("silnt"), "and this"),)))
    assert shown.count("reject bounces") == 1
    assert shown.splitlines()[-2:] == ["  |        ^^^^^^^", "  |                   ----- and this"]


def test_an_empty_span_still_has_a_caret() -> None:
    source = Source("x.ndr", "")
    assert page(Diagnostic("NS502", "empty", Span(source, 0, 0))).endswith("1 |\n  | ^\n")


def test_the_last_line_counts_errors_and_warnings() -> None:
    assert render(ALL).endswith("\n3 errors, 1 warning\n")
    assert render([WARNING]).endswith("\n1 warning\n")
    assert (render([]), summary([])) == ("", "")


def test_colours_are_there_only_when_asked_for() -> None:
    assert "\x1b" not in render(ALL)
    assert "\x1b[1;31merror[NS501]\x1b[0m" in render(ALL, colour=True)


def test_diagnostics_come_by_file_and_place_and_once() -> None:
    assert in_order((NOWHERE, SEVERAL_LINES, WARNING, LABELLED, WARNING)) == ALL


@given(st.integers(0, 5000), st.integers(1, 300), st.integers(0, 5000))
def test_a_long_line_is_cut_around_the_span(before: int, marked: int, after: int) -> None:
    line = "x" * before + "M" * marked + "y" * after
    shown, start, end = window(line, before, before + marked)
    assert len(shown) <= MOST_COLUMNS + 2
    assert set(shown[start:end]) == {"M"}
    assert marked > 60 or end - start == marked


@given(st.text(alphabet=st.characters(), max_size=40), st.data())
def test_no_text_acts_on_the_terminal(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    source = Source("x.ndr", text)
    shown = page(Diagnostic("NS502", text, Span(source, start, data.draw(st.integers(start, len(text)))), note=text))
    bad = [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert bad == []


@given(st.text(alphabet="aé日\u0301\t\u200b", max_size=20), st.text(alphabet="aé日", min_size=1, max_size=5))
def test_the_caret_stands_below_the_span(before: str, marked: str) -> None:
    shown, start, end = window(before + marked, len(before), len(before + marked))
    assert end - start == width(marked)
    assert width(shown) == end
    assert start == width(safe(before))
