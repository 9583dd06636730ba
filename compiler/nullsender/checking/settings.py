"""Statements that are settings: NDRs, autoreplies, signing and SRS."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from nullsender import canonical, wording
from nullsender import policy as p
from nullsender import syntax as s
from nullsender.batv import LIFETIME
from nullsender.checking.context import Context
from nullsender.checking.letters import letters
from nullsender.entryfile import unreadable
from nullsender.names import Kind
from nullsender.source import Span

DAY = 86400
_LONGEST_BATV = LIFETIME * DAY  # the tag names its last day modulo 1000; all servers look seven days ahead
_TO = {
    "trusted": p.NdrTo.TRUSTED,
    "passing": p.NdrTo.PASSING,
    "anyone": p.NdrTo.ANYONE,
    "nobody": p.NdrTo.NOBODY,
}
_RETURNED = {"headers": p.Returned.HEADERS, "everything": p.Returned.EVERYTHING, "nothing": p.Returned.NOTHING}
Setting = p.Setting | p.AnswerAutomatically | p.SignBatv | p.RewriteSrs
_KINDS = (
    s.SendNdrsTo,
    s.SendNdrsThrough,
    s.ReturnWhat,
    s.GiveUpAfter,
    s.WarnAboutDelay,
    s.CopyDoubleBounces,
    s.WordNdrs,
    s.AnswerAutomatically,
    s.SignMail,
    s.RewriteForwarded,
)


def statements(context: Context) -> tuple[p.Statement, ...]:
    """Return the settings in order, each once for a deployment."""
    found: list[p.Statement] = []
    ids: dict[str, int] = {}
    for node in context.resolved.statements:
        if not isinstance(node, _KINDS):
            continue
        setting = _setting(node, context)
        on = getattr(node, "on", None)
        names = context.on(on.deployments) if on else ()
        if setting is None or (on and not names):
            continue
        words = wording.of_setting(node)
        base = wording.slug(words)
        ids[base] = ids.get(base, 0) + 1
        id_ = base if ids[base] == 1 else f"{base}-{ids[base]}"
        found.append(p.Statement(id_, setting, names, words, node.span))
    _check_twice(found, context)
    _check_lifetimes(found, context)
    return tuple(found)


def _setting(node: s.Node, context: Context) -> Setting | None:
    match node:
        case s.SendNdrsTo(to=to, copy=copy):
            return p.SendNdrs(_TO[to.text], copy)
        case s.SendNdrsThrough(address=address, helo=helo):
            return _through(address, helo, context)
        case s.ReturnWhat(what=what, size=size):
            return p.Return(_RETURNED[what.text], size.octets if size else None)
        case s.GiveUpAfter(what=what, time=time):
            return p.GiveUp(what.text == "bounces", time.seconds)
        case s.WarnAboutDelay(time=time):
            return p.WarnDelay(time.seconds)
        case s.CopyDoubleBounces(address=address):
            form = context.address(address)
            return p.CopyDoubleBounces(form) if form else None
        case s.WordNdrs(file=file):
            return _worded(file, context)
        case s.AnswerAutomatically(to=to):
            return p.AnswerAutomatically(to.text == "ordinary")
        case s.SignMail(members=members, keys=keys, time=time):
            senders = context.plain(members, (Kind.ADDRESSES, Kind.DOMAINS), "signed")
            seconds = time.seconds if time else _LONGEST_BATV
            if time and not DAY <= seconds <= _LONGEST_BATV:
                context.error("NS403", "tags are good for one to seven days", time.span)
            return p.SignBatv(senders, _server_path(keys, context), seconds) if senders else None
        case s.RewriteForwarded(keys=keys, domain=domain):
            form = _form(canonical.domain, domain, context)
            return p.RewriteSrs(_server_path(keys, context), form) if form else None
        case _:
            return None


def _worded(file: s.File, context: Context) -> p.WordNdrs | None:
    path = context.resolved.folders[id(file.span.source)] / file.path.value
    if reason := unreadable(path):
        context.error("NS105", f"cannot read `{file.path.value}`: {reason}", file.path.span)
        return None
    written, found = letters(path)
    context.found.extend(found)
    if not written:
        return None
    named = p.CompiledFile(path, file.path.value, Kind.ADDRESSES, file.span)
    return p.WordNdrs(named, written["failed"], written.get("delayed"))


def _through(address: s.Word, helo: s.Word | None, context: Context) -> p.SendThrough | None:
    try:
        form = str(ip_address(address.text))
    except ValueError:
        context.error("NS206", f"`{address.text}`: a single IP address is wanted", address.span)
        return None
    name = _form(canonical.domain, helo, context) if helo else None
    return p.SendThrough(form, name)


def _form(form: object, word: s.Word, context: Context) -> str | None:
    assert callable(form)  # noqa: S101  # one of canonical's functions
    try:
        return str(form(word.text))
    except ValueError as error:
        context.error("NS206", f"`{word.text[:80]}`: {error}", word.span)
        return None


def _server_path(path: s.Text, context: Context) -> str:
    if not path.value.startswith("/"):
        context.error(
            "NS404",
            f"keys are read by the server: `{path.value}` is no absolute path",
            path.span,
            help="secrets are named by path and stay at the server",
        )
    return path.value


def _check_twice(found: list[p.Statement], context: Context) -> None:
    seen: dict[tuple[tuple[type, bool], str], Span] = {}
    for statement in found:
        for where in statement.on or ("",):
            key = (statement.kind, where)
            if key in seen:
                context.twice("NS401", f"`{statement.words}`: this is said twice", statement.span, seen[key])
            seen.setdefault(key, statement.span)


def _check_lifetimes(found: list[p.Statement], context: Context) -> None:
    for name in context.deployments or ("",):
        mail = next((x for x in _of(found, name) if isinstance(x.setting, p.GiveUp) and not x.setting.bounces), None)
        for statement in _of(found, name):
            match statement.setting:
                case p.GiveUp(True, seconds) if mail and isinstance(mail.setting, p.GiveUp):
                    if seconds > mail.setting.seconds:
                        context.warn("NS402", "bounces are kept longer than ordinary mail", statement.span)
                case p.GiveUp(False, seconds) if seconds < 4 * DAY:
                    context.warn(
                        "NS402",
                        "mail that is given up so soon is lost in a longer outage of its next hop",
                        statement.span,
                        help="RFC 5321, section 4.5.4.1, asks for four or five days",
                    )
                case p.WarnDelay(seconds) if mail and isinstance(mail.setting, p.GiveUp):
                    if seconds >= mail.setting.seconds:
                        context.warn("NS402", "the warning would come after the mail was given up", statement.span)
    context.found[:] = list(dict.fromkeys(context.found))


def _of(found: list[p.Statement], deployment: str) -> Iterator[p.Statement]:
    return (statement for statement in found if not statement.on or deployment in statement.on)
