"""Find targets, ours and those of the entry point group `nullsender.targets`; import one when it is asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules

from nullsender.target import AnyTarget, Target

GROUP = "nullsender.targets"
HOME = "nullsender_targets"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all targets, sorted."""
    own = {m.name for m in iter_modules(import_module(HOME).__path__) if m.ispkg and not m.name.startswith("_")}
    return tuple(sorted(own | set(_outside())))


@cache
def load(name: str) -> AnyTarget:
    """Import a target. Raises KeyError for an unknown name and TypeError where the package holds no `Target`."""
    outside = _outside()
    if name not in names():
        raise KeyError(name)
    found: object = outside[name].load() if name in outside else import_module(f"{HOME}.{name}").target
    if not isinstance(found, Target):
        raise TypeError(f"`{name}` gives no Target")
    return found


@cache
def _outside() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}
