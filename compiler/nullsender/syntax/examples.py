"""Tests and properties that a policy has to fulfil."""

from __future__ import annotations

from nullsender.syntax.conditions import Cond
from nullsender.syntax.node import File, Node, Number, Text, Word, node


@node
class Listing(Node):
    """`Z as CODE`: the client is listed there."""

    zone: Word
    code: Word | None = None


@node
class ClientFact(Node):
    address: Word
    listings: tuple[Listing, ...] = ()


@node
class NamelessFact(Node):
    """`client has no name`."""


@node
class SilentZoneFact(Node):
    """`Z does not answer`."""

    zone: Word


@node
class HeloFact(Node):
    """What the client says it is, whatever that is."""

    name: Text


@node
class LoginFact(Node):
    name: Text


@node
class OnFact(Node):
    deployment: Word


@node
class FromFact(Node):
    """The sender: `<>`, an address, or the bare `postmaster`."""

    sender: Word


@node
class ToFact(Node):
    recipients: tuple[Word, ...]


@node
class KnownFact(Node):
    mailboxes: tuple[Word, ...]


@node
class UnknownFact(Node):
    mailboxes: tuple[Word, ...]


@node
class LookupFailsFact(Node):
    """For these mailboxes; for all where none is named."""

    mailboxes: tuple[Word, ...] = ()


@node
class FullFact(Node):
    mailboxes: tuple[Word, ...]


@node
class ResultFact(Node):
    """`spf|dmarc|batv|srs is X`."""

    what: Word
    result: Word


@node
class ScoreFact(Node):
    points: Number


@node
class ReportFact(Node):
    kind: Word


@node
class HeaderFact(Node):
    """`header "H" is "v"`; `returned` for a header of the returned message."""

    name: Text
    value: Text
    returned: bool = False


@node
class MessageFact(Node):
    file: File


@node
class DateFact(Node):
    date: Word


@node
class CountedFact(Node):
    """`after N like it`."""

    count: Number


@node
class FirstContactFact(Node):
    """`first contact`."""


Fact = (
    ClientFact
    | NamelessFact
    | SilentZoneFact
    | HeloFact
    | LoginFact
    | OnFact
    | FromFact
    | ToFact
    | KnownFact
    | UnknownFact
    | LookupFailsFact
    | FullFact
    | ResultFact
    | ScoreFact
    | ReportFact
    | HeaderFact
    | MessageFact
    | DateFact
    | CountedFact
    | FirstContactFact
)


@node
class ExpectVerdict(Node):
    """`expect VERDICT [CODE ENHANCED]` and what may follow, in any order."""

    verdict: Word
    code: Word | None = None
    enhanced: Word | None = None
    stage: Word | None = None
    mailboxes: tuple[Word, ...] = ()
    by: Word | None = None
    reporting: tuple[Word, ...] = ()
    tagged: tuple[Text, ...] = ()
    scored: Number | None = None


@node
class ExpectNdr(Node):
    """`expect ndr to A`."""

    address: Word


@node
class ExpectNoNdr(Node):
    """`expect no ndr`."""


@node
class ExpectSender(Node):
    """`expect sender A`: the reverse-path with which the message goes on."""

    sender: Word


Expectation = ExpectVerdict | ExpectNdr | ExpectNoNdr | ExpectSender


@node
class Test(Node):
    __test__ = False  # not a test of ours

    name: Text
    facts: tuple[Fact, ...]
    expectations: tuple[Expectation, ...]


@node
class Property(Node):
    """`always|never VERDICT when COND`."""

    word: Word
    verdict: Word
    condition: Cond
