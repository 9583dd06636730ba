"""Make documents and texts at random: documents from the forms of the nodes, texts from the grammar."""

from __future__ import annotations

from collections import defaultdict
from enum import Enum
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st
from lark import Lark

from nullsender import syntax as s
from nullsender.jsonform import FORMS, Slot, slots, tags
from nullsender.jsonleaf import MEMBERS
from nullsender.lexing import KEYWORD, KEYWORD_END, bound_keyword
from nullsender.source import Source, Span
from nullsender_grammar import grammar

_NOWHERE = Span(Source("", ""), 0, 0)
_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=12)
_LENGTHS = st.sampled_from([0, 1, 59, 60, 90, 3600, 86400, 86399, 604800, 999_999_999])
_SIZES = st.sampled_from([0, 1, 1023, 1024, 50 * 1024, 1024 * 1024, 3 * 1024 * 1024 + 1])
SAMPLES = {
    "NAME": ("mine", "mx1", "vip-list", "über", "x_1"),
    "DOMAIN": ("example.org", "a.b.example.net", "müller.example"),
    "SUBDOMAINS": ("*.example.org",),
    "ADDRESS": ("joe@example.org", '"joe smith"@example.org', "joe@[192.0.2.1]", "o'hara+x@example.net"),
    "PATTERN": ("bounce-*@b.example.org".replace("b.example.org", "*"), "mailer-daemon@*", "x@*.example.org"),
    "CIDR": ("192.0.2.1", "198.51.100.0/24", "2001:db8::/32", "::1"),
    "HOSTPORT": ("127.0.0.1:24", "[::1]:25", "mx.example.org:2525"),
    "CODE": ("550", "451", "250"),
    "ENHANCED": ("5.1.1", "4.7.1"),
    "VERSION": ("3.7", "4", "4.96.2"),
    "NUMBER": ("15", "4.5", "-2"),
    "INT": ("1", "20"),
    "DURATION": ("5m", "30s", "4h", "1d", "2w"),
    "SIZE": ("50 KB", "2MB", "900 bytes"),
    "DATE": ("2026-11-23", "2027-06-30"),
    "NULL": ("<>",),
    "DELIMITERS": ("+", "+-"),
    "STRING": ('"a text"', r'"quoted \"twice\" and \\"', '""'),
    "REGEX": ("/^x$/", r"/a\/b/i"),
    **{
        name: (sign,)
        for name, sign in zip(
            ("LBRACE", "RBRACE", "LPAR", "RPAR", "COMMA", "EQUAL", "MORETHAN"), "{}(),=>", strict=True
        )
    },
}


def documents() -> st.SearchStrategy[s.Document]:
    """Return documents that the language can say."""
    return st.builds(lambda found: s.Document(_NOWHERE, tuple(found)), st.lists(_one(slots(s.Document)[0]), max_size=4))


def _value(slot: Slot) -> st.SearchStrategy[Any]:
    if not slot.many:
        return _one(slot)
    fewest = 0 if slot.none == "anyone" or slot.none is True else slot.fewest
    return st.lists(_one(slot), min_size=fewest, max_size=max(3, fewest)).map(tuple)


@cache
def _one(slot: Slot) -> st.SearchStrategy[Any]:
    if s.Not in slot.kinds:
        return _conditions(slot)
    return st.one_of([_kind(kind, slot) for kind in slot.kinds])


def _conditions(slot: Slot) -> st.SearchStrategy[Any]:
    atoms = st.one_of([_kind(kind, slot) for kind in slot.kinds if kind not in (s.And, s.Or, s.Not)])
    return st.recursive(
        atoms,
        lambda inner: (
            st.builds(s.Not, st.just(_NOWHERE), inner)
            | st.builds(s.And, st.just(_NOWHERE), st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(s.Or, st.just(_NOWHERE), st.lists(inner, min_size=2, max_size=3).map(tuple))
        ),
        max_leaves=6,
    )


def _kind(kind: Any, slot: Slot) -> st.SearchStrategy[Any]:
    if kind is s.File and slot.words and "file" in slot.words:
        return st.builds(s.File, st.just(_NOWHERE), st.builds(s.Text, st.just(_NOWHERE), _TEXT))
    return _leaf(kind, slot.words) if kind in _LEAVES or kind not in FORMS else st.deferred(lambda: _node(kind))


def _node(kind: type[s.Node]) -> st.SearchStrategy[Any]:
    form = FORMS[kind]

    @st.composite
    def made(draw: st.DrawFn) -> Any:
        tag, chosen = draw(st.sampled_from(sorted(tags(kind).items(), key=str)))
        values: dict[str, Any] = {}
        if form.chosen_by:
            values[form.chosen_by] = s.Word(_NOWHERE, chosen) if isinstance(chosen, str) else chosen
        for slot in slots(kind, tag):
            only, needs = form.only.get(slot.name), form.needs.get(slot.name)
            may = not only or _said(values[only.other]) in only.words
            must = bool(only and only.always and may)
            if may and (must or not (needs and values.get(needs) is None)):
                value = draw(_value(slot) if must or slot.default is not None else st.none() | _value(slot))
                values[slot.name] = value
        if form.at_least and not slots(kind, tag)[0].many and not any(v is not None for v in values.values()):
            values[slots(kind, tag)[0].name] = draw(_value(slots(kind, tag)[0]))
        return kind(_NOWHERE, **values)

    return made()


def _said(value: Any) -> str:
    return str(value.text if isinstance(value, s.Word) else value.value)


_LEAVES = (s.Word, s.Text, s.Number, s.Duration, s.Size, s.Member)


def _leaf(kind: Any, words: tuple[str, ...]) -> st.SearchStrategy[Any]:
    here = st.just(_NOWHERE)
    if kind is bool:
        return st.booleans()
    if kind is str:
        return st.sampled_from([text.removesuffix("i")[1:-1] for text in SAMPLES["REGEX"]])
    if kind is s.Member:
        members = [(kind, text) for name, kind in MEMBERS.items() for text in SAMPLES[name]]
        return st.sampled_from(members).map(lambda member: s.Member(_NOWHERE, *member))
    if kind is s.Number:
        whole = st.integers(0, 10**15 - 1)
        numbers = whole if "INT" in words else whole | st.floats(-1e9, 1e9, allow_nan=False)
        return st.builds(s.Number, here, numbers)
    if kind is s.Word:
        return (
            st.sampled_from(_texts(words)).map(lambda text: s.Word(_NOWHERE, text))
            if words
            else st.builds(s.Word, here, _TEXT)
        )
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    values = {s.Text: _TEXT, s.Duration: _LENGTHS, s.Size: _SIZES}[kind]
    return st.builds(kind, here, values)


def _texts(words: tuple[str, ...]) -> list[str]:
    found = []
    for word in words:
        if word.startswith("="):
            found.append(word[1:])
        elif word in SAMPLES:
            found.extend(SAMPLES[word])
        else:
            for body in _rules()[word]:
                spelled = [_spellings().get(symbol, "") for symbol in body]
                found += [" ".join(spelled)] if all(spelled) else _texts(tuple(body))
    return found


@cache
def _lark() -> Lark:
    return Lark(grammar(), parser="lalr", edit_terminals=bound_keyword, maybe_placeholders=False, keep_all_tokens=True)


@cache
def _rules() -> dict[str, list[list[str]]]:
    found = defaultdict(list)
    for rule in _lark().rules:
        found[rule.origin.name].append([symbol.name for symbol in rule.expansion])
    return found


@cache
def _spellings() -> dict[str, str]:
    return {t.name: t.pattern.value.removesuffix(KEYWORD_END) for t in _lark().terminals if t.priority == KEYWORD}


def sentence(random: Random, statements: int) -> str:
    """Return a text that the grammar derives, in a layout and in capitals as chance will have it."""
    tokens: list[str] = []
    for _ in range(statements):
        _derive("statement", random, 0, tokens)
    return "".join(token + random.choice((" ", " ", "\n", "\t", "  # and\n")) for token in tokens)


def _derive(symbol: str, random: Random, depth: int, tokens: list[str]) -> None:
    if symbol in _spellings():
        word = _spellings()[symbol]
        tokens.append(random.choice((word, word, word.upper(), word.capitalize())))
    elif symbol in SAMPLES:
        tokens.append(random.choice(SAMPLES[symbol]))
    else:
        bodies = _rules()[symbol]
        if depth > 12:
            bodies = [min(bodies, key=lambda body: sum(map(_cost, body)))]
        for part in random.choice(bodies):
            _derive(part, random, depth + 1, tokens)


@cache
def _cost(symbol: str) -> int:
    """Return how few tokens a symbol stands for."""
    return _costs()[symbol] if symbol in _rules() else 1


@cache
def _costs() -> dict[str, int]:
    costs = dict.fromkeys(_rules(), 10**6)
    for _ in range(len(costs)):
        for name, bodies in _rules().items():
            costs[name] = min(sum(costs.get(part, 1) for part in body) for body in bodies)
    return costs
