"""The capability matrix as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from itertools import groupby

from nullsender.capability import Loss
from nullsender.matrix import Cell, Matrix, Row
from nullsender.report.display import width

_NOT = "not "


def text(matrix: Matrix, long: bool) -> str:
    """Return an aligned table for each heading; in the long form each cell with its sentence."""
    lines = [] if long else list(_legend())
    for heading, rows in _sections(matrix):
        if long:
            lines += ["", heading, *(line for row in rows for line in _entry(matrix, row, "  "))]
        else:
            table = [(heading, *matrix.columns), *((row.feature, *map(_short, row.cells)) for row in _joined(rows))]
            lines += ["", *_aligned(table)]
    return "\n".join(lines).lstrip("\n") + "\n"


def markdown(matrix: Matrix, long: bool) -> str:
    """Return one table with a row in bold for each heading; in the long form lists of sentences after it."""
    lines = [*_legend(), "", f"| | {' | '.join(matrix.columns)} |", "|---" * (len(matrix.columns) + 1) + "|"]
    for heading, rows in _sections(matrix):
        lines.append(f"| **{heading}** |" + " |" * len(matrix.columns))
        lines += (f"| {row.feature} | {' | '.join(map(_short, row.cells))} |" for row in _joined(rows))
    if long:
        for heading, rows in _sections(matrix):
            lines += ["", f"### {heading}", ""]
            lines += (line for row in rows for line in _entry(matrix, row, "- "))
    return "\n".join(lines) + "\n"


def plain_json(matrix: Matrix, long: bool) -> str:  # noqa: ARG001  # JSON is always long
    """Return everything that the tables say."""
    rows = [
        {
            "feature": row.feature,
            "heading": row.heading,
            "cells": {name: _object(cell) for name, cell in zip(matrix.columns, row.cells, strict=True)},
        }
        for row in matrix.rows
    ]
    return json.dumps({"columns": matrix.columns, "features": rows}, indent=2) + "\n"


FORMATS: dict[str, Callable[[Matrix, bool], str]] = {"text": text, "markdown": markdown, "json": plain_json}


def _legend() -> Iterator[str]:
    yield "`yes`: as the policy means it. `≈` and what is lost by it: only where the rule says `allow approximate`."
    yield "`no`: cannot, and using it is an error. In brackets: in that mode only, or with that helper. A filter"
    yield "decides when the message has arrived, which is a loss for a rule that belongs to an earlier moment."


def _sections(matrix: Matrix) -> Iterator[tuple[str, list[Row]]]:
    return ((heading, list(rows)) for heading, rows in groupby(matrix.rows, key=lambda row: row.heading))


def _joined(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows, a feature and its negation as one where no cell differs."""
    by_name = {row.feature: row for row in rows}
    for row in rows:
        plain, negated = by_name.get(row.feature.removeprefix(_NOT)), by_name.get(_NOT + row.feature)
        if row.feature.startswith(_NOT) and plain and _looks(plain) == _looks(row):
            continue
        if negated and _looks(negated) == _looks(row):
            yield Row(f"{row.feature} (and `not`)", row.heading, row.cells)
        else:
            yield row


def _looks(row: Row) -> list[str]:
    return list(map(_short, row.cells))


def _short(cell: Cell) -> str:
    if cell.verdict == "approximate":
        several = f"{', '.join(_words(cell.several - cell.losses))} with several recipients" if cell.several else ""
        word = "≈ " + ", ".join(filter(None, (*_words(cell.losses), several)))
    else:
        word = "no" if cell.by is None else "yes"
    only = ", ".join(filter(None, (cell.mode, cell.further and f"with {cell.further}")))
    return f"{word} ({only})" if only else word


def _words(losses: Collection[Loss]) -> list[str]:
    return [loss.name.lower() for loss in Loss if loss in losses]


def _entry(matrix: Matrix, row: Row, lead: str) -> Iterator[str]:
    yield f"{lead}{row.feature}"
    for name, cell in zip(matrix.columns, row.cells, strict=True):
        at = f" at {', '.join(cell.stages)}" if 0 < len(cell.stages) < 3 else ""
        yield f"{' ' * len(lead)}{lead}{name}: {_short(cell)}{at}: {cell.sentence}"


def _aligned(table: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _object(cell: Cell) -> dict[str, object]:
    return {
        "verdict": cell.verdict,
        "by": cell.by,
        "losses": _words(cell.losses),
        "losses with several recipients": _words(cell.several),
        "mode": cell.mode,
        "with": cell.further,
        "stages": list(cell.stages),
        "sentence": cell.sentence,
    }
