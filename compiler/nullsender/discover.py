"""Find targets, ours and those of the entry point group `nullsender.targets`; import one when it is asked for.

A folder is a target, or a family of them: one that holds packages itself gives a target for each, FOLDER-PACKAGE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pkgutil import iter_modules

from nullsender.target import AnyTarget, Target

GROUP = "nullsender.targets"
HOME = "nullsender_targets"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all targets, sorted."""
    return tuple(sorted({*_own(), *_outside()}))


@cache
def load(name: str) -> AnyTarget:
    """Import a target. Raises KeyError for an unknown name and TypeError where the package holds no `Target`."""
    outside = _outside()
    if name not in names():
        raise KeyError(name)
    found: object = outside[name].load() if name in outside else import_module(_own()[name]).target
    if not isinstance(found, Target):
        raise TypeError(f"`{name}` gives no Target")
    return found


def _own() -> Mapping[str, str]:
    """Map the name of each target of ours to its package."""
    return dict(_targets(import_module(HOME).__path__))


def _targets(path: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in _packages(path):
        spec = find_spec(f"{HOME}.{name}")
        members = tuple(_packages(spec.submodule_search_locations or ())) if spec else ()
        yield from ((f"{name}-{member}", f"{HOME}.{name}.{member}") for member in members)
        if not members:
            yield name, f"{HOME}.{name}"


def _packages(path: Iterable[str]) -> Iterator[str]:
    return (module.name for module in iter_modules(path) if module.ispkg and not module.name.startswith("_"))


@cache
def _outside() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}
