"""What Exim can do, measured on version 4.96 of Debian 12 (exim4-daemon-heavy)."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import ANY_STAGE, Capabilities, Way
from nullsender.condition import HeaderMatches, literals
from nullsender.features import full_condition
from nullsender.policy import Rule, Stage
from nullsender.srs import Dialect

_RCPT = frozenset({Stage.RCPT})
_MESSAGE = frozenset({Stage.DATA, Stage.CONTENT})
_CONTENT = frozenset({Stage.CONTENT})


def _way(sentence: str, stages: frozenset[Stage] = ANY_STAGE, *needs: str) -> tuple[Way, ...]:
    return (Way(sentence, stages, needs=frozenset(needs)),)


def _standalone(sentence: str) -> tuple[Way, ...]:
    return _way(sentence, ANY_STAGE, "standalone")


_RECIPIENTS: Mapping[str, tuple[Way, ...]] = {
    "relaying": _way("the RCPT ACL compares the recipient's domain with those served", _RCPT),
    "nonexistent recipients": _way("the RCPT ACL looks the recipient up before it asks anything else", _RCPT),
    "nonexistent recipients, narrowed": _way("more conditions in the same statement of the ACL", _RCPT),
    "nonexistent recipients with a code": _way("the ACL's message begins with the code", _RCPT),
    "recipients from file": _way("a table, searched or indexed by exim_dbmbuild", _RCPT),
    "recipients from live file": _way("an lsearch lookup of the file; where it is missing, 451", _RCPT),
    "recipients from sqlite": _way("an sqlite lookup, and another whether the table is there; else 451", _RCPT),
    "recipients from postgres": _way("a pgsql lookup by a service of libpq, which bounds the time; else 451", _RCPT),
    "recipients from mysql": _way("a mysql lookup with a group of options, which bounds the time; else 451", _RCPT),
    "recipients from ldap": _way("an ldapm lookup, and another whether the base is there; else 451", _RCPT),
    "recipients from callout": _way("`verify = recipient/callout`, which keeps what the hop says; else 451", _RCPT),
    "recipients from the server": _way("`verify = recipient` asks the existing routers", _RCPT, "fragment"),
    "recipients from several sources": _way("one lookup that finds it will do; else one that fails is 451", _RCPT),
    "recipients are anyone": _way("every recipient of the domain is accepted", _RCPT),
    "subaddresses": _way("a second lookup without what the delimiter begins", _RCPT),
    "split mail": _way("the RCPT ACL compares the recipient's sets with those of the first accepted one", _RCPT),
}
_QUESTIONS: Mapping[str, tuple[Way, ...]] = {
    "sender is null": _way("`senders = :`"),
    "sender is postmaster": _way("the local part is compared, at any domain"),
    "sender in": _way("a list of addresses or domains, or a lookup of a table"),
    "recipient in": _way("a list or a lookup; at DATA, what each accepted recipient left in a variable"),
    "recipients over quota": _way(
        "`${readsocket}` asks the service at 127.0.0.1:12340 (policy protocol); no answer means not full", _RCPT
    ),
    "recipients > N": _way("`$recipients_count` once all are known", _MESSAGE),
    "several recipients": _way("`$recipients_count` once all are known", _MESSAGE),
    "client in": _way("`hosts` with a list of networks, or an iplsearch lookup"),
    "client listed": _way("`dnslists` with the answers that count; a failure is never a match"),
    "client has no name": _way("`verify = reverse_host_lookup`; without an answer of the DNS it is neither"),
    "helo in": _way("a list of names, or a lookup of a table"),
    "authenticated": _way("`$sender_host_authenticated` is set"),
    "trusted client": _way("a login, or a list of networks"),
    "upstream client": _way("`hosts` with a list of networks"),
    "kept recipient": _way("the local part is compared, at the domains served"),
    "batv": _way("an HMAC is computed with the key whose number the tag names, and its day is compared"),
    "header matches": _way("`forany` over the fields of `$message_headers_raw`, unfolded", _CONTENT),
    "report is": _way("the parameter of the first Content-Type", _CONTENT),
    "spf": _way("the condition `spf`, once a message; what it cannot tell is an error"),
    "forged bounces": _way("a script in Perl, which the DATA ACL runs, reads what a bounce returned", _CONTENT),
    "scoring": (
        *_way("the policy's points and the filter's score are summed up in a variable", _CONTENT, "spamd"),
        *_way("the policy's points are summed up in a variable", _CONTENT),
    ),
}  # fmt: skip
_WHOM = {
    "recipient": "for each accepted recipient",
    "client": "of `$sender_host_address`",
    "sender": "of the sender without a subaddress",
    "domain": "of the sender's domain, or for the recipients' domains",
    "login": "of `$authenticated_id`",
}
_ACTIONS: Mapping[str, tuple[Way, ...]] = {
    "reject": _way("`deny` with a message"),
    "defer": _way("`defer` with a message"),
    "reply code": _way("the ACL's message begins with the code"),
    "report only": _way("`warn` with a line for the log"),
    "tag": _way("`add_header` when the message has come, after `remove_header`", _MESSAGE),
    "score": _way("a sum in a variable", _CONTENT),
    "quarantine": _way("the message is accepted, and a variable goes with it into the queue", _MESSAGE),
    "quarantine into junk": _way("delivered with `X-Spam: Yes`, and no NDR is made for it", _MESSAGE),
    "quarantine into hold": _way(
        "a router writes it into the spool's folder `quarantine`, envelope included", _MESSAGE
    ),
    "quarantine into address": _way("a router sends it to that address instead", _MESSAGE),
    "quarantine without reports": _way("what is in quarantine bounces to nobody", _MESSAGE),
    "quarantine without reports if passing": _way("what is in quarantine bounces to nobody", _MESSAGE),
    "discard": _way("`discard` when the message has come", _MESSAGE),
    "greylist": _way("a lookup in a database of SQLite that writes the first try down, and defers until then", _RCPT),
    **{
        f"limit per {per}": _way(f"a lookup in a database of SQLite counts what was accepted {whom}", _CONTENT)
        for per, whom in _WHOM.items()
    },
    "set from live file": _way("a lookup of the file, if it exists; else membership is unknown"),
}
_SETTINGS: Mapping[str, tuple[Way, ...]] = {
    "deliver by lmtp": _standalone("a manualroute router and an smtp transport with `protocol = lmtp`"),
    "deliver by smtp": _standalone("a manualroute router and an smtp transport"),
    "send ndrs to anyone": _way("as Exim does it by itself"),
    "send ndrs only to trusted senders": _way("`dsn_from` marks the others, a router sends them to postmaster"),
    "send ndrs only to trusted senders without a copy": _way("`dsn_from` marks the others, a router drops them"),
    "send ndrs only to senders passing spf or dmarc": _way(
        "as to trusted senders, and to those of whose message the filter has said so", ANY_STAGE, "spamd"
    ),
    "send ndrs only to senders passing spf or dmarc without a copy": _way(
        "as to trusted senders, and to those of whose message the filter has said so", ANY_STAGE, "spamd"
    ),
    "send ndrs to nobody": _way("`dsn_from` marks them, a router sends them to postmaster"),
    "send ndrs to nobody without a copy": _way("`dsn_from` marks them, a router drops them"),
    "send ndrs through": _way("a transport with `interface` and `helo_data` for what Exim itself submitted"),
    "return headers only": _way("`bounce_return_body = false`"),
    "return everything": _way("`bounce_return_size_limit = 0`"),
    "return everything up to": _way("`bounce_return_size_limit`; of a longer message the headers only"),
    "return nothing": _way("a pipe takes the returned part out of what Exim itself wrote, and submits it again"),
    "give up mail": _way("the cutoff of the retry rule; a host that has failed for so long is not waited for"),
    "give up bounces": _way("a retry rule for null senders; a bounce that is refused is dropped at once"),
    "warn about delay": _way("`delay_warning`, to those who would get an NDR"),
    "answer automatically": (
        *_way(
            "a macro with the conditions, which apply.sh wants in every router that answers; or a router drops answers",
            ANY_STAGE,
            "fragment",
        ),
        *_standalone("a whole server answers nobody"),
    ),
    "word ndrs": _way("`bounce_message_file` and `warn_message_file`, made from the policy's file"),
    "rewrite with srs": (
        Way(
            "`srs_encode` in the transports to other machines, `inbound_srs` before existence",
            dialect=Dialect.MD5,
        ),
    ),
    "sign mail with batv": _way("`return_path` of the transports to other machines, with an HMAC"),
    "copy double bounces": _standalone("`errors_to` of the routers for null senders"),
}

_UNASKED: Mapping[str, str] = {
    "dmarc": "Debian's Exim is built without DMARC",
}


_REMOVED = frozenset({"return-path", "envelope-to", "delivery-date"})


def _unfit(rule: Rule) -> str | None:
    asked = (atom.name for _, atom in literals(full_condition(rule)) if isinstance(atom, HeaderMatches))
    gone = next((name for name in asked if name.lower() in _REMOVED), None)
    return f"Exim removes `{gone}` from what it takes before any rule can ask for it" if gone else None


def _negated(question: str) -> str:
    return f"not {question}"


capabilities = Capabilities(
    versions=("4.96",),
    ways={
        **_RECIPIENTS,
        **_QUESTIONS,
        **{_negated(question): ways for question, ways in _QUESTIONS.items()},
        _negated("relaying"): _RECIPIENTS["relaying"],
        _negated("nonexistent recipients"): _RECIPIENTS["nonexistent recipients"],
        **_ACTIONS,
        **_SETTINGS,
    },
    cannot={**_UNASKED, **{_negated(question): why for question, why in _UNASKED.items()}},
    accepts=("spamd", "mailbox"),
    unfit=_unfit,
)
