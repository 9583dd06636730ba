"""The JSON form of policies, for programs that write them: JSON to syntax, and syntax to JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from enum import Enum
from functools import cache
from typing import Any

from nullsender import jsonform as form
from nullsender import jsonleaf as leaf
from nullsender import syntax as s
from nullsender.builder import DEEPEST
from nullsender.diagnostic import Diagnostic
from nullsender.jsonerror import violations
from nullsender.jsontext import Json, read_json
from nullsender.source import Source, Span
from nullsender.syntaxerror import too_deep


def from_json(source: Source) -> tuple[s.Document | None, tuple[Diagnostic, ...]]:
    """Return the statements of a policy in JSON that are as they should be, and an error for each place that is not.

    None where there is no list of statements to speak of.
    """
    json, found = read_json(source)
    if json is None:
        return None, found
    wrong, found = violations(json)
    if any(len(path) < 2 for path in wrong):
        return None, found
    broken = {path[1] for path in wrong}
    reader, slot = _Reader(), form.slots(s.Document)[0]
    statements = enumerate(json.value["policy"].value)
    read = tuple(reader.one(statement, slot) for number, statement in statements if number not in broken)
    whole = Span(source, 0, len(source.text))
    return s.Document(whole, read), (*found, *map(too_deep, reader.too_deep))


def to_json(document: s.Document) -> dict[str, Any]:
    """Return the JSON form of a document, in the types that the standard library's `json` writes."""
    return {"nullsender": form.FORMAT, "policy": _value(document.statements, form.slots(s.Document)[0])}


def _value(value: Any, slot: form.Slot) -> Any:
    if not slot.many:
        return _one(value, slot)
    return [_one(part, slot) for part in value] if value or slot.none is MISSING else slot.none


def _one(value: Any, slot: form.Slot) -> Any:
    if isinstance(value, Enum):
        return value.value
    if not isinstance(value, s.Node):
        return value
    kind = type(value)
    if kind not in form.FORMS or (len(slot.kinds) == 1 and kind in leaf.WRITTEN):
        return leaf.WRITTEN[kind](value)
    if not form.is_tagged(slot.kinds):
        return _body(value, "")
    chosen_by = form.FORMS[kind].chosen_by
    chosen = getattr(value, chosen_by) if chosen_by else None
    chosen = chosen.text if isinstance(chosen, s.Word) else chosen
    tag = next(tag for tag, stands_for in form.tags(kind).items() if stands_for == chosen)
    return {tag: _body(value, tag)}


def _body(node: s.Node, tag: str) -> Any:
    kind = type(node)
    if kind in leaf.WRITTEN:
        return leaf.WRITTEN[kind](node)
    slots = form.slots(kind, tag)
    if not slots:
        return True
    if len(slots) == 1:
        return _value(getattr(node, slots[0].name), slots[0])
    there = [slot for slot in slots if slot.default is MISSING or getattr(node, slot.name) != slot.default]
    if form.FORMS[kind].short and there == [slots[0]]:
        return _value(getattr(node, slots[0].name), slots[0])
    return {slot.key: _value(getattr(node, slot.name), slot) for slot in there}


class _Reader:
    """Make nodes of JSON that keeps to the schema; `too_deep` collects conditions in too many others."""

    def __init__(self) -> None:
        self.too_deep: list[Span] = []
        self._depth = 0

    def value(self, json: Json, slot: form.Slot) -> Any:
        if not slot.many:
            return self.one(json, slot)
        return tuple(self.one(part, slot) for part in json.value) if isinstance(json.value, tuple) else ()

    def one(self, json: Json, slot: form.Slot) -> Any:
        if form.is_tagged(slot.kinds):
            return self._tagged(json, slot.kinds) if isinstance(json.value, dict) else _leaf(json, slot)
        kind = slot.kinds[0]
        if kind in form.FORMS and kind not in leaf.READ:
            return self._node(json, kind, "", json.span, {})
        return _leaf(json, slot)

    def _tagged(self, json: Json, kinds: tuple[Any, ...]) -> s.Node:
        ((tag, body),) = json.value.items()
        kind, chosen = _by_tag(kinds)[tag]
        if kind in leaf.READ:
            return leaf.READ[kind](json.span, body.value)
        known: dict[str, Any] = {}
        if chosen is not None:
            known[form.FORMS[kind].chosen_by] = s.Word(json.keys[tag], chosen) if isinstance(chosen, str) else chosen
        return self._node(body, kind, tag, json.span, known)

    def _node(self, json: Json, kind: type[s.Node], tag: str, span: Span, known: Mapping[str, Any]) -> s.Node:
        nests = kind in (s.And, s.Or, s.Not)
        self._depth += nests
        if nests and self._depth == DEEPEST + 1:
            self.too_deep.append(span)
        values = {slot.name: self.value(part, slot) for slot, part in _parts(json, kind, tag)}
        self._depth -= nests
        return kind(span, **values, **known)


def _parts(json: Json, kind: type[s.Node], tag: str) -> list[tuple[form.Slot, Json]]:
    """Return the fields of a node that stand in its body."""
    slots = form.slots(kind, tag)
    if not slots:
        return []
    if len(slots) == 1 or (form.FORMS[kind].short and not isinstance(json.value, dict)):
        return [(slots[0], json)]
    optional = dict.fromkeys(form.FORMS[kind].may_be_empty, ())
    given = [(slot, json.value[slot.key]) for slot in slots if slot.key in json.value]
    return given + [
        (slot, Json(json.span, ())) for slot in slots if slot.name in optional and slot.key not in json.value
    ]


@cache
def _by_tag(kinds: tuple[Any, ...]) -> Mapping[str, tuple[type[s.Node], Any]]:
    return {tag: (kind, chosen) for kind in kinds if kind in form.FORMS for tag, chosen in form.tags(kind).items()}


def _leaf(json: Json, slot: form.Slot) -> Any:
    """Make a leaf, of the first kind that takes such a value."""
    number = isinstance(json.value, int | float) and not isinstance(json.value, bool)
    for kind in slot.kinds:
        if kind in leaf.READ and number == (kind is s.Number):
            value = int(json.value) if number and "INT" in slot.words else json.value
            return leaf.READ[kind](json.span, value)
    kind = slot.kinds[0]
    return kind(json.value) if issubclass(kind, Enum) else json.value
