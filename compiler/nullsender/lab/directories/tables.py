"""Tables that hold whom a database is to know, as statements that every dialect of SQL reads alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nullsender.lab.directories.server import Held


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a database. `columns` have their types, and a row says nothing of some of them."""

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]

    def statements(self, prefix: str = "") -> Iterator[str]:
        """Yield what makes it anew; names are words and stand as in queries."""
        name = f"{prefix}{self.name}"
        yield f"DROP TABLE IF EXISTS {name}"
        yield f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in self.columns)})"
        for row in self.rows:
            columns, values = ", ".join(column for column, _ in row), ", ".join(text(value) for _, value in row)
            yield f"INSERT INTO {name} ({columns}) VALUES ({values})"  # noqa: S608  # escaped


def text(value: str) -> str:
    """Return a string of standard SQL, in which nothing but the quote is escaped."""
    return "'" + value.replace("'", "''") + "'"


def tables(held: Held) -> Iterator[Table]:
    """Yield the tables that hold all of them: several may be asked the same one, each by columns of its own."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    rows: dict[tuple[str, str], list[tuple[tuple[str, str], ...]]] = {}
    for asked, addresses in held.items():
        key = (asked.directory.text("database"), asked.table)
        columns = found.setdefault(key, {})
        for name, _ in asked.equal:
            columns.setdefault(name, "integer" if name in asked.numbers else "varchar(255)")
        for name in asked.others:
            columns.setdefault(name, "varchar(255)")
        shown = tuple((name, "shown") for name in asked.others)
        rows.setdefault(key, []).extend((*asked.row(address), *shown) for address in addresses)
    for (database, name), columns in found.items():
        yield Table(database, name, tuple(columns.items()), tuple(dict.fromkeys(rows[database, name])))
