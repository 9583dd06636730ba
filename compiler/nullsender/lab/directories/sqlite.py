"""Databases of SQLite: files that servers read by themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from nullsender.lab.directories.server import Held
from nullsender.lab.directories.tables import tables


def write(path: Path, held: Held) -> None:
    """Write a database anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as made, made:
        for table in tables(held):
            for statement in table.statements():
                made.execute(statement)
