"""Statements of a policy as parameters, and as notes where the service does by itself what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from nullsender import policy as p
from nullsender_targets.exchange.cmdlets import Service, Value

_ALL = 2_147_483_647  # bytes: more than a message may have
_BUILT_IN: dict[type, str] = {
    p.SignBatv: "Exchange Online marks what it sends and knows bounces of it by that, with keys of its own.",
    p.RewriteSrs: "Exchange Online rewrites the sender of what it forwards, with keys and an address of its own.",
    p.AnswerAutomatically: "Automatic replies never go to a null sender.",
}


def note_of(setting: object) -> str | None:
    """Return what the service does by itself."""
    return _BUILT_IN.get(type(setting))


def settings_of(setting: object, service: Service) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield the nouns and parameters of a statement."""
    match setting:
        case p.SendNdrs(to):
            yield "RemoteDomain", {"NDREnabled": to is p.NdrTo.ANYONE}
        case p.SignBatv():  # on is for nobody: all NDRs are spam then to a tenant whose outgoing mail goes elsewhere
            yield "HostedContentFilterPolicy", {"MarkAsSpamNdrBackscatter": "Off"}
        case p.AnswerAutomatically(ordinary):
            yield "RemoteDomain", {"AllowedOOFType": "External" if ordinary else "None", "AutoReplyEnabled": ordinary}
        case p.GiveUp(seconds=seconds) if service is Service.ONLINE:
            yield "TransportConfig", {"MessageExpiration": timedelta(seconds=seconds)}
        case p.GiveUp(seconds=seconds):
            yield "TransportService", {"MessageExpirationTimeout": timedelta(seconds=seconds)}
        case p.WarnDelay(seconds):
            yield "TransportService", {"DelayNotificationTimeout": timedelta(seconds=seconds)}
            yield "TransportConfig", {"ExternalDelayDsnEnabled": True, "InternalDelayDsnEnabled": True}
        case p.Return(what, size):
            octets = 0 if what is p.Returned.HEADERS else _ALL if size is None else size
            yield (
                "TransportConfig",
                {"ExternalDsnMaxMessageAttachSize": octets, "InternalDsnMaxMessageAttachSize": octets},
            )
