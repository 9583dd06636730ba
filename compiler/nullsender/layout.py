"""Print a template so that only quoted text gets through and every line knows the rule it was made for.

Templates hold layout and loops. What they print is a number or a `Quoted`, which the target's quoting module alone
makes; anything else is an error, so that no text of a user slips past the quoting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from jinja2 import DictLoader, Environment, FileSystemBytecodeCache, StrictUndefined

from nullsender.kept import kept_folder
from nullsender.target import Artifact, Origin

_OPEN, _CLOSE = "\x02", "\x03"  # cannot stand in a policy: control characters are refused when reading


class Quoted(str):
    """Text that is safe to print in one dialect, because that dialect's quoting module made it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The text of a generated file and the origin of its lines."""

    text: str
    origins: tuple[Origin, ...]


def render(package: str, template: str, **values: Any) -> Page:
    """Render `package`/templates/`template`. In it, `{{ id | origin }}` ties its line to a rule or statement."""
    return _collect(_environment(package).get_template(template).render(**values))


def artifact(path: str, page: Page, mode: int = 0o644) -> Artifact:
    """Make an artifact of a rendered page."""

    def chunks() -> Iterator[bytes]:
        yield page.text.encode()

    return Artifact(PurePosixPath(path), chunks, page.origins, mode)


@cache
def _environment(package: str) -> Environment:
    folder = files(package) / "templates"
    kept = kept_folder()
    sources = {entry.name: entry.read_text() for entry in folder.iterdir() if entry.name.endswith(".j2")}
    environment = Environment(  # noqa: S701  # configuration files, not HTML; `finalize` guards what is printed
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        finalize=_only_quoted,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=FileSystemBytecodeCache(str(kept), f"{package}-%s.template") if kept else None,
    )
    environment.filters["origin"] = lambda rule_id: Quoted(f"{_OPEN}{rule_id}{_CLOSE}")
    return environment


def _only_quoted(value: object) -> object:
    if isinstance(value, Quoted | int) or value is None:
        return "" if value is None else value
    raise TypeError(f"a template printed {type(value).__name__} {value!r}: only quoted text and numbers may be printed")


def _collect(marked: str) -> Page:
    lines, origins = [], []
    for number, line in enumerate(marked.split("\n"), 1):
        clean = line
        while _OPEN in clean:
            before, _, rest = clean.partition(_OPEN)
            rule_id, _, after = rest.partition(_CLOSE)
            origins.append(Origin(number, rule_id))
            clean = before + after
        lines.append(clean.rstrip(" ") if clean is not line else line)
    return Page("\n".join(lines), tuple(origins))
