"""What Edge Transport of Exchange Server can do, after Microsoft's documentation of August 2026; none was measured."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Capabilities, Loss, Way
from nullsender_targets.exchange.table import AT_THE_EDGE, RCPT, reasons, setting, way

_RECIPIENTS: Mapping[str, tuple[Way, ...]] = {
    "relaying": way("built in: Edge Transport accepts mail for accepted domains", RCPT),
    "not trusted client": way("built in: who has not logged in may not relay", RCPT),
    "reject": way("built in, for relaying and nonexistent recipients", RCPT),
    "nonexistent recipients": way("the recipient filter asks the directory that EdgeSync brings", RCPT),
    "nonexistent recipients with a code": way("the recipient filter always answers 550 5.1.1", RCPT, Loss.CODE),
    "recipients from the server": way("the directory that EdgeSync brings", RCPT),
    "recipients are anyone": way(
        "the accepted domain is `InternalRelay`; a send connector has to take what comes for it", RCPT
    ),
}
_SETTINGS: Mapping[str, tuple[Way, ...]] = {
    "send ndrs to anyone": setting("`NDREnabled` of every remote domain"),
    "send ndrs only to trusted senders without a copy": setting(
        "`NDREnabled` of every remote domain: NDRs to the outside are dropped, those inside are not"
    ),
    "return headers only": setting("`ExternalDsnMaxMessageAttachSize` is 0"),
    "return everything": setting("`ExternalDsnMaxMessageAttachSize` is as large as it may be"),
    "return everything up to": setting("`ExternalDsnMaxMessageAttachSize`; of a longer message the headers only"),
    "give up mail": setting("`MessageExpirationTimeout`, up to 90 days"),
    "warn about delay": setting("`DelayNotificationTimeout`, up to 30 days"),
    "answer automatically": setting("`AutoReplyEnabled` and `AllowedOOFType` of every remote domain"),
}

_NOT_YET = f"not generated yet; {AT_THE_EDGE}"
_BY_FEATURE: Mapping[str, str] = {
    "nonexistent recipients, narrowed": f"the recipient filter holds for a domain and everybody; {AT_THE_EDGE}",
    "subaddresses": f"Exchange Server knows no subaddresses; {AT_THE_EDGE}",
    "recipients over quota": f"Edge Transport knows no mailboxes; {AT_THE_EDGE}",
    "client listed": f"a block list provider refuses every listed client, in no other mode; {AT_THE_EDGE}",
    "reply code": f"agents of Edge Transport have replies of their own; {AT_THE_EDGE}",
    "give up bounces": f"one time to live holds for bounces and for other mail; {AT_THE_EDGE}",
    "return nothing": f"an NDR holds at least the headers; {AT_THE_EDGE}",
    "send ndrs only to trusted senders": "a copy goes by code, not by who gets no NDR; say `without a copy`",
    "send ndrs to nobody": "NDRs to the inside cannot be stopped; say `only to trusted senders without a copy`",
    "send ndrs to nobody without a copy": "NDRs to the inside cannot be stopped; say `only to trusted senders`",
    "send ndrs through": f"no send connector can be chosen for NDRs; {AT_THE_EDGE}",
    "sign mail with batv": f"Exchange Server does not sign reverse-paths; {AT_THE_EDGE}",
    "rewrite with srs": f"Exchange Server does not rewrite reverse-paths; {AT_THE_EDGE}",
    "word ndrs": "`New-SystemMessage` has a text for each code, not one for all",
}
_BY_HEADING: Mapping[str, str] = {
    "recipients": f"Edge Transport asks the directory that EdgeSync brings; say `from the server`, or {AT_THE_EDGE}",
    "delivery": "send connectors of the organisation deliver, and EdgeSync brings them",
    "condition": _NOT_YET,
    "action": _NOT_YET,
    "limit": f"rates of receive connectors know no null sender; {AT_THE_EDGE}",
    "ndr": f"what NDRs hold, and who gets them, cannot be set so; {AT_THE_EDGE}",
    "identity": _NOT_YET,
}
_WAYS = {**_RECIPIENTS, **_SETTINGS}

capabilities = Capabilities(
    versions=("2019",),
    ways=_WAYS,
    cannot=reasons(_WAYS, _BY_FEATURE, _BY_HEADING),
    native_replies=frozenset({(550, "5.1.1")}),
)
