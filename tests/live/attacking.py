"""What attackers send to the site of `sites/attacked.ndr`, and what comes in and goes out there all the same.

Each kind of message is a function that draws one; tables say how often. Strangers forge their senders: a message of
theirs that cannot be delivered must come back to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from nullsender.session import Fields, Message, Session
from tests.live.barrage import Shot, Volley

ZONE = "ips.backscatterer.org"
PEOPLE = ("alice@example.org", "bob@example.org", "carol@example.net", "o'neil@example.org")
SILENT = ("noreply@example.org", "newsletter@example.org")
STALE = ("stale-1@example.org", "stale-2@example.net", "stale-3@example.org")  # in the list, and gone
ROLES = ("postmaster@example.org", "postmaster@example.net", "abuse@example.org", "postmaster")
_LISTED = frozenset({(ZONE, "127.0.0.2")})
_SHOTS = 6  # at most so many in a session: servers slow down who is refused ten times


def gone(recipient: str) -> bool:
    """Tell whether the place where mail ends refuses what comes for a recipient."""
    return bool(refused(recipient) or spurned(recipient))


def spurned(recipient: str) -> str | None:
    """Refuse, where mail ends, a message that has come whole."""
    return "554 5.7.1 not this message" if recipient.lower().startswith("choosy-") else None


def refused(recipient: str) -> str | None:
    """Refuse, where mail ends, whoever is not there any more."""
    local = recipient.lower().partition("@")[0].partition("+")[0]
    if local.startswith("full-"):
        return "552 5.2.2 the mailbox is full"
    return "550 5.1.1 there is nobody of that name" if local.startswith(("gone-", "stale-")) else None


Draw = Callable[["Drawing"], Shot]


class Drawing:
    """Draws messages; each has a number, so that no address that it makes up is seen twice."""

    def __init__(self, random: Random, *, filtered: bool) -> None:
        self.random = random
        self.filtered = filtered
        self.number = 0

    def volleys(
        self, count: int, table: dict[Draw, int], client: Callable[[int], str], listed: float = 0.0
    ) -> Iterator[Volley]:
        """Yield sessions of `count` messages in all, each from a client of its own; a share of them is listed."""
        kinds, weights = tuple(table), tuple(table.values())
        made = 0
        while made < count:
            size = min(self.random.randint(1, _SHOTS), count - made)
            made += size
            address, is_listed = client(self.number), self.random.random() < listed
            drawn = []
            for draw in self.random.choices(kinds, weights, k=size):
                self.number += 1
                drawn.append(self.placed(draw(self), draw.__name__, address, listed=is_listed))
            yield tuple(drawn)

    def placed(self, shot: Shot, kind: str, client: str, *, listed: bool) -> Shot:
        """Return a message as this client sends it."""
        to = shot.session.recipients
        session = replace(
            shot.session,
            client=client,
            absent=frozenset(one.lower() for one in to if gone(one)),
            listed=_LISTED if listed else frozenset(),
            score=self.score(kind),
        )
        return replace(shot, kind=kind, session=session)

    def score(self, kind: str) -> float:
        return self.random.choice((8.0, 11.5, 15.0, 40.0)) if self.filtered and kind == "spam" else 0.0

    # --- addresses ----------------------------------------------------------------------------------------------------
    def victim(self) -> str:
        """Return a sender that is forged: somebody elsewhere, somebody of ours, or a role."""
        return self.random.choice(
            (
                f"victim-{self.number}@victims.example",
                f"victim-{self.number}@victims.example",
                f"Victim.{self.number}+tag@VICTIMS.Example",
                f'"victim {self.number}"@victims.example',
                self.person(),
                "postmaster@victims.example",
                f"double-bounce@host-{self.number}.example",
                f"mailer-daemon@host-{self.number}.example",
            )
        )

    def forged(self) -> str:
        return "" if self.random.random() < 0.3 else self.victim()

    def person(self) -> str:
        return self.random.choice(PEOPLE)

    def people(self) -> tuple[str, ...]:
        return tuple(self.random.sample(PEOPLE, self.random.randint(2, 4)))

    def nobody(self) -> str:
        return f"ghost-{self.number}@{self.random.choice(('example.org', 'example.net'))}"

    def lost(self) -> str:
        """Return somebody whom the edge takes mail for, and who is gone."""
        names = (f"gone-{self.number}", f"full-{self.number}+x", f"choosy-{self.number}")
        return self.random.choice((*(f"{name}@lists.example.org" for name in names), *STALE))

    def elsewhere(self) -> str:
        return f"someone-{self.number}@elsewhere.example"


def shot(
    sender: str, *recipients: str, fields: Fields = (), mail: str = "", rcpt: str = "", exact: bool = True
) -> Shot:
    return Shot("", Session(recipients, sender, message=Message(fields)), mail, rcpt, exact)


# --- what attackers send ----------------------------------------------------------------------------------------------
def unknown_recipient(d: Drawing) -> Shot:
    return shot(d.forged(), d.nobody())


def guessed_recipients(d: Drawing) -> Shot:
    guesses = [d.person(), *(f"guess-{d.number}-{n}@example.org" for n in range(3))]
    d.random.shuffle(guesses)
    return shot(d.victim(), *guesses)


def relay_attempt(d: Drawing) -> Shot:
    to = (d.elsewhere(), "postmaster@elsewhere.example", f"{d.number}@host.sub.example.org", "abuse@[203.0.113.25]")
    return shot(d.forged(), d.random.choice(to))


def bounce_from_listed(d: Drawing) -> Shot:
    author = (("From", "postmaster@victims.example"),)
    return shot(d.random.choice(("", "postmaster@victims.example", "postmaster")), d.person(), fields=author)


def bounce_to_several(d: Drawing) -> Shot:
    return shot("", *d.people())


def bounce_to_silent(d: Drawing) -> Shot:
    to = (*SILENT, "NoReply@Example.ORG", f"newsletter+{d.number}@example.org")
    return shot("", d.random.choice(to))


def bounce_flood(d: Drawing) -> Shot:
    return shot("", PEOPLE[d.number % 2])


def lost_after_acceptance(d: Drawing) -> Shot:
    return shot(d.victim(), d.lost())


def lost_in_part(d: Drawing) -> Shot:
    return shot(d.victim(), d.lost(), d.person(), f"here-{d.number}@lists.example.org")


def lost_bounce(d: Drawing) -> Shot:
    return shot("", d.lost())


def late(d: Drawing) -> Shot:
    return shot(d.forged(), f"late-{d.number}@lists.example.org")


def asks_for_reports(d: Drawing) -> Shot:
    to = d.random.choice((d.lost(), d.person(), f"late-{d.number}@lists.example.org"))
    return shot(d.victim(), to, mail="RET=FULL ENVID=forged", rcpt="NOTIFY=SUCCESS,FAILURE,DELAY")


def asks_in_its_header(d: Drawing) -> Shot:
    victim = f"victim-{d.number}@victims.example"
    names = ("Return-Receipt-To", "Errors-To", "Disposition-Notification-To", "Return-Path", "Reply-To", "Sender")
    return shot(d.victim(), d.lost(), fields=tuple((name, f"<{victim}>") for name in names))


def twice_the_same(d: Drawing) -> Shot:
    one = d.random.choice((d.person(), d.lost()))
    return shot(d.victim(), one, one)


def to_roles(d: Drawing) -> Shot:
    return shot(d.forged(), d.random.choice(ROLES))


def spam(d: Drawing) -> Shot:
    return shot(d.forged(), d.random.choice((d.person(), d.lost())))


def oddly_written(d: Drawing) -> Shot:
    to = (
        "alice%elsewhere.example@example.org",
        "elsewhere.example!alice@example.org",
        "@elsewhere.example:alice@example.org",
        "@example.org:alice@elsewhere.example",
        '"alice@elsewhere.example"@example.org',
        "alice@elsewhere.example@example.org",
        '"alice"@example.org',
        '"a\\lice"@example.org',
        "alice@example.org.",
        "alice@[203.0.113.25]",
        "alice",
        "@example.org",
        "alice@",
        "al ice@example.org",
        "älice@example.org",
        "gone%victims.example@lists.example.org",
        '"gone-x@victims.example"@lists.example.org',
        "prvs=1234abcdef=alice@example.org",
        "|/bin/sh@lists.example.org",
        "/etc/passwd@lists.example.org",
        f"gone-{'x' * 60}@lists.example.org",
        f"gone-{'x' * 300}@lists.example.org",
        f"gone@{'x' * 70}.lists.example.org",
        f"gone@{'x.' * 130}lists.example.org",
    )
    froms = (d.forged(), "@a.example:joe@victims.example", "joe%victims.example@example.org", "victim", "a@b@c.example")
    return shot(d.random.choice(froms), d.random.choice(to), exact=False)


def over_long(d: Drawing) -> Shot:
    long = "x" * d.random.choice((600, 1100, 3000, 9000))
    if d.random.random() < 0.5:
        return shot(f"{long}@victims.example", d.lost(), exact=False)
    return shot(d.victim(), d.lost(), fields=(("X-Long", long),), exact=False)


ATTACK: dict[Draw, int] = {
    unknown_recipient: 24,
    guessed_recipients: 4,
    relay_attempt: 14,
    bounce_from_listed: 9,
    bounce_to_several: 7,
    bounce_to_silent: 9,
    bounce_flood: 4,
    lost_after_acceptance: 10,
    lost_in_part: 3,
    lost_bounce: 5,
    late: 1,
    asks_for_reports: 4,
    asks_in_its_header: 3,
    twice_the_same: 2,
    to_roles: 4,
    spam: 4,
    oddly_written: 6,
    over_long: 2,
}


# --- what comes in and goes out all the same --------------------------------------------------------------------------
def bounce(d: Drawing) -> Shot:
    """Draw a real one: it came back to one of ours who had sent it."""
    returned = (("Message-ID", f"<{d.number}@mx1.example.org>"), ("Subject", "lost"))
    return Shot("", Session((d.person(),), message=Message(report="delivery-status", returned=returned)))


def receipt(d: Drawing) -> Shot:
    return Shot("", Session((d.person(),), message=Message(report="disposition-notification")))


def auto_reply(d: Drawing) -> Shot:
    return shot("", d.person(), fields=(("Auto-Submitted", "auto-replied"),))


def ordinary(d: Drawing) -> Shot:
    return shot(f"joe-{d.number}@partner.example", d.person())


def ordinary_to_several(d: Drawing) -> Shot:
    return shot(f"joe-{d.number}@partner.example", *d.people(), f"list-{d.number}@lists.example.org")


def with_subaddress(d: Drawing) -> Shot:
    return shot(f"joe+{d.number}@partner.example", f"Alice+{d.number}@Example.Org")


GENUINE: dict[Draw, int] = {
    bounce: 5,
    receipt: 1,
    auto_reply: 1,
    ordinary: 5,
    ordinary_to_several: 3,
    with_subaddress: 2,
}


def outgoing(d: Drawing) -> Shot:
    return shot(d.person(), d.elsewhere())


def outgoing_to_several(d: Drawing) -> Shot:
    return shot(d.person(), d.elsewhere(), f"another-{d.number}@partner.example", d.person())


def outgoing_for_others(d: Drawing) -> Shot:
    return shot(f"guest-{d.number}@partner.example", d.elsewhere())


def outgoing_bounces(d: Drawing) -> Shot:
    return shot("", d.elsewhere(), f"gone-{d.number}@partner.example")


def refused_outside(d: Drawing) -> Shot:
    lost = d.random.choice((f"gone-{d.number}@partner.example", f"choosy-{d.number}@partner.example"))
    return shot(d.random.choice((d.person(), f"guest-{d.number}@partner.example")), lost)


def refused_in_part(d: Drawing) -> Shot:
    return shot(d.person(), f"gone-{d.number}@partner.example", f"full-{d.number}@elsewhere.example", d.elsewhere())


def refused_inside(d: Drawing) -> Shot:
    return shot(d.person(), d.lost())


def outgoing_late(d: Drawing) -> Shot:
    return shot(d.person(), f"late-{d.number}@partner.example")


def to_nobody(d: Drawing) -> Shot:
    return shot(d.person(), d.nobody())


OUTGOING: dict[Draw, int] = {
    outgoing: 8,
    outgoing_to_several: 4,
    outgoing_for_others: 2,
    outgoing_bounces: 2,
    refused_outside: 6,
    refused_in_part: 3,
    refused_inside: 4,
    outgoing_late: 1,
    to_nobody: 2,
}


def stranger(number: int) -> str:
    return f"198.18.{number // 250 % 250}.{number % 250 + 1}" if number % 7 else f"3fff::{number + 1:x}"


def partner(number: int) -> str:
    return f"198.19.{number // 250 % 250}.{number % 250 + 1}"


def colleague(number: int) -> str:
    return f"192.0.2.{number % 250 + 1}" if number % 5 else f"2001:db8::{number + 1:x}"
