"""The pages of diagnostic codes: what is wrong, why it matters, an example, and what to write instead."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib.resources import files

_FOLDER = files("nullsender_grammar") / "pages"


def codes() -> tuple[str, ...]:
    """Return every code that has a page, sorted."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".md").upper() for name in names if re.fullmatch(r"ns\d{3}\.md", name)))


def find(text: str) -> str | None:
    """Return the code that somebody means by `NS201`, `ns201` or `201`."""
    number = text.strip().lower().removeprefix("ns")
    code = f"NS{number}"
    return code if code in codes() else None


def near(text: str) -> tuple[str, ...]:
    """Return the codes that look like what was written, the likeliest first."""
    wanted = "NS" + text.strip().lower().removeprefix("ns")
    return tuple(get_close_matches(wanted, codes(), n=3, cutoff=0.7))


def page(code: str) -> str:
    """Return the page of a code that `find` or `codes` gave."""
    return (_FOLDER / f"{code.lower()}.md").read_text(encoding="utf-8")


def title(code: str) -> str | None:
    """Return what the first line of the page says, or None where there is no page."""
    if code not in codes():
        return None
    first, _, _ = page(code).partition("\n")
    return first.removeprefix(f"# {code}: ")
