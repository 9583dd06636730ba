"""Read JSON, with the place of every value and key in its text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from nullsender.diagnostic import Diagnostic, Label
from nullsender.kept import kept_file
from nullsender.reading import REFUSED
from nullsender.source import Source, Span
from nullsender_grammar import json_grammar

DEEPEST = 160  # lists and objects in each other: more than a policy with the deepest conditions has
_MOST_DIGITS = 40
_NO_TEXT = re.compile(f"{REFUSED.pattern}|[\r\n\ud800-\udfff]")
_TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[\w.+-]+|\S')
_KINDS = {
    "STRING": "a string",
    "NUMBER": "a number",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "TRUE": "`true`",
    "FALSE": "`false`",
    "NULL": "`null`",
    "$END": "the end of the file",
}
_HINTS = {
    "#": "JSON knows no comments",
    "/": "JSON knows no comments",
    "'": "strings stand in double quotes",
    "True": "write `true`",
    "False": "write `false`",
    "None": "write `null`",
    "NaN": "JSON has no such number",
    "Infinity": "JSON has no such number",
    "-Infinity": "JSON has no such number",
}


@dataclass(frozen=True, slots=True)
class Json:
    """A value and its place; of an object also the places of its keys."""

    span: Span
    value: Any  # dict[str, Json], tuple[Json, ...], str, int, float, bool or None
    keys: Mapping[str, Span] = field(default_factory=dict)

    def plain(self) -> Any:
        """Return the value as the standard library's `json` would."""
        if isinstance(self.value, dict):
            return {key: value.plain() for key, value in self.value.items()}
        return [value.plain() for value in self.value] if isinstance(self.value, tuple) else self.value


def read_json(source: Source) -> tuple[Json | None, tuple[Diagnostic, ...]]:
    """Return the value in a text, None where it is not JSON; doubled keys and absurd depth are errors too."""
    reader = _reader()
    reader.begin(source)
    try:
        value: Any = reader.lark.parse(source.text)
    except UnexpectedInput as error:
        return None, (_not_json(source, error),)
    return (None if reader.found else value), tuple(reader.found)


class _Reader:
    """The parser's callbacks for one source."""

    def __init__(self) -> None:
        self.begin(Source("", ""))
        self.lark = Lark(
            json_grammar(),
            parser="lalr",
            lexer="contextual",
            maybe_placeholders=False,
            keep_all_tokens=True,
            transformer=self,
            cache=kept_file("json", json_grammar()) or False,
        )

    def begin(self, source: Source) -> None:
        self.source, self.found = source, list[Diagnostic]()
        self._depths: dict[int, tuple[Json, int]] = {}

    def string(self, tokens: list[Token]) -> Json:
        span = self._span(tokens[0], tokens[0])
        return Json(_inside(span), self._text(tokens[0], span))

    def number(self, tokens: list[Token]) -> Json:
        span = self._span(tokens[0], tokens[0])
        if len(tokens[0]) > _MOST_DIGITS:
            self.found.append(Diagnostic("NS701", f"a number of {len(tokens[0])} characters", span))
            return Json(span, 0)
        number = json.loads(tokens[0])
        if number in (float("inf"), float("-inf")):
            self.found.append(Diagnostic("NS701", f"`{tokens[0]}` is too large a number", span))
            return Json(span, 0)
        return Json(span, number)

    def true(self, tokens: list[Token]) -> Json:
        return Json(self._span(tokens[0], tokens[0]), True)

    def false(self, tokens: list[Token]) -> Json:
        return Json(self._span(tokens[0], tokens[0]), False)

    def null(self, tokens: list[Token]) -> Json:
        return Json(self._span(tokens[0], tokens[0]), None)

    def pair(self, children: list[Any]) -> tuple[str, Span, Json]:
        span = self._span(children[0], children[0])
        return self._text(children[0], span), _inside(span), children[2]

    def object(self, children: list[Any]) -> Json:
        span = self._span(children[0], children[-1])
        values: dict[str, Json] = {}
        keys: dict[str, Span] = {}
        for key, place, value in (child for child in children if isinstance(child, tuple)):
            if key in values:
                first = (Label(keys[key], "first here"),)
                self.found.append(
                    Diagnostic("NS702", f"the key `{key}` stands twice in an object", place, labels=first)
                )
                continue
            values[key], keys[key] = value, place
        return self._nested(Json(span, values, keys), list(values.values()))

    def array(self, children: list[Any]) -> Json:
        span = self._span(children[0], children[-1])
        values = [child for child in children if isinstance(child, Json)]
        return self._nested(Json(span, tuple(values)), values)

    def _nested(self, made: Json, parts: list[Json]) -> Json:
        """Return what was made, or an empty value where it would be too deep for what walks it."""
        depth = 1 + max((self._depths.get(id(part), (part, 0))[1] for part in parts), default=0)
        if depth > DEEPEST:
            if depth == DEEPEST + 1:
                self.found.append(Diagnostic("NS703", f"lists and objects nest more than {DEEPEST} deep", made.span))
            made = Json(made.span, None)
        self._depths[id(made)] = made, depth
        return made

    def _text(self, token: Token, span: Span) -> str:
        text: str = json.loads(token)
        if wrong := _NO_TEXT.search(text):
            character = f"control character U+{ord(wrong.group()):04X} in a string"
            self.found.append(Diagnostic("NS103", character, span, help="take it away: no string of a policy has any"))
            text = _NO_TEXT.sub("\ufffd", text)
        return text

    def _span(self, first: Token, last: Token) -> Span:
        return Span(self.source, first.start_pos or 0, last.end_pos or 0)


@cache
def _reader() -> _Reader:
    return _Reader()


def _inside(span: Span) -> Span:
    """Return the place of a string's text, without its quotes."""
    return Span(span.source, span.start + 1, span.end - 1)


def _not_json(source: Source, error: UnexpectedInput) -> Diagnostic:
    span = _place(source, error)
    accepts: set[str] = getattr(error, "interactive_parser").accepts()  # noqa: B009  # lark leaves it untyped
    wanted = ", ".join(sorted(_KINDS[name] for name in accepts if name in _KINDS))
    text = span.text
    if not text:
        message = "the JSON ends too early" if source.text.strip() else "the file is empty"
    elif text.startswith('"'):
        message = "the string is broken" if "STRING" in accepts else "a string does not fit here"
    else:
        message = f"`{text[:40]}` does not fit here"
    help_ = next((hint for start, hint in _HINTS.items() if text.startswith(start)), None)
    if text in ("}", "]") and source.text[: span.start].rstrip().endswith(","):
        help_ = "no comma stands behind the last value"
    return Diagnostic("NS701", message, span, note=f"expected: {wanted}" if wanted else None, help=help_)


def _place(source: Source, error: UnexpectedInput) -> Span:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return Span(source, error.token.start_pos or 0, error.token.end_pos or 0)
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        found = _TOKEN.match(source.text, at)
        return Span(source, at, found.end() if found else at + 1)
    end = len(source.text.rstrip())
    return Span(source, end, end)
