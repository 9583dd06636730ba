"""Find the next token of a policy: only what the grammar lets stand there, keywords before names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from lark import Token, UnexpectedCharacters
from lark.common import LexerConf
from lark.lexer import Lexer, PatternRE, PatternStr, TerminalDef

KEYWORD = 1  # the priority of keywords: above names, below what is longer than a word, such as addresses
KEYWORD_END = r"(?![\w@-]|\.\w)"
_WORD = re.compile(f"[A-Za-z]++{KEYWORD_END}")
_SPACE = re.compile(r"\s++|#[^\n]*+")

_Match = Callable[[str, int], re.Match[str] | None]
_Patterns = tuple[tuple[str, _Match], ...]


def bound_keyword(terminal: TerminalDef) -> TerminalDef:
    """Give a keyword of the grammar a word's end, priority over names, and either case."""
    if isinstance(terminal.pattern, PatternStr) and re.fullmatch(r"[a-z]+", terminal.pattern.value):
        terminal.pattern = PatternRE(terminal.pattern.value + KEYWORD_END, ("i",), terminal.pattern.raw)
        terminal.priority = KEYWORD
    return terminal


class PolicyLexer(Lexer):
    """A contextual lexer that looks keywords up.

    Lark's own compiles a regular expression of all tokens for each context that it meets, which is a third of the time
    that a short policy takes; this one compiles each kind of token once, when it may stand somewhere the first time.
    """

    __future_interface__ = 2

    def __init__(self, conf: LexerConf) -> None:
        words = {t.name: str(t.pattern.value) for t in conf.terminals if t.priority == KEYWORD}
        self.spellings = {name: word.removesuffix(KEYWORD_END) for name, word in words.items()}
        self._keywords = {word: name for name, word in self.spellings.items()}
        self._others = sorted(
            (t for t in conf.terminals if t.priority != KEYWORD and t.name not in conf.ignore),
            key=lambda t: (-t.priority, t.name),
        )
        self._compiled: dict[str, _Match] = {}
        self._contexts: dict[Any, tuple[_Patterns, _Patterns]] = {}

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        """Yield the tokens from where the state stands; `UnexpectedCharacters` where none of those accepted does."""
        text: str = lexer_state.text.text
        states = parser_state.parse_conf.states
        place = lexer_state.line_ctr
        while (at := skip_space(text, place.char_pos)) < len(text):
            place.char_pos = at
            found = self._find(text, at, parser_state.position, states[parser_state.position])
            if not found:
                raise UnexpectedCharacters(text, at, 0, 0)  # type: ignore[no-untyped-call]
            name, end = found
            place.char_pos = end
            yield Token(name, text[at:end], start_pos=at, end_pos=end)
        place.char_pos = len(text)

    def begins(self, name: str, text: str, at: int) -> bool:
        """Tell whether a token of that name stands at `at`."""
        if name not in self.spellings:
            return self._pattern(name)(text, at) is not None
        word = _WORD.match(text, at)
        return word is not None and word[0].lower() == self.spellings[name]

    def _find(self, text: str, at: int, context: Any, accepted: Collection[str]) -> tuple[str, int] | None:
        if context not in self._contexts:
            self._contexts[context] = self._patterns(accepted)
        longer, shorter = self._contexts[context]
        for name, match in longer:
            if found := match(text, at):
                return name, found.end()
        if (word := _WORD.match(text, at)) and (keyword := self._keywords.get(word[0].lower())) in accepted:
            return str(keyword), word.end()
        for name, match in shorter:
            if found := match(text, at):
                return name, found.end()
        return None

    def _patterns(self, accepted: Collection[str]) -> tuple[_Patterns, _Patterns]:
        mine = [t for t in self._others if t.name in accepted]
        longer = tuple((t.name, self._pattern(t.name)) for t in mine if t.priority > KEYWORD)
        return longer, tuple((t.name, self._pattern(t.name)) for t in mine if t.priority < KEYWORD)

    def _pattern(self, name: str) -> _Match:
        if name not in self._compiled:
            terminal = next(t for t in self._others if t.name == name)
            self._compiled[name] = re.compile(terminal.pattern.to_regexp()).match
        return self._compiled[name]


def skip_space(text: str, at: int) -> int:
    """Return where the next token begins, behind blanks and comments."""
    while found := _SPACE.match(text, at):
        at = found.end()
    return at
