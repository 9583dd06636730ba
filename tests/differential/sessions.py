"""Sessions in which the conditions of a policy are true, false and unknown about equally often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_network

from hypothesis import strategies as st

from nullsender import condition as c
from nullsender import policy as p
from nullsender.features import full_condition
from nullsender.lab.publishing import cannot_publish
from nullsender.lab.tagging import Tags
from nullsender.names import Entries
from nullsender.policy import Policy
from nullsender.session import Fields, Message, Session
from tests.differential import words as w
from tests.differential.playing import DEPLOYMENT
from tests.differential.world import CASES, LISTINGS, NAMELESS, contents, placed

PEOPLE = ("alice@example.org", "bob@example.org", "noreply@example.org", "alice@example.net", "dave@example.net")
OTHERS = (
    *("postmaster", "postmaster@example.org", "abuse@example.org", "abuse@example.net", "hostmaster@example.org"),
    *("carol@example.org", "emil@example.org", "team-9@example.org", "frida+vip@example.org", '"odd one"@example.org'),
    *('"odd one+x"@example.org', '"odd one-x"@example.org'),
    *(
        "ghost@example.org",
        "ghost@example.net",
        "alice@sub.example.net",
        "newsletter@example.org",
        "bounce-7@example.org",
    ),
)
ELSEWHERE = ("gone@elsewhere.example", "joe@elsewhere.example", "postmaster@elsewhere.example")
SENDERS = (
    *(
        "joe@elsewhere.example",
        "MAILER-DAEMON@b.example",
        "joe@a.example",
        "ann@partner.example",
        "ann@mail.partner.example",
    ),
    *("ann@bad.partner.example", "bounce-1@a.example", "Daemon@Anywhere.Example", "ann@b.example", "x@mail.c.example"),
    *("postmaster", "postmaster@a.example", "postmaster@partner.example", "alice@example.org", "robot-1@b.example"),
    *("post-1@mail.c.example", "post-1@c.example"),
)
STRANGERS = ("203.0.113.64/27", "203.0.113.64/27", "2001:db8:ff::/64", "198.51.100.0/27")
GREETINGS = (
    "client.example",
    "liar.example",
    "mail.liars.example",
    "liars.example",
    "mail.partner.example",
    "[192.0.2.9]",
)
FORWARDED = (
    "SRS0=abcd=ef=partner.example=joe@srs.example.org",
    "srs0=ABCD=EF=a.example=Ann+x@SRS.example.org",
    "someone@srs.example.org",
)
SUBJECTS = ("Lunch", "You win", "Re: free")


@st.composite
def sessions(draw: st.DrawFn, policy: Policy, *, login: bool, scores: bool, whole: bool = False) -> Session:
    """Draw a session for a policy. `whole`: with all facts of the language, also those that no target asks for."""
    pools = _pools(policy)
    sender = "" if draw(st.integers(1, 8)) <= 3 else draw(_spelled(st.sampled_from(pools.senders), policy))
    recipients = draw(st.lists(_spelled(_recipient(pools), policy), min_size=1, max_size=4))
    recipients += [recipients[0].upper()] if draw(st.integers(1, 12)) == 12 else []
    network = draw(st.sampled_from(pools.networks))
    session = Session(
        recipients=tuple(recipients),
        sender=sender,
        client=_client(network, draw(st.sampled_from(_BITS))),
        helo=draw(_cased(st.sampled_from(pools.names))),
        login="joe" if login and draw(st.integers(1, 5)) == 5 else None,
        message=draw(_message(policy)),
        score=draw(st.sampled_from(pools.scores)) if scores else 0.0,
        first_contact=draw(st.booleans()) if pools.greylists else False,
        before=draw(st.sampled_from((0, 0, 1, 2, 3))) if pools.limits else 0,
    )
    if (pools.signs or pools.forwards) and draw(st.integers(1, 5)) == 5:
        session = draw(_going_out(session, policy, (*PEOPLE, *SENDERS) if pools.forwards else PEOPLE))
    if pools.forwards and draw(st.integers(1, 5)) == 5:
        session = draw(_bounced(session))
    if pools.judges_tags and not whole:
        state = draw(st.sampled_from((None, *w.TAGS)))
        ours = all(map(Tags(policy, DEPLOYMENT).may_be_signed, session.recipients))
        session = replace(session, batv=state if ours else None)  # nobody signs addresses of others
    return placed(draw(_with_facts(session) if whole else _authenticated(session, policy)))


@st.composite
def _bounced(draw: st.DrawFn, session: Session) -> Session:
    """Draw a bounce of forwarded mail, or what looks like one."""
    first = draw(st.sampled_from(FORWARDED))
    return replace(
        session,
        sender=draw(st.sampled_from(("", "", "", session.sender))),
        recipients=(first, *session.recipients[: draw(st.integers(0, 1))]),
        srs=draw(st.sampled_from(("valid", *w.TAGS))) if first != FORWARDED[-1] else "missing",
    )


@st.composite
def _going_out(draw: st.DrawFn, session: Session, policy: Policy, senders: tuple[str, ...]) -> Session:
    """Draw what a machine of ours sends elsewhere, for somebody of ours or whomever it relays."""
    networks = [member for one in policy.trusted for member in contents(one.entries)]
    return replace(
        session,
        sender=draw(_spelled(st.sampled_from(senders), policy)),
        recipients=(*session.recipients[:2], draw(st.sampled_from(ELSEWHERE))),
        client=_client(draw(st.sampled_from(networks)), draw(st.sampled_from(_BITS))) if networks else session.client,
    )


class _Pools:
    """What a policy names, and near misses."""

    def __init__(self, policy: Policy) -> None:
        atoms = [atom for rule in policy.rules for _, atom in c.literals(full_condition(rule))]
        asked = [(type(atom), atom.entries) for atom in atoms if isinstance(atom, _SETS)]
        named = [entries for kind, entries in asked if kind is c.SenderIn]
        self.senders = (*SENDERS, *_addresses(named))
        self.recipients = (*PEOPLE, *PEOPLE, *OTHERS, *_addresses(e for kind, e in asked if kind is c.RecipientIn))
        names = (member for kind, entries in asked if kind is c.HeloIn for member in contents(entries))
        self.names = (*GREETINGS, *(member.replace("*", "mail") for member in names))
        networks = [network for kind, entries in asked if kind is c.ClientIn for network in contents(entries)]
        site = [m for one in policy.trusted for m in contents(one.entries)]
        site += contents(policy.upstream) if policy.upstream else ()
        self.networks = (*STRANGERS, *STRANGERS, *networks, *site)
        self.limits = any(rule.limit for rule in policy.rules)
        self.greylists = any(isinstance(rule.action, p.Greylist) for rule in policy.rules)
        self.signs = any(isinstance(statement.setting, p.SignBatv) for statement in policy.statements)
        self.forwards = any(isinstance(statement.setting, p.RewriteSrs) for statement in policy.statements)
        self.judges_tags = any(isinstance(atom, c.BatvIs) for atom in atoms)
        least = {atom.least for atom in atoms if isinstance(atom, c.Scoring)}
        points = {rule.action.points for rule in policy.rules if isinstance(rule.action, p.Score)}
        sums = {at - by for at in least for by in (0.0, *points)}
        self.scores = (0.0, *sorted({score for at in sums for score in (at, at - 0.5, at + 2)}))


_SETS = (c.SenderIn, c.RecipientIn, c.ClientIn, c.HeloIn)
_BITS = (0, 0, 0, *LISTINGS, *LISTINGS, NAMELESS, 3, 6, 1 | NAMELESS, 23)


@lru_cache(maxsize=64)
def _pools(policy: Policy) -> _Pools:
    return _Pools(policy)


def _addresses(sets: Iterable[Entries]) -> Iterator[str]:
    for entries in sets:
        for member in contents(entries):
            local, _, domain = member.rpartition("@")
            host = "any.example" if domain == "*" else domain.replace("*", "mail")
            yield f"{(local or 'zoe').replace('*', '7')}@{host}"


def _client(network: str, bits: int) -> str:
    """Return an address within the network, or just behind it, of whom the DNS says what these bits mean."""
    found = ip_network(network)
    first = int(found.network_address) // CASES * CASES
    address = type(found.network_address)(first + bits)
    return str(address if address in found or found.num_addresses < CASES else found.network_address)


def _recipient(pools: _Pools) -> st.SearchStrategy[str]:
    return st.integers(1, 12).flatmap(lambda n: st.sampled_from(ELSEWHERE if n == 12 else pools.recipients))


@st.composite
def _spelled(draw: st.DrawFn, addresses: st.SearchStrategy[str], policy: Policy) -> str:
    """Draw one of the spellings in which an address may come."""
    address = draw(addresses)
    local, at, domain = address.rpartition("@")
    if not at:
        return draw(st.sampled_from((address, address, address.title())))
    plain = not local.startswith('"')
    match draw(st.integers(1, 14)):
        case 9:
            return f"{local.title()}@{domain.upper()}" if plain else address
        case 10 if policy.delimiters and plain:
            return f"{local}{draw(st.sampled_from(policy.delimiters))}list@{domain}"
        case 11 if plain:
            return f"{local}+x@{domain}"
        case 12 if plain:
            return f'"{local}"@{domain}'
        case 13:
            return f"prvs=1234abcdef={local}@{domain}" if plain else address
        case 14:
            return f"{local}@{domain.capitalize()}"
        case _:
            return address


@st.composite
def _cased(draw: st.DrawFn, names: st.SearchStrategy[str]) -> str:
    name = draw(names)
    return name.upper() if draw(st.integers(1, 6)) == 6 else name


@st.composite
def _message(draw: st.DrawFn, policy: Policy) -> Message:
    """Draw header fields: also some that rules add, as if they had added them."""
    tags = [rule.action for rule in policy.rules if isinstance(rule.action, p.Tag)]
    fields: Fields = (("Subject", draw(st.sampled_from(SUBJECTS))),)
    forging = draw(st.booleans())
    if tags and forging:
        tag = draw(st.sampled_from(tags))
        fields += ((tag.header, draw(st.sampled_from((tag.value, "from outside")))),)
    asked = {type(atom) for rule in policy.rules for _, atom in c.literals(full_condition(rule))}
    if draw(st.booleans()) and not asked.intersection(_CONTENT):
        return Message(fields)
    fields += tuple((name, draw(st.sampled_from(values))) for name, values in _VALUES if draw(st.booleans()))
    fields += (("Auto-Submitted", "auto-replied"),) if draw(st.integers(1, 8)) == 8 else ()
    report = draw(st.sampled_from((None, *w.REPORTS)))
    delayed = report == "delivery-status" and draw(st.integers(1, 4)) == 4
    return Message(fields, report, draw(st.sampled_from(_RETURNED)), delayed)


_CONTENT = (c.HeaderMatches, c.ReportIs, c.ForgedBounce)
_VALUES = (("X-Loop", ("example 1", "EXAMPLE", "none 1", "")), ("X-Kind", ("", "odd")), ("X-Kind", ("odd", "even")))
_RETURNED: tuple[Fields | None, ...] = (
    None,
    (("Subject", "no trace"),),
    (("Received", "from a by mx.liars.example with ESMTP"),),
    (("Received", "from a by other.example"), ("Message-ID", "<1@Liar.Example>")),
    (("Received", "from unliar.example by liar.example.com"),),
    (("Message-ID", "<1@spam.example>"),),
)


@st.composite
def _authenticated(draw: st.DrawFn, session: Session, policy: Policy) -> Session:
    """Draw what SPF and DMARC come to where a rule asks for it, as far as domains can bring it about."""
    asked = {type(atom) for rule in policy.rules for _, atom in c.literals(full_condition(rule))}
    spf = draw(st.sampled_from((*w.SPF, "neutral"))) if c.SpfIs in asked else "none"
    dmarc = draw(st.sampled_from(w.DMARC)) if c.DmarcIs in asked else "none"
    tries = (replace(session, spf=spf, dmarc=dmarc), replace(session, dmarc=dmarc))
    return next((one for one in tries if cannot_publish(one) is None), session)


@st.composite
def _with_facts(draw: st.DrawFn, session: Session) -> Session:
    """Draw what only some servers could ever know."""
    return replace(
        session,
        spf=draw(st.sampled_from((*w.SPF, "neutral"))),
        dmarc=draw(st.sampled_from(w.DMARC)),
        batv=draw(st.sampled_from((None, *w.TAGS))),
        srs=draw(st.sampled_from(w.TAGS)),
        full=frozenset({"bob@example.org"} if draw(st.booleans()) else ()),
    )
