"""Parse a policy: text to syntax, going on after every error, so that one run reports them all."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from nullsender.builder import Builder, end_of
from nullsender.diagnostic import Diagnostic
from nullsender.kept import kept_file
from nullsender.lexing import KEYWORD_END, PolicyLexer, bound_keyword
from nullsender.recover import Recovery, begins_line, open_brace, word_at
from nullsender.source import Source, Span
from nullsender.syntax import Document, LimitStatement, RuleStatement, UseDnsbl
from nullsender.syntaxerror import again, describe, too_deep
from nullsender_grammar import grammar

_RULES = (RuleStatement, UseDnsbl, LimitStatement)


def parse(source: Source) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the statements that could be read, in the order written, and an error for each place that could not."""
    language = _language()
    language.builder.begin(source)
    document, found = _read(language, source)
    found.extend(map(too_deep, language.builder.too_deep))
    found.extend(map(again, language.builder.again))
    return document, tuple(sorted(found, key=_place))


class _Language:
    """The parser, and what going on after errors has to know of it."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.lark = Lark(
            grammar(),
            parser="lalr",
            lexer=PolicyLexer,
            edit_terminals=bound_keyword,
            maybe_placeholders=False,
            keep_all_tokens=True,
            transformer=self.builder,
            cache=kept_file("policy", grammar(), KEYWORD_END) or False,
        )
        frontend: Any = self.lark.parser  # lark leaves it untyped
        lexer: PolicyLexer = frontend.lexer
        table = frontend.parser._parse_table
        home = table.states[table.start_states["start"]]
        seconds = {
            lexer.spellings[name]: frozenset(token for token in table.states[target] if token.isupper())
            for name, (_, target) in home.items()
            if name in lexer.spellings
        }
        self.recovery = Recovery(lexer, seconds, table.states)


def _read(language: _Language, source: Source) -> tuple[Document, list[Diagnostic]]:
    text, found, resumed_at = source.text, list[Diagnostic](), -1
    broken = set[int]()  # where statements end that an error cut short
    recovery = language.recovery
    parser: Any = language.lark.parse_interactive(text)  # lark leaves it untyped
    while True:
        try:
            document: Document = parser.resume_parse()
            return _without(document, broken), found
        except UnexpectedInput as error:
            span, brace = _span(source, error), open_brace(parser)
            block = _token_span(source, brace) if brace else None
            accepted = recovery.accepted(parser.parser_state.state_stack)
            found.append(describe(span, accepted, recovery, _end_of_last(parser), block))
            at = recovery.next_statement(text, span.start, in_block=bool(block))
            if at <= resumed_at:
                at = recovery.next_statement(text, max(span.end, resumed_at + 1), in_block=bool(block))
            resumed_at = at
            if recovery.unwind(parser, text, at) or not begins_line(text, span.start):
                broken.add(_end_of_last(parser))
            parser.lexer_thread.state.line_ctr.char_pos = at


def _without(document: Document, broken: Collection[int]) -> Document:
    """Leave out rules that were cut short: they would be taken for what nobody wrote. Names stay, to be known."""
    if not broken:
        return document
    whole = tuple(s for s in document.statements if not (isinstance(s, _RULES) and s.span.end in broken))
    return Document(document.span, whole)


@cache
def _language() -> _Language:
    return _Language()


def _span(source: Source, error: UnexpectedInput) -> Span:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return _token_span(source, error.token)
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        return Span(source, at, at + len(word_at(source.text, at)))
    end = len(source.text.rstrip())
    return Span(source, end, end)


def _token_span(source: Source, token: Token) -> Span:
    return Span(source, token.start_pos or 0, token.end_pos or 0)


def _end_of_last(parser: Any) -> int:
    """Return where the last word that was understood ends; 0 where none was."""
    values = parser.parser_state.value_stack
    return end_of(values[-1]) if values else 0


def _place(diagnostic: Diagnostic) -> int:
    return diagnostic.span.start if diagnostic.span else 0
