"""Lay out what is wanted as one script that is a value, beside scripts that act on it and never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import PurePosixPath

from nullsender.entryfile import expand
from nullsender.layout import Page, Quoted, artifact
from nullsender.layout import render as render_page
from nullsender.names import Entries, Kind
from nullsender.target import Artifact
from nullsender_targets.exchange import ir, quote
from nullsender_targets.exchange.cmdlets import NOUNS

PACKAGE = "nullsender_targets.exchange"
FOLDER = "nullsender"
LIST = "recipients.txt"
_BOM = "\ufeff"  # without it Windows PowerShell reads octets of UTF-8 as characters, some of which are quotes
_PIECE = 5_000  # lines of a list


@dataclass(frozen=True, slots=True)
class _Row:
    """An object as the template prints it."""

    words: Quoted
    origins: tuple[str, ...]
    lines: tuple[Quoted, ...]
    settings: tuple[Quoted, ...]


def render(scripts: ir.Scripts) -> tuple[Artifact, ...]:
    """Return every file of one deployment."""
    return (
        artifact(f"{FOLDER}/policy.ps1", _policy(scripts)),
        *(() if scripts.listing is None else (_list(scripts.listing),)),
        *(_verbatim(name, content) for name, content in _scripts()),
    )


def _policy(scripts: ir.Scripts) -> Page:
    service = scripts.service
    return render_page(
        PACKAGE,
        "policy.ps1.j2",
        bom=Quoted(_BOM),
        title=quote.text(service.title),
        probe=quote.text(service.probe),
        connect=quote.text(service.connect),
        ours=quote.text(ir.owned(scripts.deployment)),
        list=quote.text(LIST if scripts.listing else ""),
        made=quote.value(tuple(noun.name for noun in NOUNS.values() if noun.made and _has(noun.name, scripts))),
        notes=[(note.origin, quote.text(note.text)) for note in scripts.notes],
        wanted=list(map(_row, scripts.wanted)),
    )


def _has(noun: str, scripts: ir.Scripts) -> bool:
    return any(one.where >= {scripts.service} for one in NOUNS[noun].parameters)


def _row(wanted: ir.Wanted) -> _Row:
    noun = NOUNS[wanted.noun]
    fields = {
        "Noun": quote.text(wanted.noun),
        "Key": quote.text(noun.key),
        "Name": quote.text(wanted.name),
        "Identity": quote.value(noun.identity),
        "Make": quote.value(noun.made),
        "WaitsFor": quote.text(wanted.waits_for),
        "Unread": quote.value(wanted.unread),
        "Clear": quote.value(wanted.clear),
    }
    return _Row(
        quote.comment(wanted.words),
        wanted.origins,
        tuple(Quoted(f"{key} = {value}") for key, value in fields.items()),
        tuple(Quoted(f"{quote.word(one.name)} = {quote.value(one.value)}") for one in wanted.settings),
    )


def _list(listing: ir.Listing) -> Artifact:
    """Return the list that the directory is compared with; of its domains alone, as files may hold others."""
    entries = Entries("listed", Kind.ADDRESSES, files=listing.files)
    domains = {domain for one in listing.domains for domain in expand(one)}

    def lines() -> Iterator[str]:
        return (f"{entry}\n" for entry in expand(entries) if entry.rpartition("@")[2] in domains)

    def chunks() -> Iterator[bytes]:
        source = lines()
        while piece := "".join(islice(source, _PIECE)):
            yield piece.encode()

    return Artifact(PurePosixPath(FOLDER, LIST), chunks)


def _verbatim(name: str, content: bytes) -> Artifact:
    return Artifact(PurePosixPath(FOLDER, name), lambda: iter((content,)))


@cache
def _scripts() -> tuple[tuple[str, bytes], ...]:
    folder = files(PACKAGE) / "scripts"
    return tuple(sorted((one.name, one.read_bytes()) for one in folder.iterdir() if one.name.endswith(".ps1")))
