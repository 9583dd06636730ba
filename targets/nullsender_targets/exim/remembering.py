"""What Exim remembers from one message to the next: whom limits count, and whose first try greylisting has seen."""

from __future__ import annotations

from dataclasses import dataclass

from nullsender.policy import Limit
from nullsender_targets.exim.comparing import Variable

MEMORY = "/var/spool/exim4/nullsender-memory"  # a database of SQLite that Exim makes itself


@dataclass(frozen=True, slots=True)
class Reached:
    """`yes` where somebody for whom a limit counts the message has had as many as he may, else `no`."""

    rule: str
    limit: Limit
    sender: Variable
    reports: bool  # and refuses nothing


@dataclass(frozen=True, slots=True)
class FirstTry:
    """`yes` until so long after the first try of this client, sender and recipient, else `no`."""

    seconds: int
    sender: Variable
    recipient: Variable


@dataclass(frozen=True, slots=True)
class Counted:
    """`yes` as soon as the message is written down for each limit whose variable holds anything; else `over`."""

    limits: tuple[tuple[Variable, Reached], ...]
