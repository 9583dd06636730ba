"""Parse a policy: text to syntax, going on after every error, so that one run reports them all."""

from __future__ import annotations

import os
import re
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lark import Lark, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lexer import LineCounter, PatternRE, PatternStr, TerminalDef

from nullsender.builder import DEEPEST, Builder, end_of
from nullsender.diagnostic import Diagnostic
from nullsender.source import Source, Span
from nullsender.syntax import Document
from nullsender.syntaxerror import describe
from nullsender_grammar import grammar

_WORD_END = r"(?![\w@-]|\.\w)"
_KEYWORD_PRIORITY = 1
_TOKEN = re.compile(r'#[^\n]*|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[\w.@:/*-]+|\S')
_JUNK = re.compile(r"[\w.@:/-]+|.", re.DOTALL)


def parse(source: Source) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the statements that could be read, in the order written, and an error for each place that could not."""
    language = _language()
    language.builder.begin(source)
    document, found = language.read(source)
    found.extend(
        Diagnostic(
            "NS113",
            f"conditions nest more than {DEEPEST} deep",
            span,
            help="name a part of it: split the rule in two, or put the members into a set",
        )
        for span in language.builder.too_deep
    )
    return document, tuple(found)


class _Language:
    """The parser, and what recovery has to know of the grammar."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.lark = Lark(
            grammar(),
            parser="lalr",
            lexer="contextual",
            edit_terminals=_bound,
            maybe_placeholders=False,
            keep_all_tokens=True,
            transformer=self.builder,
            cache=_cache_file(),
        )
        table = self.lark.parser.parser._parse_table
        home = table.states[table.start_states["start"]]
        words = {t.name for t in self.lark.terminals if t.priority == _KEYWORD_PRIORITY}
        self.terminals = {t.name: t for t in self.lark.terminals}
        self._patterns = {t.name: re.compile(t.pattern.to_regexp()) for t in self.lark.terminals}
        # The first word of each statement, and the tokens that may come second.
        self.firsts = {
            name.lower(): {t for t in table.states[target] if t.isupper()}
            for name, (_, target) in home.items()
            if name in words
        }

    def read(self, source: Source) -> tuple[Document, list[Diagnostic]]:
        text, found, resumed_at = source.text, list[Diagnostic](), -1
        parser: Any = self.lark.parse_interactive(text)  # lark leaves it untyped
        while True:
            try:
                document: Document = parser.resume_parse()
                return document, found
            except UnexpectedInput as error:
                span = _span(source, error)
                found.append(describe(span, parser.accepts(), self.terminals, self.firsts, _word_before(parser, text)))
                at = self._next_statement(text, span.start, inside=_in_test(parser))
                if at <= resumed_at:
                    at = self._next_statement(text, max(span.end, resumed_at + 1), inside=_in_test(parser))
                resumed_at = at
                self._unwind(parser, text, at)

    def _next_statement(self, text: str, start: int, *, inside: bool) -> int:
        """Return where the next statement begins: at its first two words, or in a test at `expect` or `}`."""
        words = [(m.start(), m.group().lower()) for m in _TOKEN.finditer(text, start) if not m.group().startswith("#")]

        def begins(i: int) -> bool:
            seconds = self.firsts.get(words[i][1], ()) if i + 1 < len(words) else ()
            return any(self._patterns[name].match(text, words[i + 1][0]) for name in seconds)

        for i, (position, word) in enumerate(words):
            if inside and word in ("}", "expect"):
                return position
            if begins(i) and not begins(i + 1):  # `… dmarc is reject` `recipients of …`: the later pair begins
                return position
            if word in self.firsts and not inside and _alone_at_line_start(text, position, word):
                return position
        return len(text)

    def _unwind(self, parser: Any, text: str, at: int) -> None:
        """Drop what was half read, until the parser takes what stands at `at`, and go on from there."""
        found = re.compile(r"\}|\w+|").match(text, at)
        wanted = found.group().upper().replace("}", "RBRACE") if found else ""
        wanted = wanted or "$END"
        states, values = parser.parser_state.state_stack, parser.parser_state.value_stack
        while len(states) > 1:
            accepted = parser.accepts()  # tries the tokens out: a state's own row promises more than the rules keep
            if wanted in accepted and ("$END" in accepted or wanted.lower() not in self.firsts):
                break
            states.pop()
            values.pop()
        parser.lexer_thread.state.line_ctr = LineCounter("\n")  # type: ignore[no-untyped-call]
        parser.lexer_thread.state.line_ctr.char_pos = at


@cache
def _language() -> _Language:
    return _Language()


def _bound(terminal: TerminalDef) -> TerminalDef:
    """Give a keyword a word's end, priority over names, and either case."""
    if isinstance(terminal.pattern, PatternStr) and re.fullmatch(r"[a-z]+", terminal.pattern.value):
        terminal.pattern = PatternRE(terminal.pattern.value + _WORD_END, ("i",), terminal.pattern.raw)
        terminal.priority = _KEYWORD_PRIORITY
    return terminal


def _cache_file() -> str | bool:
    """Return where the parse table is kept between runs, in a folder of the user's own; False where there is none."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "nullsender"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        safe = folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK)
    except (OSError, RuntimeError):
        return False
    made_of = sha256(f"{version('lark')}\n{grammar()}".encode()).hexdigest()[:16]
    return str(folder / f"grammar-{made_of}") if safe else False


def _span(source: Source, error: UnexpectedInput) -> Span:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return Span(source, error.token.start_pos or 0, error.token.end_pos or 0)
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        junk = _JUNK.match(source.text, at)
        return Span(source, at, junk.end() if junk else at)
    end = len(source.text.rstrip())
    return Span(source, end, end)


def _word_before(parser: Any, text: str) -> str | None:
    """Return the last word that was understood."""
    values = parser.parser_state.value_stack
    if not values:
        return None
    end = end_of(values[-1])
    words = _TOKEN.findall(text[max(text.rfind("\n", 0, end) + 1, end - 200) : end])
    return words[-1] if words else None


def _in_test(parser: Any) -> bool:
    return any(getattr(value, "type", "") == "LBRACE" for value in parser.parser_state.value_stack)


def _alone_at_line_start(text: str, position: int, word: str) -> bool:
    """Tell whether a first word begins a line that goes on: then what is wrong is that statement."""
    before = text[text.rfind("\n", 0, position) + 1 : position]
    after = text[position + len(word) :].partition("\n")[0]
    return not before.strip() and bool(after.strip())
