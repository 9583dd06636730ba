"""Nothing that a text may hold takes long or breaks the parser."""

from __future__ import annotations

import pytest

from nullsender.syntax import And, Not, RuleStatement, When
from tests.language.texts import EDGE, good, parsed

MANY = 200_000
LONG = {
    "a string": f'policy "{"a" * 5 * MANY}"',
    "a string of escapes": 'policy "' + r"\"" * 2 * MANY + '"',
    "a string of escapes that does not end": 'policy "' + r"\"" * 2 * MANY,
    "quotation marks": '"' * MANY,
    "a comment": "#" + "x" * 5 * MANY,
    "blank lines": "\n" * 5 * MANY,
    "comments": "#\n" * MANY,
    "a word": "a" * 5 * MANY,
    "a name": "domains " + "a" * 5 * MANY + " = a.example",
    "a domain": "domains x = " + "a." * MANY + "example",
    "half a domain": "domains x = " + "a." * MANY,
    "an address": "keep " + "a." * MANY + "@" + "b." * MANY + "c reachable",
    "half an address": "keep " + '"' + "a" * MANY + " reachable",
    "digits": "score " + "1" * 5 * MANY + " mail",
    "a version": "deploy x to y " + "1." * MANY + "1",
    "colons": "domains x = " + ":1" * MANY,
    "a regular expression": 'reject mail when header "x" matches /' + r"\/" * MANY + "/",
    "half a regular expression": 'reject mail when header "x" matches /' + r"\/" * MANY,
    "a list": "domains x = " + ", ".join(["a.example"] * 50_000),
    "parentheses": "reject mail when " + "(" * 10_000 + "authenticated" + ")" * 10_000,
    "opening parentheses": "reject mail when " + "(" * 10_000,
    "closing parentheses": "reject mail when authenticated" + ")" * 10_000,
    "negations": "reject mail when " + "not " * 10_000 + "authenticated",
    "negations of nothing": "reject mail when " + "not " * 10_000,
    "conjunctions": "reject mail when authenticated" + " and authenticated" * 20_000,
    "conjunctions and disjunctions": "reject mail when authenticated" + " and authenticated or authenticated" * 10_000,
    "modifiers": "reject mail" + " report only" * 30_000,
    "errors": "reject mail foo\n" * 3_000,
    "words that mean nothing": "foo " * 100_000,
    "first words": "reject " * 20_000,
    "first words, one a line": "reject\n" * 20_000,
    "blocks": 'test "x" {\n' * 3_000,
    "expectations of nothing": 'test "x" {' + " expect" * 10_000,
    "closing braces": "}" * 100_000,
    "statements": "keep abuse reachable\n" * 20_000,
}


@pytest.mark.parametrize("what", LONG)
def test_long_and_odd_texts_are_read_to_the_end(what: str) -> None:
    document, found = parsed(LONG[what])
    assert document.statements or found or not LONG[what].strip("#x\n")


def test_a_megabyte_of_policy_is_read() -> None:
    text = EDGE * (1_000_000 // len(EDGE) + 1)
    assert len(good(text).statements) > 10_000


def condition(text: str) -> object:
    (rule,) = good(f"reject mail when {text}").statements
    assert isinstance(rule, RuleStatement)
    (when,) = rule.modifiers
    assert isinstance(when, When)
    return when.condition


def test_conditions_may_nest_64_deep() -> None:
    deepest = condition("not " * 64 + "authenticated")
    assert isinstance(deepest, Not)
    assert condition("(" * 64 + "authenticated" + ")" * 64) == condition("authenticated")


@pytest.mark.parametrize(
    "text",
    [
        "not " * 65 + "authenticated",
        "(" * 65 + "authenticated" + ")" * 65,
        "(authenticated and " * 65 + "authenticated" + ")" * 65,
        "not (" * 65 + "authenticated" + ")" * 65,
    ],
)
def test_deeper_conditions_are_one_error(text: str) -> None:
    assert [d.code for d in parsed(f"reject mail when {text}")[1]] == ["NS113"]


def test_parentheses_that_the_condition_needs_add_no_depth() -> None:
    text = "(authenticated and not " * 31 + "(authenticated or client has no name)" + ")" * 31
    assert isinstance(condition(text), And)


def test_a_chain_is_flat() -> None:
    chain = condition("authenticated" + " and authenticated" * 999)
    assert isinstance(chain, And)
    assert len(chain.parts) == 1000


@pytest.mark.parametrize(
    "text",
    [f"score {'9' * 20} mail", f"limit mail to {'9' * 20} per hour per client", f"give up mail after {'9' * 20}d"],
)
def test_numbers_that_no_server_could_hold_are_errors(text: str) -> None:
    assert [d.code for d in parsed(text)[1]] == ["NS110"]
