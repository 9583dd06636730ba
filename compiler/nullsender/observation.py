"""What can be seen of one session at a real server: replies, the mail that arrived, the reports that left, the logs."""

from __future__ import annotations

from dataclasses import dataclass

from nullsender.session import Fields

# The part of a report that returns the header of a message, or all of it (RFC 6522 §3, RFC 6533 §5).
RETURNED_HEADERS = frozenset({"text/rfc822-headers", "message/global-headers"})
RETURNED = RETURNED_HEADERS | {"message/rfc822", "message/global"}


@dataclass(frozen=True, slots=True)
class Said:
    """A reply (RFC 5321 §4.2): its code, its enhanced status code (RFC 3463) where it has one, and its words."""

    code: int
    enhanced: str | None = None
    text: str = ""

    @property
    def refuses(self) -> bool:
        return self.code >= 400

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A copy of the message as it came to an end. `final` is delivery on the machine, else it went into the internet.

    `recipients` are those of its envelope that were taken there; header fields are unfolded.
    """

    final: bool
    sender: str
    recipients: tuple[str, ...]
    fields: Fields = ()

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of every header field of that name."""
        return tuple(value.strip() for key, value in self.fields if key.lower() == name.lower())


@dataclass(frozen=True, slots=True)
class Ndr:
    """A report of the message that could not be delivered, and whether it left the system.

    `returned` are the types of the parts in which it holds something of the message, None where nobody looked.
    """

    recipient: str
    left: bool = True
    returned: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of a session, in the order of its recipients; who was never asked about has no reply.

    `data` is None where DATA was not said, `end` where no message was sent. `turned_away` are recipients whom the place
    where the mail ends refused. `held` says whether the message waits for a person, None where nobody looked.
    `ill_signed` are reverse-paths with a tag that no key of the policy makes. `spoken` is the dialogue, line by line.
    """

    recipients: tuple[tuple[str, Said], ...]
    data: Said | None = None
    end: Said | None = None
    arrived: tuple[Arrived, ...] = ()
    turned_away: tuple[str, ...] = ()
    held: bool | None = None
    ill_signed: tuple[str, ...] = ()
    ndrs: tuple[Ndr, ...] = ()
    log: str = ""
    spoken: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[str, ...]:
        """The recipients that were accepted at RCPT."""
        return tuple(recipient for recipient, said in self.recipients if not said.refuses)

    @property
    def of_message(self) -> Said | None:
        """The reply that settled it for the message: to the sender DATA and the end of the data are one moment."""
        return self.data if self.data is None or self.data.refuses else self.end
