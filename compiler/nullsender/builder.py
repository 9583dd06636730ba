"""Make syntax nodes of what the parser recognises, with their places, and measure how deep conditions nest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lark import Token, Tree

from nullsender import syntax as s
from nullsender.rows import MADE, expected
from nullsender.source import Source, Span

DEEPEST = 64  # conditions in conditions
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"bytes": 1, "KB": 1024, "MB": 1024 * 1024}


def duration(span: Span, text: str) -> s.Duration:
    """Return the length of time that `5m` and the like stand for."""
    return s.Duration(span, int(text[:-1]) * _UNITS[text[-1].lower()])


def size(span: Span, text: str) -> s.Size:
    """Return the amount of data that `50 KB` and the like stand for."""
    number, unit = re.findall(r"\d+|[A-Za-z]+", text)
    return s.Size(span, int(number) * _SIZES[unit])


def _number(span: Span, text: str) -> s.Number:
    return s.Number(span, float(text) if "." in text else int(text))


def _text(span: Span, text: str) -> s.Text:
    return s.Text(span, re.sub(r'\\(["\\])', r"\1", text[1:-1]))


_WORDS = ("NAME", "DOMAIN", "SUBDOMAINS", "ADDRESS", "PATTERN", "CIDR", "HOSTPORT", "VERSION", "CODE", "ENHANCED")
_LEAVES: Mapping[str, Callable[[Span, str], s.Node]] = {
    **dict.fromkeys((*_WORDS, "DATE", "NULL", "DELIMITERS", "REGEX"), s.Word),
    "POSTMASTER": lambda span, text: s.Word(span, text.lower()),
    "STRING": _text,
    "INT": _number,
    "NUMBER": _number,
    "DURATION": duration,
    "SIZE": size,
}
_MEMBERS = {
    "NAME": s.MemberKind.NAME,
    "DOMAIN": s.MemberKind.DOMAIN,
    "SUBDOMAINS": s.MemberKind.SUBDOMAINS,
    "ADDRESS": s.MemberKind.ADDRESS,
    "PATTERN": s.MemberKind.ADDRESS,
    "CIDR": s.MemberKind.NETWORK,
}
# Rules that stand for words of the language: one Word, in lower case.
_WORD_RULES = frozenset(
    (
        "set_kind",
        "lookup_system",
        "protocol",
        "quarantine_place",
        "plain_mode",
        "failing_what",
        "stage",
        "counter",
        "sender_kind",
        "spf_result",
        "dmarc_result",
        "tag_state",
        "report_kind",
        "give_up_what",
        "verdict",
        "property_word",
        "unit",
    )
)


@dataclass(slots=True)
class Builder:
    """The parser's callbacks for one source.

    `too_deep` collects where conditions nest deeper than `DEEPEST`, `again` what may stand once and stands twice.
    """

    source: Source = field(default_factory=lambda: Source("", ""))
    too_deep: list[Span] = field(default_factory=list)
    again: list[Span] = field(default_factory=list)
    # By the id of a condition: itself, so that the id stays its own, how deep it is, and whether in parentheses.
    _depths: dict[int, tuple[s.Node, int, bool]] = field(default_factory=dict)

    def begin(self, source: Source) -> None:
        """Forget the last source."""
        self.source, self.too_deep, self.again, self._depths = source, [], [], {}

    def __getattr__(self, rule: str) -> Callable[[list[Any]], Any]:
        if rule in _WORD_RULES:
            return self._word
        if rule in ("plain_subject", "plain_action"):
            return self._subject if rule == "plain_subject" else self._action
        if rule == "member":
            return self._member
        if rule in ("group", "negated", "all_of", "condition"):
            return lambda children: self._nested(rule, children)
        if rule == "expect_verdict":
            return self._verdict
        if rule in MADE:
            made = MADE[rule]
            return lambda children: made(self._span(children), self._values(children))
        raise AttributeError(rule)

    def _values(self, children: list[Any]) -> list[Any]:
        """Return the nodes among the children: keywords and punctuation say nothing once the rule is known."""
        leaves = (self._leaf(child) if isinstance(child, Token) else child for child in children)
        return [leaf for leaf in leaves if leaf is not None]

    def _leaf(self, token: Token) -> s.Node | None:
        made = _LEAVES.get(token.type)
        return made(self._span([token]), str(token)) if made else None

    def _word(self, children: list[Any]) -> s.Word:
        literal = children[0].type in _WORDS  # a name or an address, not a word of the language
        text = str(children[0]) if literal else " ".join(str(child).lower() for child in children)
        return s.Word(self._span(children), text)

    def _subject(self, children: list[Any]) -> s.Subject:
        word = self._word(children)
        return s.Subject(word.span, s.SubjectKind(word.text))

    def _action(self, children: list[Any]) -> s.Action:
        word = self._word(children)
        return s.Action(word.span, word)

    def _member(self, children: list[Any]) -> s.Member:
        token = children[0]
        return s.Member(self._span(children), _MEMBERS[token.type], str(token))

    def _verdict(self, children: list[Any]) -> s.ExpectVerdict:
        values = self._values(children)
        parts, again = expected(values)
        self.again.extend(again)
        return s.ExpectVerdict(self._span(children), values[0], **parts)

    def _nested(self, rule: str, children: list[Any]) -> Any:
        """Build a compound condition, or leave out the layer that would be one too deep."""
        span, parts = self._span(children), self._values(children)
        depths = [self._depths.get(id(part), (part, 0, False)) for part in parts]
        deepest = max(depth for _, depth, _ in depths)
        # Parentheses count where they are more than the tree needs: `(a and b)` is as deep as the conjunction.
        depth = deepest + (rule != "group" or deepest == 0 or depths[0][2])
        made = parts[0] if rule == "group" or depth > DEEPEST else _compound(rule, span, parts)
        if depth == DEEPEST + 1 and deepest == DEEPEST:
            self.too_deep.append(span)
        self._depths[id(made)] = made, depth, rule == "group"
        return made

    def _span(self, children: list[Any]) -> Span:
        if not children:
            return Span(self.source, 0, len(self.source.text))
        return Span(self.source, _start(children[0]), end_of(children[-1]))


def _compound(rule: str, span: Span, parts: list[Any]) -> s.Cond:
    if rule == "negated":
        return s.Not(span, parts[0])
    return (s.And if rule == "all_of" else s.Or)(span, tuple(parts))


def _start(child: Any) -> int:
    if isinstance(child, Token):
        return child.start_pos or 0
    return _start(child[0]) if isinstance(child, tuple) else child.span.start


def end_of(child: Any) -> int:
    """Return where a token, a node or a list of them ends."""
    if isinstance(child, Token):
        return child.end_pos or 0
    if isinstance(child, Tree):  # lark's own list of statements so far
        return end_of(child.children[-1])
    return end_of(child[-1]) if isinstance(child, tuple) else child.span.end
