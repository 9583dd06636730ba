"""Take a policy and every file that it reads out of a revision of a git repository."""

from __future__ import annotations

import os.path
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

from nullsender import syntax as s
from nullsender.diagnostic import Diagnostic
from nullsender.source import Source, Span

Load = Callable[[Path], tuple[s.Document | None, tuple[Diagnostic, ...]]]


class RevisionError(Exception):
    """The revision or the file is not there; the message says which."""


def split(operand: str) -> tuple[str, str] | None:
    """Return revision and path of `HEAD~1:examples/edge.ndr`, None for a plain path."""
    revision, colon, path = operand.partition(":")
    if not (revision and colon and path) or os.path.exists(operand):  # noqa: PTH110  # may hold what no path can
        return None
    return revision, path


def extract(revision: str, path: str, folder: Path, load: Load) -> Path:
    """Copy the policy and what it names into `folder`, as the repository lays them out, and return where it is.

    `path` is relative to the working directory. What the policy names by an absolute path, or outside the repository,
    is no part of the revision. Raises RevisionError.
    """
    if revision.startswith("-"):
        raise RevisionError(f"no revision `{revision}`")
    prefix = _git("rev-parse", "--show-prefix").decode().rstrip("\n")
    first = os.path.normpath(os.path.join(prefix, path))  # noqa: PTH118
    (folder / first).parent.mkdir(parents=True, exist_ok=True)
    (folder / first).write_bytes(_git("cat-file", "blob", f"{revision}:{first}"))
    waiting, seen = [first], {first}
    while waiting:
        file = waiting.pop()
        document, _ = load(folder / file)
        for name, policy in _names(document):
            named = os.path.normpath(os.path.join(os.path.dirname(file), name))  # noqa: PTH118, PTH120
            if named in seen or named.startswith(("/", "../")):
                continue
            seen.add(named)
            try:
                octets = _git("cat-file", "blob", f"{revision}:{named}")
            except RevisionError:
                continue  # compiling will say so, and where it is named
            (folder / named).parent.mkdir(parents=True, exist_ok=True)
            (folder / named).write_bytes(octets)
            if policy:
                waiting.append(named)
    return folder / first


def renamed(diagnostics: Iterable[Diagnostic], folder: Path, revision: str) -> tuple[Diagnostic, ...]:
    """Return diagnostics that speak of `REVISION:path` instead of the copies in a folder."""
    sources: dict[int, Source] = {}

    def text(words: str) -> str:
        return words.replace(f"{folder}/", f"{revision}:")

    def span(old: Span) -> Span:
        new = sources.setdefault(id(old.source), Source(text(old.source.name), old.source.text, old.source.first_line))
        return replace(old, source=new)

    return tuple(
        replace(
            d,
            message=text(d.message),
            span=span(d.span) if d.span else None,
            labels=tuple(replace(label, span=span(label.span)) for label in d.labels),
        )
        for d in diagnostics
    )


def _names(node: object) -> Iterator[tuple[str, bool]]:
    """Yield the names of all files that a document makes the compiler read, and whether they are policies."""
    match node:
        case s.Include(path=path):
            yield path.value, True
        case s.File(path=path, live=False):
            yield path.value, False
        case s.LookupSetting():
            return  # a file there is a secret
        case tuple():
            for part in node:
                yield from _names(part)
        case s.Node() if is_dataclass(node):
            for field in fields(node):
                if field.name != "span":
                    yield from _names(getattr(node, field.name))


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607  # no shell
    except OSError as error:
        raise RevisionError(f"cannot run git: {(error.strerror or str(error)).lower()}") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise RevisionError(words or f"git {arguments[0]} failed")
    return done.stdout
