"""What each condition asks of a session, and how it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nullsender import canonical, membership
from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries
from nullsender.scope import srs_of, trusted_of
from nullsender.session import Message, Session
from nullsender.truth import Truth, conjunction, disjunction

POSTMASTER = "postmaster"
_WORD = re.compile(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class View:
    """What a rule sees: a session, the recipients it speaks about, and the points so far.

    A question about recipients speaks of one at rcpt, later of all that were accepted: then it is true when it is true
    of every one.
    """

    policy: p.Policy
    deployment: str
    session: Session
    recipients: tuple[str, ...]
    score: float = 0.0

    def forms(self, address: str) -> tuple[str, ...]:
        """Return the forms in which an address is compared (`canonical`)."""
        return canonical.forms(address, self.policy.delimiters)


def ask(view: View, atom: c.Atom) -> Truth:
    """Answer one question: true, false, or unknown (None) because a lookup failed."""
    return _ANSWERS[type(atom)](view, atom)


# --- the envelope -----------------------------------------------------------------------------------------------------
def _sender_is_postmaster(view: View, _: c.SenderPostmaster) -> Truth:
    sender = view.session.sender
    return sender.lower() == POSTMASTER or any(f.startswith(f"{POSTMASTER}@") for f in view.forms(sender))


def _helo_in(view: View, atom: c.HeloIn) -> Truth:
    return membership.has_domain(atom.entries, view.session.helo.lower().removesuffix("."))


def _trusted(view: View, _: c.Trusted) -> Truth:
    networks = trusted_of(view.policy, view.deployment)
    login = view.session.login is not None
    return disjunction((login, *(membership.has_client(n, view.session.client) for n in networks)))


def _upstream(view: View, _: c.Upstream) -> Truth:
    upstream = view.policy.upstream
    return upstream is not None and membership.has_client(upstream, view.session.client)


def _listed(view: View, atom: c.ClientListed) -> Truth:
    if atom.zone.domain in view.session.silent:
        return None
    return any((atom.zone.domain, answer) in view.session.listed for answer in atom.zone.answers)


# --- recipients -------------------------------------------------------------------------------------------------------
def _of_every(question: Callable[[View, str, Any], Truth]) -> Callable[[View, Any], Truth]:
    return lambda view, atom: conjunction(question(view, recipient, atom) for recipient in view.recipients)


def _recipient_in(view: View, recipient: str, atom: c.RecipientIn) -> Truth:
    return membership.has_address(atom.entries, view.forms(recipient))


def _kept(view: View, recipient: str, _: c.Kept) -> Truth:
    if recipient.lower() == POSTMASTER:
        return True
    kept = view.policy.kept
    forms = view.forms(recipient)
    if not any(form in kept or form.rpartition("@")[0] in kept for form in forms):
        return False
    return served(view, recipient)


def _elsewhere(view: View, recipient: str, _: c.RecipientElsewhere) -> Truth:
    here = served(view, recipient)
    return None if here is None else not here


def served(view: View, recipient: str) -> Truth:
    """Tell whether the recipient's domain is served here; a bare `postmaster` is."""
    if recipient.lower() == POSTMASTER:
        return True
    domain = canonical.forms(recipient, "")[0].rpartition("@")[2]
    if domain == _srs_domain(view):
        return True
    return disjunction(membership.has_domain(one.domains, domain) for one in view.policy.served)


def _srs_domain(view: View) -> str | None:
    forwards = srs_of(view.policy, view.deployment)
    return forwards.domain if forwards else None


def _unknown(view: View, recipient: str, _: c.RecipientUnknown) -> Truth:
    """Tell whether no source of its domain knows the recipient. Postmaster always exists, and who is elsewhere may."""
    forms = view.forms(recipient)
    if not forms or any(form.startswith(f"{POSTMASTER}@") for form in forms):
        return False
    domain = forms[0].rpartition("@")[2]
    if domain == _srs_domain(view):
        return view.session.sender != "" or view.session.srs != "valid"
    sources = next((one for one in view.policy.served if membership.has_domain(one.domains, domain)), None)
    if sources is None or sources.anyone or not view.session.known.isdisjoint(forms):
        return False
    return True if view.session.unanswered.isdisjoint(forms) else None


def _full(view: View, recipient: str, _: c.RecipientFull) -> Truth:
    return not view.session.full.isdisjoint(view.forms(recipient))


def _tag_is(view: View, recipient: str, atom: c.BatvIs) -> Truth:
    """Compare the state of a tag; of an address that can have none, nobody can tell what was sent."""
    if not canonical.taggable(recipient):
        return None
    seen = "valid" if canonical.tagged(recipient) else "missing"
    return (view.session.batv or seen) == atom.state


# --- the message ------------------------------------------------------------------------------------------------------
def _spf_is(view: View, atom: c.SpfIs) -> Truth:
    return _result_is(view.session.spf, {atom.result})


_FAILURES = {"fail": {"fail", "quarantine", "reject"}}  # `fail` whatever the domain asks for


def _dmarc_is(view: View, atom: c.DmarcIs) -> Truth:
    return _result_is(view.session.dmarc, _FAILURES.get(atom.result, {atom.result}))


def _result_is(result: str, wanted: set[str]) -> Truth:
    """Compare results; an error leaves open what the result would have been, unless it is asked for itself."""
    return result in wanted if result != "error" or "error" in wanted else None


def _header_matches(view: View, atom: c.HeaderMatches) -> Truth:
    expression = _expression(atom.pattern, atom.ignore_case)
    values = _values(view.session.message.fields, atom.name)
    return any(expression.search(value.encode("utf-8", "surrogateescape")) for value in values)


@lru_cache(maxsize=1024)
def _expression(pattern: str, ignore_case: bool) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.IGNORECASE if ignore_case else 0)


def _values(fields: tuple[tuple[str, str], ...], name: str) -> Iterator[str]:
    return (value for key, value in fields if key.lower() == name.lower())


def _forged(view: View, atom: c.ForgedBounce) -> Truth:
    """Tell whether what came back names no host of ours; what returns nothing that can be compared is not forged."""
    message = view.session.message
    if not (message.report or _sender_is_system(view)) or _needs_no_original(message):
        return False
    lines = [value for name in ("Received", "Message-ID") for value in _values(message.returned or (), name)]
    if not lines:
        return False
    words = {word.lower() for line in lines for word in _WORD.findall(line)}
    ours = membership.holds_name(atom.entries, words)
    return None if ours is None else not ours


def _sender_is_system(view: View) -> bool:
    """Tell whether the sender is null, or a MAILER-DAEMON, as whom some servers send their bounces."""
    sender = view.session.sender
    own, *_ = (*canonical.forms(sender, ""), sender.lower())
    return own == "" or own.partition("@")[0] == "mailer-daemon"


def _needs_no_original(message: Message) -> bool:
    """Tell whether it is a receipt (RFC 8098), a complaint (RFC 5965), a program's answer (RFC 3834), or a warning.

    Servers that write no reports call their bounces `auto-replied`, too, but no person's answer is by MAILER-DAEMON.
    """
    if message.delayed or message.report in ("disposition-notification", "feedback-report"):
        return True
    answered = any("auto-replied" in value.lower() for value in _values(message.fields, "Auto-Submitted"))
    by_daemon = any("mailer-daemon" in value.lower() for value in _values(message.fields, "From"))
    return answered and not by_daemon and message.report is None


# --- every kind of question -------------------------------------------------------------------------------------------
def _in(entries: Entries, view: View) -> Truth:
    return membership.has_address(entries, view.forms(view.session.sender))


_ANSWERS: Mapping[type[c.Atom], Callable[[View, Any], Truth]] = {
    c.SenderNull: lambda view, _: view.session.sender == "",
    c.SenderPostmaster: _sender_is_postmaster,
    c.SenderIn: lambda view, atom: _in(atom.entries, view),
    c.RecipientIn: _of_every(_recipient_in),
    c.RecipientsOver: lambda view, atom: len(view.recipients) > atom.count,
    c.ClientIn: lambda view, atom: membership.has_client(atom.entries, view.session.client),
    c.ClientListed: _listed,
    c.ClientNameless: lambda view, _: not view.session.named,
    c.HeloIn: _helo_in,
    c.Authenticated: lambda view, _: view.session.login is not None,
    c.Trusted: _trusted,
    c.Upstream: _upstream,
    c.Kept: _of_every(_kept),
    c.RecipientElsewhere: _of_every(_elsewhere),
    c.RecipientUnknown: _of_every(_unknown),
    c.RecipientFull: _of_every(_full),
    c.SpfIs: _spf_is,
    c.DmarcIs: _dmarc_is,
    c.BatvIs: _of_every(_tag_is),
    c.Scoring: lambda view, atom: view.score >= atom.least,
    c.HeaderMatches: _header_matches,
    c.ReportIs: lambda view, atom: view.session.message.report == atom.kind,
    c.ForgedBounce: _forged,
}
