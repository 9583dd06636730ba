"""What makes a language without end marks work is computed from its grammar here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from lark import Lark

from nullsender.lexing import KEYWORD, KEYWORD_END, bound_keyword
from nullsender_grammar import grammar
from tests.language.texts import EVERYTHING, good

Marked = tuple[str, bool]  # a symbol, and whether it begins a statement
Pair = tuple[Marked, Marked]


@cache
def language() -> Lark:
    return Lark(grammar(), parser="lalr", edit_terminals=bound_keyword, maybe_placeholders=False, keep_all_tokens=True)


def rules() -> dict[str, list[list[str]]]:
    found = defaultdict(list)
    for rule in language().rules:
        found[rule.origin.name].append([symbol.name for symbol in rule.expansion])
    return found


def spelling(name: str) -> str:
    terminal = language().get_terminal(name)
    return str(terminal.pattern.value).removesuffix(KEYWORD_END) if terminal.priority == KEYWORD else name


def bodies() -> dict[Marked, list[list[Marked]]]:
    """Return every body of every rule, with what begins a statement in it."""
    expansions, found, todo = rules(), dict[Marked, list[list[Marked]]](), [("start", False)]
    while todo:
        name, begins = symbol = todo.pop()
        if symbol in found or name not in expansions:
            continue
        found[symbol] = [
            [(part, part == "statement" or (begins and i == 0)) for i, part in enumerate(body)]
            for body in expansions[name]
        ]
        todo.extend(part for body in found[symbol] for part in body)
    return found


def ends(of: dict[Marked, list[list[Marked]]], at: int) -> dict[Marked, set[Marked]]:
    """Return the tokens that may stand first (0) or last (-1) in each symbol."""
    found: dict[Marked, set[Marked]] = {symbol: set() for symbol in of}
    before = -1
    while before != (before := sum(map(len, found.values()))):
        for symbol, alternatives in of.items():
            for body in alternatives:
                found[symbol] |= found.get(body[at], {body[at]}) if body else set()
    return found


def neighbours() -> Iterator[Pair]:
    of = bodies()
    first, last = ends(of, 0), ends(of, -1)
    for alternatives in of.values():
        for body in alternatives:
            for left, right in pairwise(body):
                yield from ((a, b) for a in last.get(left, {left}) for b in first.get(right, {right}))


def pairs(left_begins: bool, right_begins: bool) -> set[tuple[str, str]]:
    """Return the pairs of tokens of which those begin a statement."""
    return {
        (spelling(a), spelling(b))
        for (a, a_begins), (b, b_begins) in neighbours()
        if a_begins is left_begins and b_begins is right_begins
    }


def test_the_first_two_words_of_a_statement_stand_nowhere_inside_one() -> None:
    beginning, inside = pairs(True, False), pairs(False, False)
    assert len(beginning) > 60
    assert beginning & inside == set()


def test_two_words_across_the_border_of_statements_begin_one_only_before_the_word_recipients() -> None:
    across = pairs(False, True) & pairs(True, False)
    assert {second for _, second in across} == {"recipients"}


def test_first_words_and_three_more_are_no_names_and_all_other_keywords_are() -> None:
    first_words = {a for a, _ in pairs(True, False)}
    name = re.compile(language().get_terminal("NAME").pattern.to_regexp())
    keywords = {spelling(t.name) for t in language().terminals if t.priority == KEYWORD}
    assert {word for word in keywords if not name.fullmatch(word)} == first_words | {"file", "live", "several"}


def test_no_first_word_is_a_name_in_capitals_either() -> None:
    name = re.compile(language().get_terminal("NAME").pattern.to_regexp())
    assert [word for word, _ in pairs(True, False) if name.fullmatch(word.upper())] == []


def test_every_production_of_the_grammar_is_used_by_the_policy_that_says_everything() -> None:
    parser: Any = Lark(
        grammar(), parser="lalr", edit_terminals=bound_keyword, maybe_placeholders=False, keep_all_tokens=True
    )
    used = []
    callbacks = parser.parser.parser.parser.callbacks
    for rule, made in list(callbacks.items()):

        def noted(children: list[Any], rule: Any = rule, made: Any = made) -> Any:
            used.append(rule)
            return made(children)

        callbacks[rule] = noted
    parser.parse(EVERYTHING)
    parser.parse("")
    assert [str(rule) for rule in parser.rules if rule not in set(used)] == []


def test_the_policy_that_says_everything_is_read_whole() -> None:
    assert len(good(EVERYTHING).statements) == 123


def test_words_are_case_blind_and_end_where_a_word_ends() -> None:
    assert good("REJECT Bounces TO Several RECIPIENTS AT smtp TIME") == good(
        "reject bounces to several recipients at SMTP time"
    )
    assert good("domains rejected = a.example").statements != ()


def test_layout_means_nothing() -> None:
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"@?[\w.]*|/.*/i|[^\s,(){}"]+|[,(){}]', re.sub(r"(?m)^#.*", "", EVERYTHING))
    assert good("\n\n".join(tokens)) == good(EVERYTHING)
    one_line = " ".join(line for line in EVERYTHING.splitlines() if not line.startswith("#"))
    assert good(one_line) == good(EVERYTHING)
