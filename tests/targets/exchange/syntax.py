"""PowerShell as its grammar sees it: trees, what is wrong in them, and what string tokens say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_QUOTE = "['\u2018\u2019\u201a\u201b]"  # PowerShell takes all of these for a single quote
_TWO = re.compile(f"({_QUOTE}){_QUOTE}")
_BEGINS = re.compile(rf"#[^\n]*|{_QUOTE}")
_ENDS = re.compile(f"{_QUOTE}{{1,2}}")
BOM = "\ufeff"


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_powershell.language()))


def parse(text: str) -> Node:
    """Return the tree of a script."""
    return _parser().parse(text.removeprefix(BOM).encode()).root_node


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.children:
        yield from nodes(child)


def faults(root: Node) -> list[str]:
    """Return what the grammar could not read, or had to make up."""
    return [f"{node.start_point}: {words(node)}" for node in nodes(root) if node.is_error or node.is_missing]


def words(node: Node) -> str:
    return (node.text or b"").decode()


def said(token: str) -> str:
    """Return what a single-quoted string says; raises ValueError where it ends before its token does."""
    inner = token[1:-1]
    if not re.fullmatch(_QUOTE, token[0]) or not re.fullmatch(_QUOTE, token[-1]):
        raise ValueError(f"{token!r} is not in single quotes")
    if re.search(_QUOTE, _TWO.sub("", inner)) or "\n" in inner:
        raise ValueError(f"{token!r} ends early")
    return _TWO.sub(r"\1", inner)


def strings(text: str) -> list[str]:
    """Return the string tokens of a script as PowerShell's own scanner finds them, which knows five quotes."""
    found, at = [], 0
    while begin := _BEGINS.search(text, at):
        if begin[0].startswith("#"):
            at = begin.end()
            continue
        at = begin.end()
        while True:
            end = _ENDS.search(text, at)
            if end is None:
                raise ValueError(f"{text[begin.start() :]!r} does not end")
            at = end.end()
            if len(end[0]) == 1:
                break
        found.append(text[begin.start() : at])
    return found
