"""What domains publish about their mail, so that SPF and DMARC come to the results that a session has.

The author of a message stands in the sender's domain, but for a session in which SPF passes, or cannot be asked, and
DMARC fails all the same: then he stands in another one. Where DMARC passes, the message is signed. No author is a
MAILER-DAEMON unless the session says so: by that a server's report is told from a person's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address

from nullsender import canonical, mime
from nullsender.lab.signing import SELECTOR, key_record
from nullsender.message import read_message
from nullsender.session import Fields, Session

_REPORTER = "postmaster@partner.example"
_ELSEWHERE = "author@misaligned.example"
_ALL: Mapping[str, str] = {"fail": "-all", "softfail": "~all", "neutral": "?all"}
_ASKED: Mapping[str, str] = {"fail": "none", "pass": "reject", "quarantine": "quarantine", "reject": "reject"}
_FAILS = frozenset({"fail", "quarantine", "reject"})
_MAY_ALIGN = frozenset({"pass", "error"})  # results of SPF with which DMARC does not fail for the same domain


@dataclass(frozen=True, slots=True)
class Published:
    """TXT records by name, in lower case, and the names at which such a question fails."""

    texts: Mapping[str, str]
    failing: frozenset[str]


def published(session: Session, author: str) -> Published:
    """Return what the domains of a session and of its author publish."""
    texts: dict[str, str] = {}
    failing: set[str] = set()
    of_sender, of_author = sending_domain(session), _domain(author)
    if session.spf == "error":
        failing.add(of_sender)
    elif session.spf != "none":
        client = ip_address(session.client)
        texts[of_sender] = f"v=spf1 {_ALL.get(session.spf) or f'ip{client.version}:{client} -all'}"
    if session.dmarc == "error":
        failing.add(f"_dmarc.{of_author}")
    elif session.dmarc != "none":
        texts[f"_dmarc.{of_author}"] = f"v=DMARC1; p={_ASKED[session.dmarc]}"
    if session.dmarc == "pass":
        texts[f"{SELECTOR}._domainkey.{of_author}"] = key_record()
    return Published(texts, frozenset(failing))


def sending_domain(session: Session) -> str:
    """Return the domain of which SPF is asked: the sender's, else the one in HELO (RFC 7208 §2.4); empty for none."""
    if session.sender:
        return _domain(session.sender)
    name = session.helo.lower().removesuffix(".")
    return "" if name.startswith("[") or "." not in name else name


def author_of(session: Session) -> str:
    """Return the address that stands in From, or is to stand there; empty where rules ask for one that is not there."""
    message = session.message
    fields: Fields = read_message(message.octets).fields if message.octets is not None else message.fields
    if any(name.lower() == "from" for name, _ in fields) or message.octets is not None:
        return parseaddr(mime.first(fields, "from"))[1]
    if session.dmarc in _FAILS and session.spf in _MAY_ALIGN:
        return _ELSEWHERE
    if "mailer-daemon" not in session.sender.lower():
        return session.sender or _REPORTER
    _, at, domain = session.sender.rpartition("@")
    return f"postmaster@{domain}" if at else _REPORTER


def cannot_publish(session: Session) -> str | None:
    """Say why the results that a session has cannot come about, None where they can."""
    of_sender, of_author = sending_domain(session), _domain(author_of(session))
    if session.spf != "none" and not of_sender:
        return "there is no domain that could publish for SPF"
    if session.dmarc != "none" and not of_author:
        return "there is no author whose domain could publish for DMARC"
    if session.dmarc in _FAILS and session.spf in _MAY_ALIGN and _is_near(of_sender, of_author):
        return "SPF speaks for the author's domain, too, so that DMARC does not fail"
    return None


def _domain(address: str) -> str:
    _, at, domain = address.rpartition("@")
    try:
        return canonical.domain(domain) if at else ""
    except ValueError:  # an address literal, or no domain
        return ""


def _is_near(one: str, other: str) -> bool:
    """Tell whether two domains of the lab's internet are one organization's (RFC 7489 §3.2)."""
    return one.split(".")[-2:] == other.split(".")[-2:]
