"""Go on after an error: find where the next statement begins, and drop what was half read before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lark import Token
from lark.parsers.lalr_analysis import Shift

from nullsender.lexing import PolicyLexer
from nullsender.suggest import closest

# What is skipped, without a look at the grammar; a string that does not end goes to the end of its line.
_WORD = re.compile(r'#[^\n]*|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|<>|[\w.@:/*-]+|\S')
_WANTED = re.compile(r"\}|\w+|")
_LONGEST_KEYWORD = 20
_Table = Mapping[Any, Mapping[str, tuple[Any, Any]]]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is known of the grammar: by which words statements begin, the tokens that may come second, and the table."""

    lexer: PolicyLexer
    seconds: Mapping[str, frozenset[str]]
    table: _Table

    def next_statement(self, text: str, start: int, *, in_block: bool) -> int:
        """Return where the next first two words of a statement stand; in a block also `expect` or `}`."""
        words = _words(text, start)
        here, then = next(words, None), next(words, None)
        begins = self._begins(text, here, then)
        while here:
            position, word = here
            after = next(words, None)
            next_begins = self._begins(text, then, after)
            if in_block and word in ("}", "expect"):
                return position
            if begins and not next_begins:  # `… dmarc is reject` `recipients of …`: the later of two pairs begins
                return position
            if not in_block and begins_line(text, position) and self._meant(text, start, here, then):
                return position
            here, then, begins = then, after, next_begins
        return len(text)

    def unwind(self, parser: Any, text: str, at: int) -> bool:
        """Drop half of a statement from the parser's stacks, until it takes what stands at `at`; tell whether any."""
        found = _WANTED.match(text, at)
        word = found.group() if found else ""
        wanted = {"}": "RBRACE", "": "$END"}.get(word, word.upper())
        states, values = parser.parser_state.state_stack, parser.parser_state.value_stack
        before = len(states)
        while len(states) > 1:
            if self._takes(states, wanted) and (word.lower() not in self.seconds or self._takes(states, "$END")):
                break
            states.pop()
            values.pop()
        return len(states) < before

    def accepted(self, states: Sequence[Any]) -> set[str]:
        """Return the names of the tokens that may come next."""
        return {name for name in self.table[states[-1]] if name.isupper() and self._takes(states, name)}

    def _takes(self, states: Sequence[Any], name: str) -> bool:
        """Try a token out, without its effects: the row of a state promises more than the rules keep."""
        kept, added = len(states), list[Any]()
        while action := self.table[added[-1] if added else states[kept - 1]].get(name):
            kind, rule = action
            if kind is Shift:
                return True
            size = len(rule.expansion)
            kept -= max(0, size - len(added))
            del added[max(0, len(added) - size) :]
            _, state = self.table[added[-1] if added else states[kept - 1]][rule.origin.name]
            added.append(state)
            if not self.table[state]:  # everything is read, and nothing may follow
                return name == "$END"
        return False

    def _meant(self, text: str, error: int, here: tuple[int, str], then: tuple[int, str] | None) -> bool:
        """Tell whether what begins a line was meant to begin a statement, so that what is wrong there is said too."""
        at, word = here
        if word in self.seconds:
            return _goes_on(text, at + len(word))
        alike = [first for first in self.seconds if abs(len(first) - len(word)) < 3 and first[0] == word[0]]
        guess = closest(word, alike) if alike and at > error else None
        return guess is not None and self._begins(text, (at, guess), then)

    def _begins(self, text: str, first: tuple[int, str] | None, second: tuple[int, str] | None) -> bool:
        if not first or not second:
            return False
        return any(self.lexer.begins(name, text, second[0]) for name in self.seconds.get(first[1], ()))


def open_brace(parser: Any) -> Token | None:
    """Return the brace between which and its end the parser stands."""
    return next((value for value in parser.parser_state.value_stack if getattr(value, "type", "") == "LBRACE"), None)


def word_at(text: str, at: int) -> str:
    """Return the word, string or character that stands at `at`."""
    found = _WORD.match(text, at)
    return found.group() if found else ""


def word_before(text: str, end: int) -> str:
    """Return the last word before `end`, on the same line; nothing where there is none."""
    words = _WORD.findall(text, max(text.rfind("\n", 0, end) + 1, end - 200), end)
    return words[-1] if words else ""


def _words(text: str, start: int) -> Iterator[tuple[int, str]]:
    for found in _WORD.finditer(text, start):
        if not found.group().startswith("#"):
            yield found.start(), found.group()[:_LONGEST_KEYWORD].lower()


def begins_line(text: str, start: int) -> bool:
    """Tell whether what stands at `start` is the first of its line."""
    return not text[max(text.rfind("\n", 0, start) + 1, start - 200) : start].strip()


def _goes_on(text: str, at: int) -> bool:
    """Tell whether there is more in the line."""
    end = text.find("\n", at)
    return bool(text[at : min(end if end >= 0 else len(text), at + 200)].strip())
