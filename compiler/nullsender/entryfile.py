"""Read files of one entry a line: checked once, then streamed sorted and without repetitions, however long they are."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from tempfile import NamedTemporaryFile, TemporaryFile, _TemporaryFileWrapper

from nullsender import canonical
from nullsender.diagnostic import Diagnostic
from nullsender.names import CompiledFile, Entries, Kind
from nullsender.source import Source, Span

RUN = 100_000  # entries sorted in memory at a time
MOST_ERRORS = 20  # of one file; the rest is a count
LONGEST = 1_000  # characters of an entry; no address or domain has more


def check(file: CompiledFile) -> tuple[Diagnostic, ...]:
    """Read the whole file and say what is wrong with it, each with the line in that file."""
    return _spooled(file)[1]


def entries(file: CompiledFile) -> Iterator[str]:
    """Yield the good entries in canonical form, sorted, each once."""
    with Path(_spooled(file)[0].name).open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.rstrip("\n")


def expand(of: Entries) -> Iterator[str]:
    """Yield the members of a set and the entries of its compiled files, sorted, each once."""
    return _unique(heapq.merge(sorted(of.members), *(entries(file) for file in of.files)))


def unreadable(path: Path) -> str | None:
    """Say why a path is no file that can be read from its beginning to its end, None where it is one."""
    try:
        mode = path.stat().st_mode
        if S_ISREG(mode):
            path.open("rb").close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except ValueError:
        return "not the name of a file"
    return None if S_ISREG(mode) else "is a directory" if S_ISDIR(mode) else "not a regular file"


def canonical_form(kind: Kind) -> Callable[[str], str]:
    """Return the function that brings an entry of this kind into canonical form, or raises ValueError."""
    return _FORMS[kind]


def _domain_or_below(text: str) -> str:
    return canonical.subdomains(text) if text.startswith("*.") else canonical.domain(text)


_FORMS: dict[Kind, Callable[[str], str]] = {
    Kind.DOMAINS: _domain_or_below,
    Kind.HOSTS: _domain_or_below,
    Kind.NETWORKS: canonical.network,
    Kind.ADDRESSES: canonical.address,
}


@cache
def _spooled(file: CompiledFile) -> tuple[_TemporaryFileWrapper[str], tuple[Diagnostic, ...]]:
    found: list[Diagnostic] = []
    spool = NamedTemporaryFile("w", encoding="utf-8", newline="\n", prefix="nullsender-")  # noqa: SIM115  # lives as long as the cache
    for entry in _unique(_sorted(_parsed(file, found))):
        spool.write(entry + "\n")
    spool.flush()
    return spool, tuple(found)


def _parsed(file: CompiledFile, found: list[Diagnostic]) -> Iterator[str]:
    form = _FORMS[file.kind]
    wrong = 0
    if reason := unreadable(file.path):
        found.append(Diagnostic("NS105", f"cannot read `{file.name}`: {reason}", file.span))
        return
    try:
        with file.path.open("rb") as stream:
            for number, raw in enumerate(_lines(stream.readline), 1):
                try:
                    text = raw.decode("utf-8").strip()
                    if text and not text.startswith("#"):
                        yield form(text)
                except ValueError as error:
                    wrong += 1
                    if wrong <= MOST_ERRORS:
                        found.append(_bad_line(file, number, raw, error))
    except OSError as error:
        found.append(
            Diagnostic("NS105", f"cannot read `{file.name}`: {(error.strerror or str(error)).lower()}", file.span)
        )
    if wrong > MOST_ERRORS:
        found.append(Diagnostic("NS106", f"{wrong - MOST_ERRORS} more bad lines in `{file.name}`", file.span))


def _lines(readline: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield lines; of one that is too long the beginning, the rest is skipped."""
    while raw := readline(4 * LONGEST):
        line = raw
        while not raw.endswith(b"\n") and len(raw) == 4 * LONGEST:
            raw = readline(4 * LONGEST)
        yield line


def _bad_line(file: CompiledFile, number: int, raw: bytes, error: ValueError) -> Diagnostic:
    shown = raw.decode("utf-8", "replace").rstrip("\r\n")
    entry = shown.strip()
    start = shown.find(entry)
    why = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
    span = Span(Source(file.name, shown, number), start, start + max(1, len(entry)))
    return Diagnostic(
        "NS106",
        f"bad entry in a file of {file.kind.value}: {why}",
        span,
        help="one entry a line; `#` begins a comment line",
    )


def _sorted(items: Iterable[str]) -> Iterator[str]:
    """Sort any number of items in bounded memory: runs in temporary files, merged."""
    source = iter(items)
    runs: list[Iterator[str]] = []
    while run := sorted(islice(source, RUN)):
        if len(run) < RUN:
            runs.append(iter(run))
            break
        runs.append(_parked(run))
    return heapq.merge(*runs)


def _parked(run: list[str]) -> Iterator[str]:
    parked = TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115  # closed when it has been read
    parked.writelines(entry + "\n" for entry in run)

    def read() -> Iterator[str]:
        with parked:
            parked.seek(0)
            for line in parked:
                yield line.rstrip("\n")

    return read()


def _unique(items: Iterable[str]) -> Iterator[str]:
    last = None
    for item in items:
        if item != last:
            yield item
        last = item
