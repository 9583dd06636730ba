from __future__ import annotations

import pytest

from tests.language.texts import good, parsed, said

FIVE = [
    "reject bounces to several recipient",
    "trust clients inn office",
    "keep abuse reachable now",
    "deploy mx1 at postfix",
    "policy example",
]
PLACES = ["recipient", "inn", "now", "at", "example"]


def places(text: str) -> list[str]:
    return [d.span.text for d in parsed(text)[1] if d.span]


def test_five_errors_in_five_lines_are_five_errors() -> None:
    assert places("\n".join(FIVE)) == PLACES


def test_five_errors_with_a_blank_line_after_each_word_are_five_errors() -> None:
    assert places("\n\n".join(" ".join(FIVE[:4]).split())) == PLACES[:4]


def test_what_is_right_between_errors_is_read() -> None:
    document, found = parsed(
        'policy "x"\nreject bounces too silent\nkeep abuse reachable\ntrust in x\nreturn headers only'
    )
    assert len(found) == 2
    assert document == good('policy "x" keep abuse reachable return headers only')


def test_in_a_test_reading_goes_on_at_the_next_expectation() -> None:
    document, found = parsed('test "x" { from <> too a@example.org expect acept expect reject } keep abuse reachable')
    assert [d.span.text for d in found if d.span] == ["too", "acept"]
    assert len(document.statements) == 2


def test_of_two_pairs_that_overlap_the_later_begins_the_statement() -> None:
    document, found = parsed("reject ordinary mail when dmarc isnt reject recipients of example.org are anyone")
    assert [d.span.text for d in found if d.span] == ["isnt"]
    assert document == good("recipients of example.org are anyone")


def test_an_error_in_the_first_statement_leaves_the_others() -> None:
    document, _ = parsed('foo bar\npolicy "x"')
    assert document == good('policy "x"')


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("reject bounces to silent reprot only", "did you mean `report`?"),
        ("rejct bounces", "did you mean `reject`?"),
        ("reject bounces excpt client in x", "did you mean `except`?"),
        ("use dnsbl a.example in save mode", "did you mean `safe`?"),
        ("domains test = a.example", "`test` begins statements and is no name: choose another"),
        ("domains live = a.example", "`live` has a meaning of its own and is no name: choose another"),
        ("keep abuse reachable;", "statements need no end mark"),
        ("policy \u201cx\u201d", 'strings stand in plain double quotes: `"`'),
        ("reject mail && x", "write `and`"),
        ("reject bounces to severel recipients", "did you mean `to several recipients`?"),
        ("reject bounces to severel recipients\nkeep abuse reachable", "did you mean `to several recipients`?"),
    ],
)
def test_a_hint_says_what_was_meant(text: str, help_: str) -> None:
    (found,) = parsed(text)[1]
    assert found.help == help_


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "limit bounces to 5 per",
            "expected after `per`: a length of time such as `5m`, `4h` or `1d`, `day`, `hour`, `minute`, `second`",
        ),
        ("deploy mx1 to postfix 3.7 with", "expected after `with`: a name"),
        ("return headers only now", "expected after `only`: `on`, a new statement"),
        ("use dnsbl a.example in", "expected after `in`: `reject`, `safe`, `scoring`, `tag`"),
    ],
)
def test_the_note_says_what_may_stand_there(text: str, expected: str) -> None:
    (found,) = parsed(text)[1]
    assert found.note == expected


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "  \t\r\n# a\n\n"])
def test_a_file_without_a_statement_is_an_empty_document(text: str) -> None:
    assert good(text).statements == ()


def test_a_block_that_does_not_end_points_to_where_it_begins() -> None:
    (found,) = parsed('test "x" {\n from <>\n')[1]
    assert found.code == "NS114"
    assert [label.span.text for label in found.labels] == ["{"]


def test_errors_come_in_the_order_of_the_text() -> None:
    deep = "reject mail when " + "not " * 70 + "authenticated\nreject mail foo"
    assert [d.code for d in parsed(deep)[1]] == ["NS113", "NS110"]


def test_after_a_broken_string_the_next_line_is_read() -> None:
    document, found = parsed('policy "x\nkeep abuse reachable')
    assert said(found) == ['NS111 "x: the string does not end on its line']
    assert document == good("keep abuse reachable")


def test_an_escape_that_does_not_exist_is_shown_itself() -> None:
    (found,) = parsed(r'policy "a\"b\\c\d"')[1]
    assert said((found,)) == [r"NS112 \d: `\d` is no escape"]


def test_every_part_of_an_expectation_stands_once() -> None:
    (found,) = parsed('test "x" { to a@b.example expect reject at rcpt for a@b.example at data for c@d.example }')[1]
    assert said((found,)) == ["NS116 at data: `at` stands twice in one expectation"]
