"""The algebra of sets: unions, and exact subtraction as far as members can be counted up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from nullsender.entryfile import entries
from nullsender.names import CompiledFile, Kind, LiveFile


@dataclass(frozen=True, slots=True)
class Contents:
    """Members in canonical form, and files of more."""

    members: frozenset[str] = frozenset()
    files: tuple[CompiledFile, ...] = ()
    live: tuple[LiveFile, ...] = ()

    def __or__(self, other: Contents) -> Contents:
        return Contents(
            self.members | other.members,
            tuple(dict.fromkeys(self.files + other.files)),
            tuple(dict.fromkeys(self.live + other.live)),
        )

    def __bool__(self) -> bool:
        return bool(self.members or self.files or self.live)


@dataclass(frozen=True, slots=True)
class Piece:
    """What is in `of` and not in `but`."""

    of: Contents
    but: Contents = Contents()


@dataclass(frozen=True, slots=True)
class SetValue:
    """A union of pieces of one kind."""

    kind: Kind
    pieces: tuple[Piece, ...] = ()

    @property
    def plain(self) -> Contents | None:
        """The contents, where nothing is left to take away."""
        if any(piece.but for piece in self.pieces):
            return None
        return union(piece.of for piece in self.pieces)


def union(contents: Iterable[Contents]) -> Contents:
    total = Contents()
    for one in contents:
        total = total | one
    return total


def join(kind: Kind, values: Iterable[SetValue]) -> SetValue:
    """Return the union; the pieces that lack nothing become one."""
    pieces = [piece for value in values for piece in value.pieces]
    whole = union(piece.of for piece in pieces if not piece.but)
    rest = tuple(piece for piece in pieces if piece.but)
    return SetValue(kind, ((Piece(whole),) if whole else ()) + rest)


def subtract(value: SetValue, taken: Contents) -> SetValue:
    """Return the value without what is taken, in as few exceptions as can be."""
    pieces = (_less(value.kind, replace(piece, but=piece.but | taken)) for piece in value.pieces)
    return SetValue(value.kind, tuple(piece for piece in pieces if piece.of))


def covers(kind: Kind, pattern: str, member: str) -> bool:
    """Tell whether every name that `member` stands for is one that `pattern` stands for."""
    if kind is Kind.ADDRESSES:
        local, _, host = pattern.rpartition("@")
        of_local, _, of_host = member.rpartition("@")
        return _glob(local, of_local) and (host in ("*", of_host) or covers(Kind.DOMAINS, host, of_host))
    return pattern == member or (pattern.startswith("*.") and member.removeprefix("*.").endswith(pattern[1:]))


def _less(kind: Kind, piece: Piece) -> Piece:
    if not piece.but:
        return piece
    if kind is Kind.NETWORKS:
        return piece if piece.of.live or piece.but.live else Piece(_networks(piece))
    of = replace(
        piece.of,
        members=frozenset(m for m in piece.of.members if not any(covers(kind, b, m) for b in piece.but.members)),
    )
    open_ended = of.files or of.live or any("*" in member for member in of.members)
    return Piece(of, piece.but if open_ended or piece.but.files or piece.but.live else Contents())


def _networks(piece: Piece) -> Contents:
    left = _all_networks(piece.of)
    for taken in _all_networks(piece.but):
        left = [rest for network in left for rest in _without(network, taken)]
    collapsed = [
        *collapse_addresses(n for n in left if isinstance(n, IPv4Network)),
        *collapse_addresses(n for n in left if isinstance(n, IPv6Network)),
    ]
    return Contents(frozenset(map(str, collapsed)))


def _all_networks(contents: Contents) -> list[IPv4Network | IPv6Network]:
    texts = set(contents.members).union(*(entries(file) for file in contents.files))
    return [ip_network(text) for text in texts]


def _without(
    network: IPv4Network | IPv6Network, taken: IPv4Network | IPv6Network
) -> Iterable[IPv4Network | IPv6Network]:
    if isinstance(network, IPv4Network) and isinstance(taken, IPv4Network):
        if network.subnet_of(taken):
            return ()
        return network.address_exclude(taken) if taken.subnet_of(network) else (network,)
    if isinstance(network, IPv6Network) and isinstance(taken, IPv6Network):
        if network.subnet_of(taken):
            return ()
        return network.address_exclude(taken) if taken.subnet_of(network) else (network,)
    return (network,)


def _glob(pattern: str, text: str) -> bool:
    if pattern == text:
        return True
    return "*" in pattern and fnmatchcase(text.replace("*", "x"), pattern.replace("[", "[[]").replace("?", "[?]"))
