"""Read policies that stand in tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nullsender.diagnostic import Diagnostic
from nullsender.document import from_json
from nullsender.parse import parse
from nullsender.reading import read_source
from nullsender.source import Source, Span
from nullsender.syntax import Document

HERE = Path(__file__).parent
EVERYTHING = (HERE / "everything.ndr").read_text(encoding="utf-8")
EDGE = (HERE.parent.parent / "examples" / "edge.ndr").read_text(encoding="utf-8")


def parsed(text: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    return parse(Source("policy.ndr", text))


def good(text: str) -> Document:
    document, found = parsed(text)
    assert found == (), said(found)
    return document


def from_text(policy: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Read JSON; nothing where it is so wrong that there are no statements."""
    source = Source("policy.json", policy)
    document, found = from_json(source)
    return document or Document(Span(source, 0, 0), ()), found


def from_object(policy: Any) -> tuple[Document, tuple[Diagnostic, ...]]:
    return from_text(json.dumps(policy))


def from_statements(*statements: Any) -> tuple[Document, tuple[Diagnostic, ...]]:
    return from_object({"nullsender": 1, "policy": list(statements)})


def said(found: tuple[Diagnostic, ...]) -> list[str]:
    """Return code, text in place and message of each."""
    return [f"{d.code} {d.span.text if d.span else ''}: {d.message}" for d in found]


def read_file(path: Path, name: str) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """Read a file as the compiler does, under a name of its own."""
    source, found = read_source(path)
    if source is None:
        return None, found
    source = Source(name, source.text)
    read = from_text(source.text) if path.suffix == ".json" else parse(source)
    return read[0], (*found, *read[1])
