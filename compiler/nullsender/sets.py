"""The algebra of sets: unions, and exact subtraction as far as members can be counted up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
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
    """Return the value without what is taken: members go, and what meets no pattern or file is no exception."""
    pieces = (_less(value.kind, replace(piece, but=piece.but | taken)) for piece in value.pieces)
    return SetValue(value.kind, tuple(piece for piece in pieces if piece.of))


def covers(kind: Kind, pattern: str, member: str) -> bool:
    """Tell whether every name that `member` stands for is one that `pattern` stands for."""
    if kind is Kind.ADDRESSES:
        local, _, host = pattern.rpartition("@")
        of_local, _, of_host = member.rpartition("@")
        return _glob(local, of_local) and (host in ("*", of_host) or covers(Kind.DOMAINS, host, of_host))
    return pattern == member or (pattern.startswith("*.") and member.removeprefix("*.").endswith(pattern[1:]))


def overlap(kind: Kind, one: str, other: str) -> bool:
    """Tell whether some name is among those that both stand for."""
    if kind is Kind.NETWORKS:
        left, right = ip_network(one), ip_network(other)
        return left.version == right.version and left.overlaps(right)
    if kind is Kind.ADDRESSES:
        local, _, host = one.rpartition("@")
        other_local, _, other_host = other.rpartition("@")
        hosts = "*" in (host, other_host) or overlap(Kind.DOMAINS, host, other_host)
        return hosts and _globs_meet(local, other_local)
    return covers(kind, one, other) or covers(kind, other, one)


def _less(kind: Kind, piece: Piece) -> Piece:
    if not piece.but:
        return piece
    if kind is Kind.NETWORKS:
        return piece if piece.of.live or piece.but.live else Piece(_networks(piece))
    patterns = [taken for taken in piece.but.members if "*" in taken]
    left = piece.of.members - piece.but.members
    of = replace(piece.of, members=frozenset(m for m in left if not any(covers(kind, b, m) for b in patterns)))
    if of.files or of.live or piece.but.files or piece.but.live:
        return Piece(of, piece.but)
    open_ended = [member for member in of.members if "*" in member]
    return Piece(of, Contents(frozenset(b for b in piece.but.members if any(overlap(kind, b, m) for m in open_ended))))


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
    """Tell whether `pattern` matches all that `text` does: a `*` in the text is met by a `*` alone."""
    return pattern == text or ("*" in pattern and _expression(pattern).fullmatch(text) is not None)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))))


def _globs_meet(one: str, other: str) -> bool:
    """Tell whether some text matches both patterns."""
    ahead = [True] + [False] * len(other)
    for j, sign in enumerate(other):
        ahead[j + 1] = ahead[j] and sign == "*"
    for sign in one:
        row = [ahead[0] and sign == "*"]
        for j, its in enumerate(other):
            if "*" in (sign, its):
                row.append(row[j] or ahead[j + 1] or ahead[j])
            else:
                row.append(ahead[j] and sign == its)
        ahead = row
    return ahead[-1]
