"""A postsrsd of its own for one deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """Where it listens, for which domain it makes addresses, and its file of keys."""

    host: str
    forward: int
    reverse: int
    domain: str
    keys: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Its service, None where nothing is rewritten."""

    service: Service | None
    placed: tuple[str, ...] = ()
