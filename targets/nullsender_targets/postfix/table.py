"""What Postfix can do, measured on version 3.7 of Debian 12."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Capabilities, Loss, Way
from nullsender.policy import Stage
from nullsender.srs import Dialect

_RCPT, _DATA = frozenset({Stage.RCPT}), frozenset({Stage.DATA})
_END = frozenset({Stage.CONTENT})
_BOTH = _RCPT | _DATA
_SINCE = (3, 7)
_NOTED = "a service of ours writes down at RCPT what is true of each recipient"
_COUNTED = "a service of ours writes the recipients down at RCPT"
_ONE = "of a message for several recipients Postfix names none at DATA: then the rule does not fire"


def _ways(sentence: str, stages: frozenset[Stage] = _BOTH, needs: str = "") -> tuple[Way, ...]:
    return (Way(sentence, stages, needs=frozenset(needs.split()), since=_SINCE),)


def _of_recipients(sentence: str) -> tuple[Way, ...]:
    """Return the ways of a question about the recipient: exact at RCPT, and at DATA where there is just one."""
    at_data = Way(f"{sentence}; {_ONE}", _DATA, several=frozenset({Loss.NARROWER}), since=_SINCE)
    return (*_ways(sentence, _RCPT), at_data, *_at_end(_NOTED))


def _at_end(sentence: str = "smtpd_end_of_data_restrictions, before the message is accepted") -> tuple[Way, ...]:
    """Return the way of what is asked at the end of the data, where nothing else refuses the message after that."""
    needs, without = frozenset({"standalone"}), frozenset({"milter"})
    return (Way(sentence, _END, needs=needs, without=without, since=_SINCE),)


def _either(feature: str, ways: tuple[Way, ...]) -> Mapping[str, tuple[Way, ...]]:
    return {feature: ways, f"not {feature}": ways}


_CLIENTS = "check_client_access with a cidr table"
_LOGIN = "check_sasl_access leads clients that have logged in through a class of their own"
_QUESTIONS: Mapping[str, tuple[Way, ...]] = {
    **_either("sender is null", (*_ways("check_sender_access with the key `<>`"), *_at_end())),
    **_either("sender is postmaster", (*_ways("check_sender_access with a pcre table"), *_at_end())),
    **_either("sender in", (*_ways("check_sender_access, with an index where the set is a file"), *_at_end())),
    **_either("recipient in", _of_recipients("check_recipient_access, with an index where the set is a file")),
    **_either("kept recipient", _of_recipients("check_recipient_access with a pcre table")),
    **_either(
        "several recipients",
        _ways("at DATA a table on the recipient is asked only when there is one", _DATA) + _at_end(_COUNTED),
    ),
    **_either("recipients > N", _at_end(_COUNTED)),
    **_either("client in", (*_ways(_CLIENTS), *_at_end())),
    **_either("helo in", (*_ways("check_helo_access with a pcre table"), *_at_end())),
    **_either("upstream client", (*_ways(_CLIENTS), *_at_end())),
    **_either(
        "trusted client",
        _ways(f"{_CLIENTS}; {_LOGIN}", needs="fragment")
        + _ways(f"{_CLIENTS}; a whole server offers no login", needs="standalone")
        + _at_end(),
    ),
    **_either(
        "authenticated",
        _ways(_LOGIN, needs="fragment")
        + _ways("a whole server offers no login: nobody has", needs="standalone")
        + _at_end(),
    ),
    "client listed": _ways("reject_rbl_client, after everything else was asked, its reply in rbl_reply_maps", _RCPT)
    + _ways("reject_rbl_client, after everything else was asked, its reply in rbl_reply_maps", _DATA),
    "not client has no name": _ways("check_client_access, where a client without a name is `unknown`") + _at_end(),
    **_either(
        "recipients over quota",
        _ways("a service of ours asks the one at 127.0.0.1:12340 (policy protocol); no answer means not full", _RCPT),
    ),
    "relaying": _ways("smtpd_relay_restrictions: recipients elsewhere are for trusted clients", _RCPT),
    "nonexistent recipients": _ways("check_recipient_access with an index of each list, before everything else", _RCPT),
    "set from live file": _ways("the owner's table: lmdb, made with postmap, or cidr for networks; missing is 451"),
}
_RECIPIENTS: Mapping[str, tuple[Way, ...]] = {
    "recipients from file": _ways("an lmdb index, built on the host"),
    "recipients from live file": _ways("the owner's lmdb table, made with postmap; missing is 451"),
    **{
        f"recipients from {system}": _ways(f"a table of type {kind}, asked by a service of ours for so many seconds")
        for system, kind in (("sqlite", "sqlite"), ("postgres", "pgsql"), ("mysql", "mysql"), ("ldap", "ldap"))
    },
    "recipients from the server": _ways("reject_unlisted_recipient over the tables that are there", needs="fragment"),
    "recipients from callout": _ways(
        "reject_unverified_recipient: the hop is asked through smtp, and its answers are kept; no answer is 451"
    ),
    "recipients from several sources": _ways("one after the other: lists, the owner's tables, then the server itself"),
    "recipients are anyone": _ways("the domain is left out of the check"),
    "subaddresses": _ways("each address is looked up as written, then without its subaddress"),
    "split mail": _ways("a service of ours, asked after all rules, writes the first recipient's class down", _RCPT),
    "nonexistent recipients, narrowed": _ways("the conditions are asked before the lists", _RCPT),
    "nonexistent recipients with a code": _ways("the access table gives the reply", _RCPT),
}
_ACTIONS: Mapping[str, tuple[Way, ...]] = {
    "reject": _ways("the access table gives the reply, with the rule's id"),
    "defer": _ways("the access table gives the reply, with the rule's id") + _at_end(),
    "reply code": _ways("the access table gives code and enhanced code") + _at_end(),
    "report only": _ways("WARN in an access table; warn_if_reject before reject_rbl_client") + _at_end(),
    **{
        f"limit per {per}": _at_end("a service of ours counts in a database of SQLite when nothing else refuses")
        for per in ("recipient", "client", "sender", "domain")
    },
    "limit per login": _at_end("a whole server offers no login: nobody is counted"),
    "greylist": _ways(
        "a service of ours writes the first try down in a database of SQLite, and defers until then", _RCPT
    ),
    "discard": _ways("DISCARD in an access table", _DATA),
    "quarantine": _ways("an access table at DATA, and nothing after it is asked", _DATA),
    "quarantine into junk": _ways("PREPEND X-Spam: Yes", _DATA),
    "quarantine into hold": _ways("HOLD: the message waits in the hold queue until somebody releases it", _DATA),
    "quarantine into address": _ways("REDIRECT in an access table, or what the second smtpd makes of RCPT", _DATA),
    "quarantine without reports": _ways(
        "FILTER in an access table leads the message to a second smtpd, which adds NOTIFY=NEVER", _DATA
    ),
    "quarantine without reports if passing": (
        Way(
            "what the filter then marks as passing has its reports again",
            _DATA,
            losses=frozenset({Loss.REPORT}),
            since=_SINCE,
        ),
    ),
}
_MARKED = "as to trusted senders; milter_header_checks see the filter's mark and lead the message the same way"
_SETTINGS: Mapping[str, tuple[Way, ...]] = {
    "deliver by lmtp": _ways("a row of transport_maps", needs="standalone"),
    "deliver by smtp": _ways("transport_maps, the host in brackets", needs="standalone"),
    "send ndrs only to trusted senders": _ways(
        "NOTIFY=NEVER for what port 25 takes; mail of trusted clients loses it in a second smtpd; "
        "notify_classes = bounce: postmaster gets the headers of every report"
    ),
    "send ndrs only to trusted senders without a copy": _ways(
        "NOTIFY=NEVER for what port 25 takes; mail of trusted clients loses it in a second smtpd"
    ),
    "send ndrs only to senders passing spf or dmarc": _ways(
        f"{_MARKED}; notify_classes = bounce: postmaster gets the headers of every report", needs="milter"
    ),
    "send ndrs only to senders passing spf or dmarc without a copy": _ways(_MARKED, needs="milter"),
    "send ndrs to anyone": _ways("what Postfix does anyway"),
    "send ndrs to nobody": _ways("NOTIFY=NEVER for what smtpd takes; notify_classes = bounce"),
    "send ndrs to nobody without a copy": _ways("NOTIFY=NEVER for what smtpd takes"),
    "send ndrs through": _ways(
        "sender_dependent_default_transport_maps sends what has no sender by a service of its own"
    ),
    "return headers only": _ways("bounce_size_limit = 1"),
    "return everything": _ways("the largest bounce_size_limit"),
    "return everything up to": _ways("bounce_size_limit; larger messages are returned as headers"),
    "return nothing": _ways(
        "a cleanup that only bounce(8) hands reports to leads them through a script, which takes the returned part out"
    ),
    "give up mail": _ways("sets maximal_queue_lifetime"),
    "give up bounces": _ways("sets bounce_queue_lifetime"),
    "warn about delay": _ways("sets delay_warning_time"),
    "word ndrs": _ways("bounce_template_file, made from the policy's file"),
    "copy double bounces": _ways("2bounce_notice_recipient, with 2bounce in notify_classes"),
    "rewrite with srs": (
        Way(
            "what goes elsewhere from senders elsewhere goes by a program of ours, which asks postsrsd if the original "
            "recipient was here; virtual aliases lead bounces back",
            needs=frozenset({"srs"}),
            since=_SINCE,
            dialect=Dialect.SHA1,
        ),
    ),
}
_HEADER = "header_checks know no sender, client or recipient: trusted clients and kept addresses would be refused, too"
_BODY = "body_checks read 51,200 octets line by line, undecoded, and know no sender, client or recipient"
_CANNOT: Mapping[str, str] = {
    "not client listed": "permit_dnswl_client would end the whole list, and defer later refusals when the DNS fails",
    "client has no name": "reject_unknown_client_hostname also defers when the lookup of the name fails",
    "not relaying": "relaying stands before all rules",
    "not nonexistent recipients": "existence stands before all rules",
    "tag": "header_checks that remove the field from outside would remove ours, too",
    "score": "Postfix knows no score",
    "answer automatically": "Postfix has no autoresponder; Dovecot beside it has",
    "sign mail with batv": "Postfix signs nothing by itself; a filter can",
    **{
        f"{sign}{feature}": sentence
        for sign in ("", "not ")
        for feature, sentence in {
            "spf": "Postfix knows no SPF; a filter does",
            "dmarc": "Postfix knows no DMARC; a filter does",
            "batv": "Postfix cannot check a tag; a filter can",
            "scoring": "Postfix knows no score; a filter does",
            "header matches": _HEADER,
            "report is": _HEADER,
            "forged bounces": _BODY,
        }.items()
    },
}

capabilities = Capabilities(
    versions=("3.7",),
    ways={**_QUESTIONS, **_RECIPIENTS, **_ACTIONS, **_SETTINGS},
    cannot=_CANNOT,
    accepts=("milter", "mailbox", "srs"),
    unreadable=(451, "4.3.5"),
)
