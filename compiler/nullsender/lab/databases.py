"""Databases of SQLite that servers ask who exists: which table a query wants, and how the lab writes it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nullsender.policy import Directory, Policy, RecipientSource

_QUERY = re.compile(
    r"\s*select\s+(?:\d+|'[^']+'|\*|(?P<same>\w+))\s+from\s+(?P<table>\w+)\s+where\s+(?P<column>\w+)\s*=\s*'%s'\s*;?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Database:
    """The one table that the lab makes in a database."""

    path: str
    table: str
    column: str


def database(source: RecipientSource) -> Database | None:
    """Return the database of a source whose query the lab understands: one column of one table is the address."""
    if not isinstance(source, Directory) or source.system != "sqlite":
        return None
    found = _QUERY.fullmatch(source.text("query"))
    if found is None or found["same"] not in (None, found["column"]):
        return None
    return Database(source.text("database"), found["table"], found["column"])


def databases(policy: Policy) -> Iterator[Database]:
    """Yield the databases that servers ask for a policy."""
    sources = (source for served in policy.served for source in served.sources)
    yield from dict.fromkeys(found for source in sources if (found := database(source)))


def write_database(of: Database, addresses: Iterable[str] | None) -> None:
    """Write a database anew, or take it away. Local parts stand in it without quotes, as servers ask for them."""
    path = Path(of.path)
    path.unlink(missing_ok=True)
    if addresses is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(f'CREATE TABLE "{of.table}" ("{of.column}" text)')
        rows = [(plain(address),) for address in addresses]
        made.executemany(f'INSERT INTO "{of.table}" VALUES (?)', rows)  # noqa: S608  # words of letters and digits


def plain(address: str) -> str:
    """Return an address with its local part as it is meant: without quotes."""
    local, at, host = address.rpartition("@")
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return f"{local}{at}{host}"
