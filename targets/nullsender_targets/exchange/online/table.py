"""What Exchange Online can do, after Microsoft's documentation of August 2026; no tenant was measured."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Capabilities, Loss, Way
from nullsender_targets.exchange.rules import unfit
from nullsender_targets.exchange.table import AT_THE_EDGE, CONTENT, RCPT, reasons, setting, way

_IN_AUTHENTICATION_RESULTS = (
    "a mail-flow rule reads what the service wrote into `Authentication-Results`; what it refused never comes so far"
)

_RECIPIENTS: Mapping[str, tuple[Way, ...]] = {
    "relaying": way("built in: the service accepts mail for accepted domains and from senders it knows", RCPT),
    "nonexistent recipients": way("directory-based edge blocking: the accepted domain is `Authoritative`", RCPT),
    "nonexistent recipients with a code": way(
        "directory-based edge blocking always answers 550 5.4.1", RCPT, Loss.CODE
    ),
    "recipients from the server": way("the tenant's directory", RCPT),
    "recipients from file": way(
        "the tenant's directory; a domain refuses others only once every listed recipient is there, and what the "
        "directory holds besides exists as well",
        RCPT,
        Loss.NARROWER,
    ),
    "recipients are anyone": way(
        "the accepted domain is `InternalRelay`; a connector has to take what no mailbox here does", RCPT
    ),
    "subaddresses": way("plus addressing, which knows `+` and no other delimiter", RCPT),
}
_QUESTIONS: Mapping[str, tuple[Way, ...]] = {
    "not sender is null": way("`FromAddressMatchesPatterns` asks for an `@` in the envelope's sender", CONTENT),
    "sender in": way("`FromAddressMatchesPatterns`, asked of the envelope", CONTENT),
    "not sender in": way("`ExceptIfFromAddressMatchesPatterns`, asked of the envelope", CONTENT),
    "recipient in": way(
        "`AnyOfRecipientAddressMatchesPatterns`, which knows a mailbox by its primary address alone", CONTENT,
        Loss.NARROWER, several=(Loss.SCOPE,),
    ),
    "client in": way("`SenderIpRanges`: the last hop before the service", CONTENT),
    "not client in": way("`ExceptIfSenderIpRanges`: the last hop before the service", CONTENT),
    "authenticated": way("`FromScope InOrganization`", CONTENT),
    "not authenticated": way("`ExceptIfFromScope InOrganization`", CONTENT),
    "trusted client": way("`FromScope InOrganization`", CONTENT),
    "not trusted client": (
        *way("built in: who has not logged in may not relay", RCPT),
        *way("`ExceptIfFromScope InOrganization`", CONTENT),
    ),
    "upstream client": way("`SenderIpRanges` with the addresses in front", CONTENT),
    "not upstream client": way("`ExceptIfSenderIpRanges` with the addresses in front", CONTENT),
    "not kept recipient": way(
        "`ExceptIfSentTo`, which spares a mailbox by whichever address it was written to", CONTENT, Loss.NARROWER
    ),
    "spf": way(_IN_AUTHENTICATION_RESULTS, CONTENT, Loss.NARROWER),
    "dmarc": way(_IN_AUTHENTICATION_RESULTS, CONTENT, Loss.NARROWER),
}  # fmt: skip
_ACTIONS: Mapping[str, tuple[Way, ...]] = {
    "reject": way("built in, for relaying and nonexistent recipients", RCPT),
    "quarantine": way("a mail-flow rule, after which no other of ours is asked", CONTENT),
    "quarantine into hold": way("the tenant's quarantine", CONTENT),
    "quarantine into junk": way("delivered with `X-Spam: Yes`", CONTENT),
    "quarantine into address": way("the message is redirected there", CONTENT),
    "quarantine without reports": way("as for all mail: who may have reports gets one", CONTENT, Loss.REPORT),
    "quarantine without reports if passing": way(
        "as for all mail: who may have reports gets one", CONTENT, Loss.REPORT
    ),
    "discard": way("a mail-flow rule drops the message without an NDR", CONTENT),
    "tag": way("a mail-flow rule sets the header field, and another has removed it from all that comes", CONTENT),
    "report only": way("the mail-flow rule is in mode `Audit`, and the message trace tells of it", CONTENT),
}
_SETTINGS: Mapping[str, tuple[Way, ...]] = {
    "send ndrs to anyone": setting("`NDREnabled` of every remote domain"),
    "send ndrs only to trusted senders without a copy": setting(
        "`NDREnabled` of every remote domain: NDRs to the outside are dropped, those inside the tenant are not"
    ),
    "give up mail": setting("`MessageExpiration`, from 12 to 24 hours"),
    "answer automatically": setting("`AutoReplyEnabled` and `AllowedOOFType` of every remote domain"),
    "sign mail with batv": setting(
        "built in: the service marks what it sends and knows its own bounces by that; `MarkAsSpamNdrBackscatter` is off"
    ),
    "rewrite with srs": setting("built in: the service rewrites the sender of what it forwards"),
}

_OWN_DIRECTORY = "the service asks its own directory alone; say `from the server`, or have Postfix or Exim in front ask"
_NO_BOUNCES = f"mail-flow rules cannot match a null sender; {AT_THE_EDGE}"
_NO_COPY = "the service sends no copies of NDRs; say `without a copy`, or have Postfix or Exim in front send them"
_NO_PATTERNS = "patterns of mail-flow rules are another language; have a filter in front tag what matches"
_BY_FEATURE: Mapping[str, str] = {
    "recipients from live file": "a service reads no files; say `from file`, or have Postfix or Exim in front ask",
    **{f"recipients from {system}": _OWN_DIRECTORY for system in ("sqlite", "postgres", "mysql", "ldap", "callout")},
    "recipients from several sources": _OWN_DIRECTORY,
    "nonexistent recipients, narrowed": f"edge blocking holds for a domain and everybody; {AT_THE_EDGE}",
    "not nonexistent recipients": f"mail-flow rules do not ask the directory; {AT_THE_EDGE}",
    "split mail": f"the service takes all recipients of a message at once; {AT_THE_EDGE}",
    "sender is null": _NO_BOUNCES,
    "sender is postmaster": f"mail-flow rules match no sender without a domain; {AT_THE_EDGE}",
    "not recipient in": f"exceptions of mail-flow rules overlook addresses that are not primary; {AT_THE_EDGE}",
    "recipients > N": f"mail-flow rules do not count recipients of the envelope; {AT_THE_EDGE}",
    "several recipients": f"mail-flow rules do not count recipients of the envelope; {AT_THE_EDGE}",
    "client listed": f"the service asks no block lists of yours; {AT_THE_EDGE}",
    "client has no name": f"mail-flow rules do not see the client's name; {AT_THE_EDGE}",
    "helo in": f"mail-flow rules do not see HELO; {AT_THE_EDGE}",
    "kept recipient": f"mail-flow rules know no such address unless it is a mailbox's primary one; {AT_THE_EDGE}",
    "not relaying": f"mail-flow rules are not asked of mail that is relayed; {AT_THE_EDGE}",
    "recipients over quota": f"the service bounces for a full mailbox, later; {AT_THE_EDGE}",
    "batv": f"the service judges bounces by marks of its own and lets no rule ask for them; {AT_THE_EDGE}",
    "scoring": "SCL is no sum of points; have rspamd in front score",
    "not spf": f"the service's word on SPF can be matched, not its absence; {AT_THE_EDGE}",
    "not dmarc": f"the service's word on DMARC can be matched, not its absence; {AT_THE_EDGE}",
    "header matches": _NO_PATTERNS,
    "report is": f"mail-flow rules know no type for reports; {AT_THE_EDGE}",
    "forged bounces": f"mail-flow rules do not look into returned messages; {AT_THE_EDGE}",
    "set from live file": f"a service reads no files of yours; {AT_THE_EDGE}",
    "defer": f"the service accepts or refuses for good; {AT_THE_EDGE}",
    "score": "SCL is no sum of points; have rspamd in front score",
    "greylist": f"the service does not greylist; {AT_THE_EDGE}",
    "reply code": f"a mail-flow rule that refuses makes an NDR, so there is no reply to choose; {AT_THE_EDGE}",
    "send ndrs only to trusted senders": _NO_COPY,
    "send ndrs to nobody": _NO_COPY,
    "send ndrs to nobody without a copy": "NDRs inside the tenant cannot be stopped; say `only to trusted senders`",
    "send ndrs through": f"the service itself sends NDRs from its high-risk delivery pool; {AT_THE_EDGE}",
    "warn about delay": f"the service warns when it likes, or not at all; {AT_THE_EDGE}",
    "give up bounces": f"one time to live holds for bounces and for other mail; {AT_THE_EDGE}",
    "copy double bounces": f"the service drops what it cannot bounce; {AT_THE_EDGE}",
    "word ndrs": f"`New-SystemMessage` exists on Exchange Server only; {AT_THE_EDGE}",
}  # fmt: skip
_BY_HEADING: Mapping[str, str] = {
    "delivery": "the mailboxes are here; what is not is delivered by connectors that exist already",
    "limit": f"limits of the service know no null sender and no policy; {AT_THE_EDGE}",
    "ndr": f"what the service's NDRs hold, and who gets them, cannot be set so; {AT_THE_EDGE}",
}
_WAYS = {**_RECIPIENTS, **_QUESTIONS, **_ACTIONS, **_SETTINGS}

capabilities = Capabilities(
    versions=("2026.8",),
    ways=_WAYS,
    cannot=reasons(_WAYS, _BY_FEATURE, _BY_HEADING),
    native_replies=frozenset({(550, "5.4.1")}),
    unfit=unfit,
)
