"""Statements, but for those about examples."""

from __future__ import annotations

from nullsender.syntax.conditions import ZoneRef
from nullsender.syntax.node import Duration, File, Item, Member, Node, Number, Size, Text, Word, node
from nullsender.syntax.rules import Action, Modifier, Narrowing, On, Subject


@node
class PolicyName(Node):
    name: Text


@node
class Include(Node):
    path: Text


@node
class SetDefinition(Node):
    """`domains NAME = items except items`; `kind` is domains, hosts, networks or addresses."""

    kind: Word
    name: Word
    items: tuple[Item, ...]
    excluded: tuple[Item, ...] = ()


@node
class LookupSetting(Node):
    """A setting of a directory; a file stands for a password or a query kept at the server."""

    name: Word
    value: Text | Number | Duration | File


@node
class Lookup(Node):
    """`sqlite|postgres|mysql|ldap { … }`."""

    system: Word
    settings: tuple[LookupSetting, ...]


@node
class CalloutTo(Node):
    """`callout to HOST`, as written."""

    endpoint: Word


@node
class TheServer(Node):
    """`the server`."""


Origin = File | Lookup | CalloutTo | TheServer


@node
class Recipients(Node):
    """`recipients of members from sources`; no sources: `are anyone`."""

    members: tuple[Member, ...]
    sources: tuple[Origin, ...] = ()


@node
class Deliver(Node):
    """`deliver members to lmtp|smtp endpoint`."""

    members: tuple[Member, ...]
    protocol: Word
    endpoint: Word
    on: On | None = None


@node
class Subaddresses(Node):
    """`subaddresses begin with +`; several characters may stand there."""

    delimiters: Word


@node
class TrustClients(Node):
    members: tuple[Member, ...]
    on: On | None = None


@node
class UpstreamClients(Node):
    members: tuple[Member, ...]


@node
class Keep(Node):
    """`keep abuse, hostmaster@example.org reachable`."""

    roles: tuple[Word, ...]


@node
class SplitMail(Node):
    members: tuple[Member, ...]


@node
class QuarantineInto(Node):
    """`quarantine into junk|hold|ADDRESS`."""

    into: Word


@node
class RuleStatement(Node):
    """ACTION SUBJECT, then narrowings and modifiers, which come in any order."""

    action: Action
    subject: Subject
    narrowings: tuple[Narrowing, ...] = ()
    modifiers: tuple[Modifier, ...] = ()


@node
class UseDnsbl(Node):
    """`use dnsbl zone in safe|reject|tag mode`; `points` where the mode is scoring."""

    zone: ZoneRef
    mode: Word
    points: Number | None = None
    modifiers: tuple[Modifier, ...] = ()


@node
class LimitStatement(Node):
    """`limit subject to N per period per counter`; `counter` is recipient, client, sender, domain or login."""

    subject: Subject
    narrowings: tuple[Narrowing, ...]
    count: Number
    period: Duration
    counter: Word
    modifiers: tuple[Modifier, ...] = ()


@node
class SendNdrsTo(Node):
    """`to` is trusted, passing, anyone or nobody; `copy` is False after `without a copy`."""

    to: Word
    copy: bool = True
    on: On | None = None


@node
class SendNdrsThrough(Node):
    address: Word
    helo: Word | None = None
    on: On | None = None


@node
class ReturnWhat(Node):
    """`what` is headers, everything or nothing."""

    what: Word
    size: Size | None = None
    on: On | None = None


@node
class GiveUpAfter(Node):
    """`what` is mail or bounces."""

    what: Word
    time: Duration
    on: On | None = None


@node
class WarnAboutDelay(Node):
    time: Duration
    on: On | None = None


@node
class CopyDoubleBounces(Node):
    address: Word
    on: On | None = None


@node
class WordNdrs(Node):
    file: File
    on: On | None = None


@node
class AnswerAutomatically(Node):
    """`to` is nobody or ordinary."""

    to: Word


@node
class SignMail(Node):
    members: tuple[Member, ...]
    keys: Text
    time: Duration | None = None
    on: On | None = None


@node
class RewriteForwarded(Node):
    keys: Text
    domain: Word
    on: On | None = None


@node
class ComponentRef(Node):
    """A program and its version, where one is written."""

    name: Word
    version: Word | None = None


@node
class Deploy(Node):
    name: Word
    server: ComponentRef
    helpers: tuple[ComponentRef, ...] = ()
    placement: Word | None = None
    behind: tuple[Word, ...] = ()
