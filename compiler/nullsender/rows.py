"""What each rule of the grammar makes of the nodes it found: one row a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nullsender import syntax as s
from nullsender.source import Span

Made = Callable[[Span, list[Any]], Any]
_LENGTHS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@s.node
class _Part(s.Node):
    """A piece of a statement that may stand in several places, with the name of the field it belongs to."""

    name: str
    value: Any


# Rules whose value is their only one, or all of them as a tuple.
_ONE = ("domain", "role", "mailbox", "address_of_host", "with_reply")
_ALL = ("items", "members", "names", "answers", "mailboxes", "listings")


def _set_definition(span: Span, v: list[Any]) -> s.SetDefinition:
    return s.SetDefinition(span, v[0], v[1], v[2], v[3] if len(v) > 3 else ())


def _reply(span: Span, v: list[Any]) -> s.WithReply:
    parts: dict[str, Any] = {}
    for value in v:
        if isinstance(value, s.Text):
            parts["text"] = value
        else:
            parts["enhanced" if "." in value.text else "code"] = value
    return s.WithReply(span, **parts)


def _regex(span: Span, v: list[Any]) -> s.HeaderMatches:
    body, _, flags = v[1].text[1:].rpartition("/")
    return s.HeaderMatches(span, v[0], body, flags.lower() == "i")


def _rule(span: Span, v: list[Any]) -> s.RuleStatement:
    return s.RuleStatement(span, v[0], v[1], _only(v[2:], s.Narrowing), _only(v[2:], s.Modifier))


def _dnsbl(span: Span, v: list[Any]) -> s.UseDnsbl:
    zone, mode, *modifiers = v
    points = mode.value if isinstance(mode, _Part) else None
    word = s.Word(mode.span, mode.name) if isinstance(mode, _Part) else mode
    return s.UseDnsbl(span, zone, word, points, tuple(modifiers))


def _limit(span: Span, v: list[Any]) -> s.LimitStatement:
    count = next(i for i, value in enumerate(v) if isinstance(value, s.Number))
    return s.LimitStatement(span, v[0], tuple(v[1:count]), v[count], v[count + 1], v[count + 2], tuple(v[count + 3 :]))


def _send(to: str) -> Made:
    def made(span: Span, v: list[Any]) -> s.SendNdrsTo:
        return s.SendNdrsTo(span, s.Word(span, to), not _only(v, s.Word), _last_on(v))

    return made


def _through(span: Span, v: list[Any]) -> s.SendNdrsThrough:
    helo = v[1] if len(v) > 1 and isinstance(v[1], s.Word) else None
    return s.SendNdrsThrough(span, v[0], helo, _last_on(v))


def _returned(what: str) -> Made:
    def made(span: Span, v: list[Any]) -> s.ReturnWhat:
        amount = v[0] if v and isinstance(v[0], s.Size) else None
        return s.ReturnWhat(span, s.Word(span, what), amount, _last_on(v))

    return made


def _answer(to: str) -> Made:
    return lambda span, _: s.AnswerAutomatically(span, s.Word(span, to))


def _sign(span: Span, v: list[Any]) -> s.SignMail:
    time = next((value.time for value in v if isinstance(value, s.ForTime)), None)
    return s.SignMail(span, v[0], v[1], time, _last_on(v))


def _deploy(span: Span, v: list[Any]) -> s.Deploy:
    return s.Deploy(span, v[0], v[1], **{part.name: part.value for part in v[2:]})


def _test(span: Span, v: list[Any]) -> s.Test:
    return s.Test(span, v[0], _only(v, s.Fact), _only(v, s.Expectation))


def expected(v: list[Any]) -> tuple[dict[str, Any], tuple[Span, ...]]:
    """Return the fields of an expected verdict, and where one that may stand once stands again."""
    parts: dict[str, Any] = {}
    again = []
    for value in v[1:]:
        if isinstance(value, s.Word):
            parts["enhanced" if "." in value.text else "code"] = value
        elif isinstance(value.value, tuple):
            parts[value.name] = parts.get(value.name, ()) + value.value
        else:
            again += [value.span] if value.name in parts else []
            parts.setdefault(value.name, value.value)
    return parts, tuple(again)


def _outcome(name: str) -> Made:
    return lambda span, v: _Part(span, name, (v[0],) if name == "tagged" else v[0])


def _result(what: str) -> Made:
    return lambda span, v: s.ResultFact(span, s.Word(_first(span, what), what), v[0])


def _first(span: Span, word: str) -> Span:
    return Span(span.source, span.start, span.start + len(word))


def _header_fact(returned: bool) -> Made:
    return lambda span, v: s.HeaderFact(span, v[0], v[1], returned)


def _only(values: list[Any], kinds: Any) -> tuple[Any, ...]:
    return tuple(value for value in values if isinstance(value, kinds))


def _last_on(v: list[Any]) -> s.On | None:
    return v[-1] if v and isinstance(v[-1], s.On) else None


def _as(kind: type[s.Node]) -> Made:
    return lambda span, v: kind(span, *v)


MADE: Mapping[str, Made] = {
    "start": lambda span, v: s.Document(span, tuple(v)),
    "policy": _as(s.PolicyName),
    "include": _as(s.Include),
    "set_definition": _set_definition,
    "file": _as(s.File),
    "live_file": lambda span, v: s.File(span, v[0], live=True),
    "recipients": lambda span, v: s.Recipients(span, v[0], tuple(v[1:])),
    "lookup": lambda span, v: s.Lookup(span, v[0], tuple(v[1:])),
    "setting": _as(s.LookupSetting),
    "callout": _as(s.CalloutTo),
    "the_server": _as(s.TheServer),
    "deliver": _as(s.Deliver),
    "endpoint": lambda span, v: v[0] if isinstance(v[0], s.Word) else s.Word(span, v[0].value),
    "subaddresses": _as(s.Subaddresses),
    "trust": _as(s.TrustClients),
    "upstream": _as(s.UpstreamClients),
    "keep": lambda span, v: s.Keep(span, tuple(v)),
    "split": _as(s.SplitMail),
    "quarantine_into": _as(s.QuarantineInto),
    "on": _as(s.On),
    "rule": _rule,
    "tag_action": lambda span, v: s.Action(span, s.Word(_first(span, "tag"), "tag"), *v),
    "score_action": lambda span, v: s.Action(span, s.Word(_first(span, "score"), "score"), None, v[0]),
    "forged": lambda span, v: s.Subject(span, s.SubjectKind.FORGED, v[0]),
    "listed_clients": lambda span, v: s.Subject(span, s.SubjectKind.LISTED, (), v[0]),
    "zone": _as(s.ZoneRef),
    "to_set": _as(s.ToSet),
    "from_set": _as(s.FromSet),
    "to_several": _as(s.ToSeveral),
    "failing": _as(s.Failing),
    "scoring": _as(s.ScoringOver),
    "untagged": _as(s.Untagged),
    "when": _as(s.When),
    "excepted": _as(s.Except),
    "reply_code": _reply,
    "reply_enhanced": _reply,
    "reply_text": _reply,
    "at_stage": _as(s.At),
    "at_smtp_time": _as(s.AtSmtpTime),
    "report_only": _as(s.ReportOnly),
    "from_date": _as(s.FromDate),
    "until_date": _as(s.UntilDate),
    "for_time": _as(s.ForTime),
    "because": _as(s.Because),
    "named": _as(s.Named),
    "approximate": _as(s.Approximate),
    "dnsbl": _dnsbl,
    "scoring_mode": lambda span, v: _Part(span, "scoring", v[0]),
    "limit": _limit,
    "period_length": lambda span, v: v[0] if isinstance(v[0], s.Duration) else s.Duration(span, _LENGTHS[v[0].text]),
    "sender_in": _as(s.SenderIn),
    "sender_is": _as(s.SenderIs),
    "recipient_in": _as(s.RecipientIn),
    "recipients_over": _as(s.RecipientsOver),
    "client_in": _as(s.ClientIn),
    "client_listed": _as(s.ClientListed),
    "client_nameless": _as(s.ClientNameless),
    "helo_in": _as(s.HeloIn),
    "authenticated": _as(s.Authenticated),
    "spf_is": _as(s.SpfIs),
    "dmarc_is": _as(s.DmarcIs),
    "batv_is": _as(s.BatvIs),
    "header_matches": _regex,
    "report_is": _as(s.ReportIs),
    "ndr_trusted": _send("trusted"),
    "ndr_passing": _send("passing"),
    "ndr_anyone": _send("anyone"),
    "ndr_nobody": _send("nobody"),
    "ndr_through": _through,
    "return_headers": _returned("headers"),
    "return_everything": _returned("everything"),
    "return_nothing": _returned("nothing"),
    "give_up": _as(s.GiveUpAfter),
    "warn_delay": _as(s.WarnAboutDelay),
    "copy_double": _as(s.CopyDoubleBounces),
    "word_ndrs": _as(s.WordNdrs),
    "without_copy": lambda span, _: s.Word(span, "without a copy"),
    "answer_nobody": _answer("nobody"),
    "answer_ordinary": _answer("ordinary"),
    "sign": _sign,
    "srs": _as(s.RewriteForwarded),
    "deploy": _deploy,
    "component": _as(s.ComponentRef),
    "helpers": lambda span, v: _Part(span, "helpers", tuple(v)),
    "placement": lambda span, v: _Part(span, "placement", v[0]),
    "behind": lambda span, v: _Part(span, "behind", v[0]),
    "test": _test,
    "client_fact": _as(s.ClientFact),
    "nameless_fact": _as(s.NamelessFact),
    "silent_zone_fact": _as(s.SilentZoneFact),
    "helo_fact": _as(s.HeloFact),
    "login_fact": _as(s.LoginFact),
    "said_name": lambda span, v: v[0] if isinstance(v[0], s.Text) else s.Text(span, v[0].text),
    "on_fact": _as(s.OnFact),
    "from_fact": _as(s.FromFact),
    "to_fact": _as(s.ToFact),
    "known_fact": _as(s.KnownFact),
    "unknown_fact": _as(s.UnknownFact),
    "lookup_fails_fact": _as(s.LookupFailsFact),
    "full_fact": _as(s.FullFact),
    **{f"{what}_fact": _result(what) for what in ("spf", "dmarc", "batv", "srs")},
    "score_fact": _as(s.ScoreFact),
    "report_fact": _as(s.ReportFact),
    "header_fact": _header_fact(False),
    "returned_fact": _header_fact(True),
    "message_fact": _as(s.MessageFact),
    "date_fact": _as(s.DateFact),
    "counted_fact": _as(s.CountedFact),
    "first_contact_fact": _as(s.FirstContactFact),
    "listing": _as(s.Listing),
    "expect_ndr": _as(s.ExpectNdr),
    "expect_no_ndr": _as(s.ExpectNoNdr),
    "expect_sender": _as(s.ExpectSender),
    "outcome_at": _outcome("stage"),
    "outcome_for": _outcome("mailboxes"),
    "outcome_by": _outcome("by"),
    "outcome_reporting": _outcome("reporting"),
    "outcome_tagged": _outcome("tagged"),
    "outcome_scored": _outcome("scored"),
    "property": _as(s.Property),
    **dict.fromkeys(_ONE, lambda _, v: v[0]),
    **dict.fromkeys(_ALL, lambda _, v: tuple(v)),
}
