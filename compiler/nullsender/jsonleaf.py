"""The leaves of the syntax in JSON: strings and numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from nullsender import syntax as s
from nullsender.builder import duration, size
from nullsender.source import Span
from nullsender_grammar import schema

# What a member may be, in the order in which the grammar tries it.
MEMBERS = {
    "ADDRESS": s.MemberKind.ADDRESS,
    "PATTERN": s.MemberKind.ADDRESS,
    "CIDR": s.MemberKind.NETWORK,
    "DOMAIN": s.MemberKind.DOMAIN,
    "SUBDOMAINS": s.MemberKind.SUBDOMAINS,
    "NAME": s.MemberKind.NAME,
}
_LENGTHS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_AMOUNTS = ((1024 * 1024, "MB"), (1024, "KB"), (1, "bytes"))


@cache
def policy_schema() -> Any:
    """Return the JSON Schema of policies."""
    return json.loads(schema("policy"))


def _member(span: Span, text: str) -> s.Member:
    return s.Member(span, next(kind for pattern, kind in _member_patterns() if pattern.match(text)), text)


@cache
def _member_patterns() -> tuple[tuple[re.Pattern[str], s.MemberKind], ...]:
    defined = policy_schema()["$defs"]
    return tuple((re.compile(defined[name]["pattern"]), kind) for name, kind in MEMBERS.items())


def _in_units(amount: int, units: tuple[tuple[int, str], ...]) -> tuple[int, str]:
    """Return an amount in the largest unit of which it is a whole number."""
    one, name = next((one, name) for one, name in units if amount % one == 0)
    return amount // one, name


def _length(node: s.Duration) -> str:
    number, unit = _in_units(node.seconds, _LENGTHS)
    return f"{number}{unit}"


def _amount(node: s.Size) -> str:
    number, unit = _in_units(node.octets, _AMOUNTS)
    return f"{number} {unit}"


WRITTEN: Mapping[type[s.Node], Callable[[Any], Any]] = {
    s.Word: lambda node: node.text,
    s.Text: lambda node: node.value,
    s.Number: lambda node: node.value,
    s.Duration: _length,
    s.Size: _amount,
    s.Member: lambda node: node.text,
}
READ: Mapping[type[s.Node], Callable[[Span, Any], s.Node]] = {
    s.Word: s.Word,
    s.Text: s.Text,
    s.Number: s.Number,
    s.Duration: duration,
    s.Size: size,
    s.Member: _member,
}
