"""What rspamd can do, measured on version 3.4 of Debian 12: one verdict for a message, at the end of DATA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nullsender.capability import Capabilities, Loss, Way
from nullsender.features import FEATURES
from nullsender.policy import Stage

LISTENS: Mapping[str, str] = {"milter": "127.0.0.1:11332", "spamd": "127.0.0.1:11333"}

_CONTENT = frozenset({Stage.CONTENT})


def _way(sentence: str, *losses: Loss, link: str | None = None) -> Way:
    return Way(sentence, _CONTENT, frozenset(losses), frozenset({link} if link else ()))


_QUESTIONS: Mapping[str, tuple[Way, ...]] = {
    "sender is null": (_way("the engine reads the reverse-path that the server passed on"),),
    "sender is postmaster": (
        _way("the engine compares the local part; a bare `postmaster` never comes over milter", Loss.NARROWER,
             link="milter"),
        _way("the engine compares the local part", link="spamd"),
    ),
    "sender in": (_way("the engine looks the sender up in a map"),),
    "recipient in": (_way("the engine looks each recipient up in a map, as it was written in RCPT TO"),),
    "recipients > N": (_way("the engine counts the recipients"),),
    "several recipients": (_way("the engine counts the recipients"),),
    "client in": (_way("the engine looks the client's address up in a map of networks"),),
    "client listed": (_way("the engine asks the list, and only where a rule may need its answer"),),
    "client has no name": (_way("the engine looks for names that lead back to the client's address"),),
    "helo in": (_way("the engine looks the HELO name up in a map"),),
    "authenticated": (_way("the engine sees the login that the server passes on"),),
    "trusted client": (_way("the engine sees the login and looks the client's address up"),),
    "upstream client": (_way("the engine looks the client's address up in a map of networks"),),
    "kept recipient": (_way("the engine knows the role addresses and the served domains"),),
    "spf": (_way("the engine has rspamd look the record up, and only where a rule may need it"),),
    "dmarc": (_way("the engine reads what rspamd's module for DMARC says, to which SPF and DKIM belong"),),
    "header matches": (_way("the engine holds each field of that name to the expression"),),
    "report is": (_way("the engine reads the report-type of the message"),),
    "forged bounces": (_way("the engine looks for names of ours in the header that came back, in whatever shape"),),
    "batv": (_way("the engine computes an HMAC with the key whose number the tag names, and compares its day"),),
    "scoring": (_way("the engine adds the policy's points to what rspamd's symbols score"),),
}  # fmt: skip
_WITHOUT_REPORTS = (
    _way("rspamd adds a mark by which the server keeps reports back, and leaves out the one for them", link="milter"),
    _way("the server bounces to nobody what the engine says", link="spamd"),
)
_COUNTERS = ("recipient", "client", "sender", "domain", "login")
_ACTIONS: Mapping[str, tuple[Way, ...]] = {
    "reject": (
        _way("rspamd answers the end of DATA with 554 5.7.1", link="milter"),
        _way("the engine tells the server what to answer the end of DATA", link="spamd"),
    ),
    "defer": (
        _way("rspamd answers the end of DATA with 451 4.7.1", link="milter"),
        _way("the engine tells the server what to answer the end of DATA", link="spamd"),
    ),
    "reply code": (
        _way("rejects are 554 5.7.1 and defers 451 4.7.1 over milter, whatever is wanted", Loss.CODE, link="milter"),
        _way("the engine names code and enhanced code", link="spamd"),
    ),
    "discard": (
        _way("rspamd asks for the milter action `discard`", link="milter"),
        _way("the engine tells the server to drop the message", link="spamd"),
    ),
    "quarantine": (
        _way("rspamd accepts the message and marks, holds or redirects it", link="milter"),
        _way("the engine tells the server to quarantine the message", link="spamd"),
    ),
    "quarantine into junk": (
        _way("rspamd adds `X-Spam: Yes`", link="milter"),
        _way("the server quarantines what the engine says", link="spamd"),
    ),
    "quarantine into hold": (
        _way("rspamd asks for the milter action `quarantine`", link="milter"),
        _way("the server quarantines what the engine says", link="spamd"),
    ),
    "quarantine into address": (
        _way("rspamd replaces the recipients by the address", link="milter"),
        _way("the server quarantines what the engine says", link="spamd"),
    ),
    "quarantine without reports": _WITHOUT_REPORTS,
    "quarantine without reports if passing": _WITHOUT_REPORTS,
    "tag": (
        _way("rspamd adds the header and removes those that came from outside", link="milter"),
        _way("the engine tells the server which header to add and which to remove", link="spamd"),
    ),
    "score": (_way("the engine adds the points to the symbol NULLSENDER_POINTS"),),
    "report only": (_way("the engine logs what the rule would have done"),),
    "greylist": (_way("the engine remembers first tries in Redis", link="redis"),),
    **{
        f"limit per {per}": (_way("the engine counts in Redis, for all limits at once", link="redis"),)
        for per in _COUNTERS
    },
    "set from live file": (_way("rspamd reads the file as a map, and again when it changes"),),
}

_SEES_NO_RCPT = "rspamd first hears of a message when its data ends, too late to answer one recipient"
_SERVERS = "it is the server that does this, not the filter"
_CANNOT: Mapping[str, str] = {
    "relaying": _SEES_NO_RCPT,
    "nonexistent recipients": _SEES_NO_RCPT,
    "nonexistent recipients, narrowed": _SEES_NO_RCPT,
    "nonexistent recipients with a code": _SEES_NO_RCPT,
    "recipients over quota": "rspamd knows no mailboxes",
    "split mail": _SEES_NO_RCPT,
    "sign mail with batv": "over spamd rspamd cannot change the sender",
    "rewrite with srs": "rspamd does not see what the server forwards",
    "answer automatically": "rspamd answers nobody",
}
_CANNOT_BY_HEADING: Mapping[str, str] = {
    "recipients": "recipients are known to the server, which asks them before rspamd hears of the message",
    "delivery": _SERVERS,
    "ndr": "rspamd writes no NDRs and does not see those that the server writes",
}


def _both_signs(ways: Mapping[str, tuple[Way, ...]]) -> Iterator[tuple[str, tuple[Way, ...]]]:
    for feature, its in ways.items():
        yield feature, its
        yield f"not {feature}", its


def _cannot(feature: str, heading: str) -> str:
    return _CANNOT.get(feature.removeprefix("not ")) or _CANNOT_BY_HEADING[heading]


_SETTINGS: Mapping[str, tuple[Way, ...]] = {
    "sign mail with batv": (_way("rspamd asks for the milter action that changes the sender", link="milter"),),
}
_WAYS = {**dict(_both_signs(_QUESTIONS)), **_ACTIONS, **_SETTINGS}

capabilities = Capabilities(
    versions=("3.4",),
    ways=_WAYS,
    cannot={feature: _cannot(feature, heading) for feature, heading in FEATURES.items() if feature not in _WAYS},
    accepts=("redis",),
    offers=LISTENS,
    native_replies=frozenset({(554, "5.7.1"), (451, "4.7.1")}),
)
