"""Make the JSON Schema of policies from the forms of the nodes and the words of the grammar.

The schema is kept as a file beside the grammar; `python -m nullsender.policyschema` writes it anew.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING
from enum import Enum
from typing import Any

from lark import Lark

from nullsender import syntax as s
from nullsender.jsonform import FORMAT, FORMS, Form, Only, Slot, is_tagged, slots, tags
from nullsender.jsonleaf import MEMBERS, READ
from nullsender.lexing import KEYWORD, KEYWORD_END, bound_keyword
from nullsender.syntaxerror import KINDS
from nullsender_grammar import grammar

Schema = dict[str, Any]
_UNIONS: tuple[tuple[str, Any], ...] = (
    ("statement", s.Statement),
    ("item", s.Item),
    ("source", s.Origin),
    ("condition", s.Cond),
    ("narrowing", s.Narrowing),
    ("modifier", s.Modifier),
    ("fact", s.Fact),
    ("expectation", s.Expectation),
)
_TEXT = r"^[^\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"
_LIMIT = 10**15  # what a number of fifteen digits stays below


def policy_schema() -> Schema:
    """Return the schema of policies in JSON, in JSON Schema 2020-12."""
    maker = _Maker()
    statements = maker.value(slots(s.Document)[0])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:nullsender:policy",
        "title": "a nullsender policy",
        "type": "object",
        "properties": {"$schema": {"type": "string"}, "nullsender": {"const": FORMAT}, "policy": statements},
        "required": ["nullsender", "policy"],
        "additionalProperties": False,
        "$defs": dict(sorted(maker.defined.items())),
    }


class _Maker:
    """Turns slots into schemas, and collects those that have names."""

    def __init__(self) -> None:
        self.defined: dict[str, Schema] = {}
        self._words = _Words()
        self._unions = {frozenset(kinds.__args__): name for name, kinds in _UNIONS}

    def value(self, slot: Slot) -> Schema:
        """Return the schema of a field's value."""
        if not slot.many:
            return self._one(slot)
        array = {"type": "array", "items": self._one(slot)} | ({"minItems": slot.fewest} if slot.fewest else {})
        if slot.none is MISSING:
            return array
        return _by_type({"array": array, "boolean" if slot.none is True else "string": {"const": slot.none}})

    def _one(self, slot: Slot) -> Schema:
        name = self._unions.get(frozenset(slot.kinds))
        if not name:
            return self._choice(slot) if is_tagged(slot.kinds) else self._single(slot)
        if name not in self.defined:
            self.defined[name] = {}  # a condition holds conditions
            self.defined[name] = self._choice(slot)
        return _ref(name)

    def _choice(self, slot: Slot) -> Schema:
        """Return the schema for one of several kinds: an object with a tag, a string or a number."""
        here_only = "file" in slot.words
        bodies = {
            tag: self._body(kind, tag)
            for kind in slot.kinds
            if kind in FORMS
            for tag in tags(kind)
            if not (kind is s.File and here_only and tag != "file")
        }
        types = {
            "object": {"properties": bodies, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
        }
        for kind in slot.kinds:
            if kind is s.Number:
                types["number"] = self._leaf(kind, slot.words)
            elif kind in READ and kind not in FORMS:
                types["string"] = self._leaf(kind, slot.words)
        return _by_type(types)

    def _single(self, slot: Slot) -> Schema:
        kind = slot.kinds[0]
        if kind in FORMS and kind not in READ:
            return self._body(kind, "")
        if issubclass(kind, Enum):
            return {"enum": [member.value for member in kind]}
        return {"type": "boolean"} if kind is bool else self._leaf(kind, slot.words)

    def _body(self, kind: type[s.Node], tag: str) -> Schema:
        fields = slots(kind, tag)
        if kind in READ:
            return self._leaf(kind, ())
        if not fields:
            return {"const": True}
        if len(fields) == 1:
            return self.value(fields[0])
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
        if name not in self.defined:
            self.defined[name] = {}
            self.defined[name] = self._object(FORMS[kind], fields)
        return _ref(name)

    def _object(self, form: Form, fields: tuple[Slot, ...]) -> Schema:
        keys = {slot.name: slot.key for slot in fields}
        made: Schema = {
            "properties": {slot.key: self.value(slot) for slot in fields},
            "required": [slot.key for slot in fields if slot.default is MISSING],
            "additionalProperties": False,
        }
        if form.at_least:
            made["minProperties"] = form.at_least
        if form.needs:
            made["dependentRequired"] = {keys[name]: [keys[other]] for name, other in form.needs.items()}
        if form.only:
            made["allOf"] = [_only(keys[name], keys[only.other], only) for name, only in form.only.items()]
        if not form.short:
            return {"type": "object", **made}
        first = _without(
            self.value(fields[0]), {word for only in form.only.values() if only.always for word in only.words}
        )
        return _by_type({"array" if fields[0].many else "string": first, "object": made})

    def _leaf(self, kind: Any, words: tuple[str, ...]) -> Schema:
        """Return the schema of a string or number, under the name of what the grammar calls it."""
        if kind is s.Number:
            return self._named("INT" if "INT" in words else "NUMBER")
        if kind is s.Member:
            return self._named(*MEMBERS)
        if kind in (s.Duration, s.Size):
            return self._named("DURATION" if kind is s.Duration else "SIZE")
        return self._named(*words) if kind is not s.Text and words else self._named("text")

    def _named(self, *symbols: str) -> Schema:
        made = self._words.schema(symbols)
        if "enum" in made:
            return made
        for symbol in symbols if symbols == tuple(MEMBERS) else ():
            self.defined[symbol] = self._words.schema((symbol,))
        name = "member" if symbols == tuple(MEMBERS) else "-or-".join(symbols)
        self.defined[name] = made
        return _ref(name)


class _Words:
    """What the grammar lets stand for words of the JSON form."""

    def __init__(self) -> None:
        lark = Lark(
            grammar(), parser="lalr", edit_terminals=bound_keyword, maybe_placeholders=False, keep_all_tokens=True
        )
        self._spellings = {
            t.name: t.pattern.value.removesuffix(KEYWORD_END) for t in lark.terminals if t.priority == KEYWORD
        }
        self._patterns = {t.name: _portable(t.pattern.to_regexp()) for t in lark.terminals}
        self._patterns["REGEX"] = "(?=.)" + self._patterns["REGEX"].removeprefix(r"\/(?!\/)").removesuffix(r"\/i?")
        self._rules: dict[str, list[list[str]]] = {}
        for rule in lark.rules:
            self._rules.setdefault(rule.origin.name, []).append([symbol.name for symbol in rule.expansion])

    def schema(self, symbols: tuple[str, ...]) -> Schema:
        """Return what a text may be: one of some words, or what matches a pattern."""
        match symbols:
            case ("text",):
                return {"type": "string", "pattern": _TEXT, "description": "a text without control characters"}
            case ("INT",):
                return {"type": "integer", "minimum": 0, "exclusiveMaximum": _LIMIT, "description": KINDS["INT"]}
            case ("NUMBER",):
                return {"type": "number", "exclusiveMinimum": -_LIMIT, "exclusiveMaximum": _LIMIT}
        words, terminals = self._words_and_terminals(symbols)
        if not terminals:
            return {"enum": words}
        pattern = "|".join([*map(re.escape, words), *(self._patterns[name] for name in terminals)])
        meant = list(dict.fromkeys([*(f"`{word}`" for word in words), *(KINDS[name] for name in terminals)]))
        return {"type": "string", "pattern": f"^(?:{pattern})$", "description": _listed(meant)}

    def _words_and_terminals(self, symbols: tuple[str, ...]) -> tuple[list[str], list[str]]:
        words, terminals = [], []
        for symbol in symbols:
            if symbol.startswith("="):
                words.append(symbol[1:])
            elif symbol in self._spellings:
                words.append(self._spellings[symbol])
            elif symbol in self._patterns:
                terminals.append(symbol)
            else:
                for expansion in self._rules[symbol]:
                    more, others = self._words_and_terminals(tuple(expansion))
                    words += [" ".join(more)] if more else []
                    terminals += others
        return words, terminals


def _portable(pattern: str) -> str:
    """Write out the case-blindness of names: patterns of a schema have no flags."""
    if not pattern.startswith("(?i:"):
        return pattern
    alternatives = re.compile(r"(?<=\(\?!\(\?:)[a-z|]+")
    blind = alternatives.sub(lambda m: re.sub("[a-z]", lambda c: f"[{c[0]}{c[0].upper()}]", m[0]), pattern[4:-1])
    return str(blind)


def _by_type(types: Mapping[str, Schema]) -> Schema:
    """Return the schema of a value that may have one of several types, in a shape in which errors stay apart."""
    if len(types) == 1:
        ((type_, schema),) = types.items()
        return {"type": type_, **schema}
    return {
        "type": sorted(types),
        "allOf": [{"if": {"type": t}, "then": schema} for t, schema in sorted(types.items())],
    }


def _only(key: str, other: str, only: Only) -> Schema:
    condition = {"properties": {other: {"enum": list(only.words)}}, "required": [other]}
    forbidden: Schema = {"properties": {key: {"not": {}}}}
    return {"if": condition, "else": forbidden} | ({"then": {"required": [key]}} if only.always else {})


def _without(schema: Schema, words: set[str]) -> Schema:
    return {"enum": [word for word in schema["enum"] if word not in words]} if words else schema


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} or {parts[-1]}" if len(parts) > 1 else parts[0]


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def written() -> str:
    """Return the schema as it stands in its file."""
    return json.dumps(policy_schema(), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())
