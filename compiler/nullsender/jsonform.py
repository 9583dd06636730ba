"""How each node of the syntax looks in JSON: one row a node, from which reader, writer and schema all work.

A node among several kinds is an object with one key, its tag: `{"sender in": ["silent"]}`. Below the tag stands `true`
for a node without fields, the value of its only field, or an object with a key for each field that is not at its
default. A short node with nothing but its first field may also be that field's value: `"reject"` for an action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from nullsender import syntax as s

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Only:
    """A field that may stand only where another says one of these words; `always`: then it must."""

    other: str
    words: tuple[str, ...]
    always: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The JSON form of a kind of node.

    `keys` renames fields. `words` says what a text may be, for each field, or for each tag where that decides: the
    grammar's rules and terminals, or words themselves after `=`; nothing: any text.
    """

    tag: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    short: bool = False
    chosen_by: str = ""  # the field that the tag stands for
    tags: Mapping[Any, str] = field(default_factory=dict)  # its values
    none: Mapping[str, Any] = field(default_factory=dict)  # what stands for an empty list, where none would be no hint
    only: Mapping[str, Only] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    may_be_empty: tuple[str, ...] = ()  # lists that may be left out without a default of their own
    at_least: int = 0  # how many members its list has, or how many of its fields are there


@dataclass(frozen=True, slots=True)
class Slot:
    """A field as JSON has it: its key, the types one value may have, and whether it is a list of them."""

    name: str
    key: str
    kinds: tuple[Any, ...]
    many: bool
    default: Any  # MISSING: it must be there
    words: tuple[str, ...]
    none: Any  # MISSING: a list that is empty is just that
    fewest: int


def slots(kind: type[s.Node], tag: str = "") -> tuple[Slot, ...]:
    """Return the fields of a node as JSON has them, below a tag."""
    hashable: Any = kind  # mypy takes the hash of nodes for that of their class
    return _slots(hashable, tag)


@cache
def _slots(kind: Any, tag: str) -> tuple[Slot, ...]:
    form, hints = FORMS[kind], get_type_hints(kind)
    return tuple(
        _slot(declared, form, hints[declared.name], tag)
        for declared in fields(kind)
        if declared.name not in ("span", form.chosen_by)
    )


def tags(kind: type[s.Node]) -> Mapping[str, Any]:
    """Return the tags of a kind of node, each with the value that it stands for (None: for nothing more)."""
    form = FORMS[kind]
    return {tag: value for value, tag in form.tags.items()} or {form.tag: None}


def is_tagged(kinds: tuple[Any, ...]) -> bool:
    """Tell whether a node of one of these types stands below its tag."""
    return len(kinds) > 1 or (kinds[0] in FORMS and bool(FORMS[kinds[0]].tags))


def _slot(declared: Field[Any], form: Form, hint: Any, tag: str) -> Slot:
    optional = [part for part in get_args(hint) if part is not NoneType]
    if NoneType in get_args(hint):
        hint = optional[0]
    many = get_origin(hint) is tuple
    one = get_args(hint)[0] if many else hint
    name, none = declared.name, form.none.get(declared.name, MISSING)
    default = () if name in form.may_be_empty else declared.default
    return Slot(
        name,
        form.keys.get(name, name.replace("_", " ")),
        get_args(one) or (one,),
        many,
        MISSING if none is not MISSING else default,
        form.words.get(tag if tag in form.words and form.tags else name, ()),
        none,
        form.at_least
        or int(default is MISSING or none is not MISSING or (name in form.only and form.only[name].always)),
    )


_MAILBOX = ("mailbox",)
_SENDER = ("NULL", "mailbox")
_SPF, _DMARC, _TAG = ("spf_result",), ("dmarc_result",), ("tag_state",)
_STAGE = ("stage",)
_MEMBERS = {"members": "of"}

FORMS: Mapping[type[s.Node], Form] = {
    s.Document: Form(keys={"statements": "policy"}, may_be_empty=("statements",)),
    # statements
    s.PolicyName: Form("policy"),
    s.Include: Form("include"),
    s.SetDefinition: Form(
        keys={"items": "members", "excluded": "except"},
        words={"name": ("NAME",)},
        chosen_by="kind",
        tags={kind: kind for kind in ("domains", "hosts", "networks", "addresses")},
    ),
    s.Recipients: Form("recipients", {"members": "of", "sources": "from"}, none={"sources": "anyone"}),
    s.Deliver: Form("deliver", {"members": "mail for", "endpoint": "to"}, {"protocol": ("protocol",), "endpoint": ()}),
    s.Subaddresses: Form("subaddresses begin with", words={"delimiters": ("DELIMITERS",)}),
    s.TrustClients: Form("trust clients in", {"members": "clients"}, short=True),
    s.UpstreamClients: Form("upstream clients in"),
    s.Keep: Form("keep", words={"roles": ("role",)}),
    s.SplitMail: Form("split mail by"),
    s.QuarantineInto: Form("quarantine into", words={"into": ("quarantine_place",)}),
    s.RuleStatement: Form("rule"),
    s.UseDnsbl: Form(
        "use dnsbl",
        words={"mode": ("plain_mode", "=scoring")},
        only={"points": Only("mode", ("scoring",), always=True)},
    ),
    s.LimitStatement: Form(
        "limit",
        {"count": "to", "period": "per", "counter": "counted per"},
        {"count": ("INT",), "counter": ("counter",)},
        may_be_empty=("narrowings",),
    ),
    s.SendNdrsTo: Form(
        "send ndrs to",
        {"to": "whom"},
        {"to": ("=trusted", "=passing", "=anyone", "=nobody")},
        short=True,
        only={"copy": Only("to", ("trusted", "passing", "nobody"))},
    ),
    s.SendNdrsThrough: Form(
        "send ndrs through", {"helo": "as"}, {"address": ("address_of_host",), "helo": ("domain",)}, short=True
    ),
    s.ReturnWhat: Form(
        "return",
        {"size": "up to"},
        {"what": ("=headers", "=everything", "=nothing")},
        short=True,
        only={"size": Only("what", ("everything",))},
    ),
    s.GiveUpAfter: Form("give up", {"time": "after"}, {"what": ("give_up_what",)}),
    s.WarnAboutDelay: Form("warn about delay after", {"time": "after"}, short=True),
    s.CopyDoubleBounces: Form("copy double bounces to", words={"address": ("ADDRESS",)}, short=True),
    s.WordNdrs: Form("word ndrs", {"file": "by"}, {"file": ("file",)}),
    s.AnswerAutomatically: Form("answer automatically", words={"to": ("=nobody", "=ordinary")}),
    s.SignMail: Form("sign mail", {"members": "from", "keys": "batv keys", "time": "for"}),
    s.RewriteForwarded: Form("rewrite forwarded mail", {"keys": "srs keys", "domain": "as"}, {"domain": ("domain",)}),
    s.Deploy: Form("deploy", words={"name": ("NAME",), "placement": ("NAME",), "behind": ("NAME",)}),
    s.Test: Form("test", {"expectations": "expect"}, may_be_empty=("facts", "expectations")),
    s.Property: Form(
        keys={"condition": "when"},
        words={"verdict": ("verdict",)},
        chosen_by="word",
        tags={"always": "always", "never": "never"},
    ),
    # pieces of statements
    s.File: Form(chosen_by="live", tags={False: "file", True: "live file"}),
    s.Lookup: Form(
        chosen_by="system",
        tags={system: system for system in ("sqlite", "postgres", "mysql", "ldap")},
        may_be_empty=("settings",),
    ),
    s.LookupSetting: Form(words={"name": ("NAME",), "value": ("INT", "file")}),
    s.Duration: Form("time"),
    s.CalloutTo: Form("callout to", words={"endpoint": ()}),
    s.TheServer: Form("the server"),
    s.ComponentRef: Form(words={"name": ("NAME",), "version": ("VERSION", "NAME")}, short=True),
    s.Action: Form(
        keys={"word": "do"},
        words={"word": ("plain_action", "=tag", "=score")},
        short=True,
        only={"header": Only("word", ("tag",)), "points": Only("word", ("score",), always=True)},
    ),
    s.Subject: Form(
        short=True,
        keys=_MEMBERS,
        only={
            "members": Only("kind", (s.SubjectKind.FORGED.value,), always=True),
            "zone": Only("kind", (s.SubjectKind.LISTED.value,), always=True),
        },
    ),
    s.ZoneRef: Form(
        keys={"domain": "zone", "answers": "answering"}, words={"domain": ("domain",), "answers": ("CIDR",)}, short=True
    ),
    s.On: Form("on", words={"deployments": ("NAME",)}),
    # narrowings
    s.ToSet: Form("to"),
    s.FromSet: Form("from"),
    s.ToSeveral: Form("to several recipients"),
    s.Failing: Form("failing", words={"what": ("failing_what",)}),
    s.ScoringOver: Form("scoring at least"),
    s.Untagged: Form("without a valid batv tag"),
    # modifiers
    s.When: Form("when"),
    s.Except: Form("except"),
    s.WithReply: Form("with", words={"code": ("CODE",), "enhanced": ("ENHANCED",)}, at_least=1),
    s.At: Form("at", words={"stage": _STAGE}),
    s.AtSmtpTime: Form("at smtp time"),
    s.ReportOnly: Form("report only"),
    s.FromDate: Form("from", words={"date": ("DATE",)}),
    s.UntilDate: Form("until", words={"date": ("DATE",)}),
    s.ForTime: Form("for"),
    s.Because: Form("because"),
    s.Named: Form("as", words={"name": ("NAME",)}),
    s.Approximate: Form("allow approximate"),
    # conditions
    s.And: Form("and", at_least=2),
    s.Or: Form("or", at_least=2),
    s.Not: Form("not"),
    s.SenderIn: Form("sender in"),
    s.SenderIs: Form("sender is", words={"what": ("sender_kind",)}),
    s.RecipientIn: Form("recipient in"),
    s.RecipientsOver: Form("recipients over", words={"count": ("INT",)}),
    s.ClientIn: Form("client in"),
    s.ClientListed: Form("client listed in"),
    s.ClientNameless: Form("client has no name"),
    s.HeloIn: Form("helo in"),
    s.Authenticated: Form("authenticated"),
    s.SpfIs: Form("spf is", words={"result": _SPF}),
    s.DmarcIs: Form("dmarc is", words={"result": _DMARC}),
    s.BatvIs: Form("batv is", words={"state": _TAG}),
    s.HeaderMatches: Form("header", {"pattern": "matches"}, {"pattern": ("REGEX",)}),
    s.ReportIs: Form("report is", words={"kind": ("report_kind",)}),
    # facts
    s.ClientFact: Form("client", {"listings": "listed in"}, {"address": ("CIDR",)}, short=True),
    s.Listing: Form(keys={"code": "as"}, words={"zone": ("domain",), "code": ("CIDR",)}, short=True),
    s.NamelessFact: Form("client has no name"),
    s.SilentZoneFact: Form("does not answer", words={"zone": ("domain",)}),
    s.HeloFact: Form("helo"),
    s.LoginFact: Form("login"),
    s.OnFact: Form("on", words={"deployment": ("NAME",)}),
    s.FromFact: Form("from", words={"sender": _SENDER}),
    s.ToFact: Form("to", words={"recipients": _MAILBOX}),
    s.KnownFact: Form("known", words={"mailboxes": _MAILBOX}),
    s.UnknownFact: Form("unknown", words={"mailboxes": _MAILBOX}),
    s.LookupFailsFact: Form("lookup fails", words={"mailboxes": _MAILBOX}, none={"mailboxes": True}),
    s.FullFact: Form("full", words={"mailboxes": _MAILBOX}),
    s.ResultFact: Form(
        chosen_by="what",
        tags={"spf": "spf is", "dmarc": "dmarc is", "batv": "batv is", "srs": "srs is"},
        words={"spf is": _SPF, "dmarc is": _DMARC, "batv is": _TAG, "srs is": _TAG},
    ),
    s.ScoreFact: Form("scoring"),
    s.ReportFact: Form("report is", words={"kind": ("report_kind",)}),
    s.HeaderFact: Form("header"),
    s.MessageFact: Form("message", words={"file": ("file",)}),
    s.DateFact: Form("date", words={"date": ("DATE",)}),
    s.CountedFact: Form("after like it", words={"count": ("INT",)}),
    s.FirstContactFact: Form("first contact"),
    # expectations
    s.ExpectVerdict: Form(
        "verdict",
        {"stage": "at", "mailboxes": "for"},
        {
            "verdict": ("verdict",),
            "code": ("CODE",),
            "enhanced": ("ENHANCED",),
            "stage": _STAGE,
            "mailboxes": _MAILBOX,
            "by": ("NAME",),
            "reporting": ("NAME",),
        },
        short=True,
        needs={"enhanced": "code"},
    ),
    s.ExpectNdr: Form("ndr to", words={"address": _MAILBOX}),
    s.ExpectNoNdr: Form("no ndr"),
    s.ExpectSender: Form("sender", words={"sender": _SENDER}),
}
