"""Real mail that nobody of this project wrote: a folder outside of it, which NULLSENDER_CORPORA names.

`index.tsv` there has a row for each message below `messages`, made by others by other means.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
