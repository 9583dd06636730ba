"""A Redis of its own for one deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where it listens; nothing else of a policy concerns it."""

    host: str
    port: int
    placed: tuple[str, ...] = ()
