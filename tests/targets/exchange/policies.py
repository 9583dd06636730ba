"""Policies compiled for the scripts' tests, and their files written where a script can be run."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from nullsender.emit import Output
from nullsender.frontend import Built, build

CASES = Path(__file__).parent / "cases"
DAY = date(2026, 1, 1)
EXCHANGE = ("exchange-online", "exchange-server")


@cache
def compiled(case: str) -> Built:
    built = build(CASES / case / "policy.ndr", DAY, standalone=False)
    if not built.good:
        raise ValueError([(d.message, d.note) for d in built.diagnostics])
    return built


def ours(built: Built) -> Output:
    """Return what Exchange gets of a policy."""
    return next(output for output in built.outputs if output.part.component in EXCHANGE)


def files(built: Built) -> dict[str, str]:
    return {str(a.path): b"".join(a.chunks()).decode() for a in ours(built).emitted.artifacts}


def place(built: Built, folder: Path) -> Path:
    """Write the files below a folder and return where the scripts are."""
    for name, text in files(built).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "nullsender"


def written(text: str, folder: Path) -> Built:
    """Compile a policy from a text."""
    (folder / "people.txt").write_text("alice@example.org\nbob@example.org\n")
    (folder / "policy.ndr").write_text(text)
    return build(folder / "policy.ndr", DAY, standalone=False)
