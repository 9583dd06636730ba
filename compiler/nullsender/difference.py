"""Compare two sets of generated files line by line; files of any length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from enum import Enum
from itertools import islice

from nullsender.output import same_bytes

Chunks = Callable[[], Iterator[bytes]]
Files = Mapping[str, Chunks]

MOST_LINES = 20_000  # of a file; beyond, its lines are compared as a set, in the time of reading them
MOST_SHOWN = 200  # lines of each side of such a file


class Kind(Enum):
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs: the lines to show, each with its end, and how many were added and removed."""

    path: str
    kind: Kind
    shown: tuple[str, ...]
    lines: int


def compare(old: Files, new: Files) -> Iterator[Change]:
    """Yield each file that differs, sorted by path."""
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if before and after:
            if not same_bytes(before, after):
                yield _change(path, Kind.CHANGED, before, after)
        elif after:
            yield _change(path, Kind.ADDED, _nothing, after)
        elif before:
            yield _change(path, Kind.REMOVED, before, _nothing)


def summary(changes: Iterable[Change]) -> str:
    """Return `2 files changed, 1 added, 0 removed; 14 lines`."""
    found = tuple(changes)
    if not found:
        return "no difference"
    counts = Counter(change.kind for change in found)
    lines = sum(change.lines for change in found)
    changed = counts[Kind.CHANGED]
    return (
        f"{changed} file{'' if changed == 1 else 's'} changed, {counts[Kind.ADDED]} added, "
        f"{counts[Kind.REMOVED]} removed; {lines} line{'' if lines == 1 else 's'}"
    )


def _change(path: str, kind: Kind, before: Chunks, after: Chunks) -> Change:
    head = (
        f"--- {'/dev/null' if kind is Kind.ADDED else f'a/{path}'}\n",
        f"+++ {'/dev/null' if kind is Kind.REMOVED else f'b/{path}'}\n",
    )
    if max(_count(before), _count(after)) <= MOST_LINES:
        body = tuple(islice(unified_diff(list(_lines(before)), list(_lines(after))), 2, None))
        counted = sum(not line.startswith((" ", "@@")) for line in body)
        return Change(path, kind, (*head, *map(_ended, body)), counted)
    removed, gone = _missing(before, after)
    added, come = _missing(after, before)
    body = (*_sample("-", removed, gone), *_sample("+", added, come))
    if not body:
        body = ("@@ the same lines in another order @@\n",)
    return Change(path, kind, (*head, *body), gone + come)


def _missing(here: Chunks, there: Chunks) -> tuple[tuple[str, ...], int]:
    """Return the first lines that are here and not there, and how many there are in all."""
    known = Counter(map(hash, _lines(there)))
    first: list[str] = []
    count = 0
    for line in _lines(here):
        if known[mark := hash(line)]:
            known[mark] -= 1
        else:
            count += 1
            if len(first) < MOST_SHOWN:
                first.append(line)
    return tuple(first), count


def _sample(sign: str, lines: tuple[str, ...], count: int) -> Iterator[str]:
    yield from (_ended(sign + line) for line in lines)
    if count > len(lines):
        yield f"@@ and {count - len(lines)} more lines with {sign} @@\n"


def _nothing() -> Iterator[bytes]:
    return iter(())


def _count(chunks: Chunks) -> int:
    return sum(chunk.count(b"\n") for chunk in chunks())


def _lines(chunks: Chunks) -> Iterator[str]:
    """Yield lines with their ends; octets that are not UTF-8 are spelt out."""
    rest = b""
    for chunk in chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "backslashreplace") + "\n"
    if rest:
        yield rest.decode("utf-8", "backslashreplace")


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
