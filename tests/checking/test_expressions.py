"""What is taken for a regular expression is one that every server reads alike."""

from __future__ import annotations

import pytest

from nullsender.checking.expressions import LONGEST, complaint

ALIKE = (
    *("^example", "win|free", "^$", "a*?", r"\bnot\b", "a/b", r"\/", "x{2,3}", "x{2,}", "(?:ab)+c", "(?<=a)b(?!c)"),
    *("[a-z-]", r"[^\]]", r"\.", r"\$", "$", '"', "'", "#", r"\x41", r"\{", "é", "größe", "]", "}"),
)
NOT_ALIKE = (
    *("[[:alpha:]]", "a{,3}", "(?i)x", r"\Qa\E", r"(a)\1", "a++", "(?>a)", "é+", "[é]", "x{", "(?P<n>x)", "[]a]"),
    *(r"\Z", r"\h", r"\R", r"\v", r"\p{L}", r"\u0041", "${x}", "{= 1 =}", "[a--b]", "[a&&b]", r"\0", r"\012"),
)
NONE = ("(", ")", "*", "a**", "[", r"\8", "(?<=a*)b", "x{1000}", "[z-a]")


@pytest.mark.parametrize("pattern", ALIKE)
def test_what_all_read_alike_is_taken(pattern: str) -> None:
    assert complaint(pattern, ignore_case=False) is None


@pytest.mark.parametrize("pattern", [*NOT_ALIKE, *NONE])
def test_what_some_read_otherwise_or_not_at_all_is_refused(pattern: str) -> None:
    assert complaint(pattern, ignore_case=False) is not None


def test_letters_beyond_ascii_have_no_other_case() -> None:
    assert complaint("größe", ignore_case=True) == "servers do not all know other cases of letters beyond ASCII"


def test_an_expression_is_no_longer_than_servers_take() -> None:
    assert complaint("x" * LONGEST, ignore_case=False) is None
    assert complaint("x" * (LONGEST + 1), ignore_case=False) == f"it has more than {LONGEST} characters"
