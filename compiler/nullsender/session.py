"""An SMTP session with one message, and what lookups say of it: all that a policy can be asked about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

STRANGER = "203.0.113.9"  # a client that nobody knows
GREETING = "client.example"


class Stage(IntEnum):
    """A moment of an SMTP session at which decisions fall."""

    RCPT = 1
    DATA = 2
    CONTENT = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Outcome(Enum):
    """What becomes of a recipient, or of the message."""

    ACCEPT = "accept"
    REJECT = "reject"
    DEFER = "defer"
    QUARANTINE = "quarantine"
    DISCARD = "discard"

    @property
    def refuses(self) -> bool:
        return self in (Outcome.REJECT, Outcome.DEFER)


Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What rules can ask about a message; header fields are unfolded, with their names as written.

    `report` is the report-type of a multipart/report (RFC 6522), in lower case. `returned` are the header fields of the
    message that came back with a bounce, None where none did. `delayed` says that the report only warns (its first
    Action is `delayed`, RFC 3464 §2.3.3). `octets` is the message itself where there is a file of it.
    """

    fields: Fields = ()
    report: str | None = None
    returned: Fields | None = None
    delayed: bool = False
    octets: bytes | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One client that sends one message. What is not said is harmless: an untrusted client that no list holds.

    `sender` is the reverse-path: empty for the null sender, else an address or the bare `postmaster`. Recipients stand
    in order, as written. Addresses in the sets below are in canonical form.
    """

    recipients: tuple[str, ...]
    sender: str = ""
    client: str = STRANGER
    named: bool = True  # the client's address has a name that leads back to it
    helo: str = GREETING
    login: str | None = None
    message: Message = Message()
    listed: frozenset[tuple[str, str]] = frozenset()  # zone and answer
    silent: frozenset[str] = frozenset()  # zones that do not answer
    known: frozenset[str] = frozenset()  # what the sources of recipients know; before lists are read: live ones
    unanswered: frozenset[str] = frozenset()  # whose lookup fails
    absent: frozenset[str] = frozenset()  # refused where the mail ends, whatever the sources say
    full: frozenset[str] = frozenset()
    spf: str = "none"
    dmarc: str = "none"
    batv: str | None = None  # None: as the recipients look, with a tag or without
    srs: str = "missing"
    score: float = 0.0  # the filter's own
    first_contact: bool = False
    before: int = 0  # so many like it went before, at once
