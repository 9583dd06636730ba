"""Real mail that nobody of this project wrote: a folder outside of it, which NULLSENDER_CORPORA names.

`index.tsv` there has a row for each message below `messages`, made by others by other means.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nullsender import canonical
from nullsender.message import envelope, read_message
from nullsender.session import Message

VARIABLE = "NULLSENDER_CORPORA"


def missing() -> str | None:
    """Return what keeps tests from reading the corpora, None when they are there."""
    if not (named := os.environ.get(VARIABLE)):
        return f"{VARIABLE} is not set"
    return None if (Path(named) / "index.tsv").is_file() else f"{VARIABLE} names {named}, where there is no index.tsv"


@dataclass(frozen=True, slots=True)
class Row:
    """A message with what the index says of it in `said`, and what is read of it."""

    name: str
    said: dict[str, str]
    message: Message
    sender: str
    recipients: tuple[str, ...]


@cache
def rows() -> tuple[Row, ...]:
    """Read every message of the corpora."""
    folder = Path(os.environ[VARIABLE])
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as index:
        said = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(_row(line, (folder / line["file"]).read_bytes()) for line in said)


def _row(said: dict[str, str], octets: bytes) -> Row:
    return Row(Path(said["file"]).stem, said, read_message(octets), *envelope(octets))


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a reverse-path that another program made, with the clock at that day."""

    day: str
    address: str
    number: int
    secret: str
    lifetime: int
    expected: str


@cache
def tags() -> tuple[Tag, ...]:
    """Return the tags of addresses that servers sign: others hash an address as it came, in whatever case."""
    made = (_tag(one) for one in _vectors("batv_sign.json")["sign"])
    return tuple(tag for tag in made if tag.address == tag.address.lower() and canonical.taggable(tag.address))


def _tag(one: dict[str, str]) -> Tag:
    address, expected = one["address"], one["expect"]
    if not expected.startswith("prvs="):  # some write it as a subaddress: local+prvs=tag@domain
        expected = f"prvs={expected.rpartition('+prvs=')[2].partition('@')[0]}={address}"
    lifetime = int(one.get("lifetime", 7))
    return Tag(one["time"].split()[0], address, int(one["keynum"]), one["secret"], lifetime, expected)


def shapes() -> tuple[str, ...]:
    """Return senders that were seen, with tags of makers whose keys nobody has."""
    return tuple(one["addr"] for one in _vectors("wild_shapes.json")["cases"])


def _vectors(name: str) -> dict[str, list[dict[str, str]]]:
    text = (Path(os.environ[VARIABLE]) / "vectors" / name).read_text()
    found: dict[str, list[dict[str, str]]] = json.loads(text)
    return found
