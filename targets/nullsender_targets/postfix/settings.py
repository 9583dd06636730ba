"""Lower what is no rule: the server itself (standalone), statements on non-delivery reports, and helpers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.entryfile import expand
from nullsender.plan import Part
from nullsender_targets.postfix import callouts, detours, ir, returning
from nullsender_targets.postfix.draft import list_file
from nullsender_targets.postfix.settled import Settled

TEMPLATES = "report-templates"
_FIVE_DAYS = 5 * 86400  # maximal_queue_lifetime and bounce_queue_lifetime where nobody sets them
_WHOLE = 2**31 - 1  # the most that bounce_size_limit takes


def settings(part: Part) -> Settled:
    """Return everything that is no restriction."""
    settled = _server(part) if part.standalone else Settled()
    for statement in part.statements:
        settled = settled.and_(_statement(statement))
    settled = (
        settled.and_(_quarantine(part))
        .and_(_words(part))
        .and_(_notices(part))
        .and_(_lifetimes(part))
        .and_(_announced(part))
        .and_(callouts.settings(part))
    )
    milters = tuple(
        ir.Parameter("smtpd_milters", ir.Milter(link.address), how=ir.How.LAST)
        for link in part.filtering
        if link.kind == "milter"
    )
    return replace(settled, parameters=settled.parameters + milters + detours.led_by_marks(settled.marks))


# --- statements -------------------------------------------------------------------------------------------------------
def _statement(statement: p.Statement) -> Settled:
    ids = (statement.id,)
    match statement.setting:
        case p.SendNdrs(to=p.NdrTo.TRUSTED):
            return detours.only_trusted(ids)
        case p.SendNdrs(to=p.NdrTo.PASSING):
            return detours.only_trusted(ids).and_(detours.passing())
        case p.SendNdrs(to=p.NdrTo.NOBODY):
            never: tuple[ir.Map, ...] = (ir.File("pcre", detours.NEVER),)
            return Settled((ir.Parameter("smtpd_command_filter", never, ids),), filters=(detours.NEVER,))
        case p.SendThrough(address, helo):
            return _through(address, helo, ids)
        case p.Return(what, size):
            most = 1 if what is not p.Returned.EVERYTHING else size if size is not None else _WHOLE
            limit = ir.Parameter("bounce_size_limit", ir.Expression(str(max(1, min(most, _WHOLE)))), ids)
            return Settled((limit,)).and_(returning.nothing(ids) if what is p.Returned.NOTHING else Settled())
        case p.WarnDelay(seconds):
            return Settled((ir.Parameter("delay_warning_time", ir.Seconds(seconds), ids),))
        case p.CopyDoubleBounces(address):
            return Settled((ir.Parameter("2bounce_notice_recipient", ir.Address(address), ids),))
        case _:
            return Settled()


def templates(part: Part) -> ir.Templates | None:
    """Return the words of reports, where the policy has some, or Postfix's would not be true."""
    settings = {type(statement.setting): statement for statement in part.statements}
    if (worded := settings.get(p.WordNdrs)) and isinstance(words := worded.setting, p.WordNdrs):
        return ir.Templates(words.failed, words.delayed, (worded.id,))
    returns = settings.get(p.Return)
    if returns and isinstance(returns.setting, p.Return) and returns.setting.what is p.Returned.NOTHING:
        return ir.Templates(returning.WORDS, None, (returns.id,), by_default=True)
    return None


def _words(part: Part) -> Settled:
    words = templates(part)
    if words is None:
        return Settled()
    how = ir.How.UNLESS if words.by_default else ir.How.SET
    return Settled((ir.Parameter("bounce_template_file", ir.OurFile(TEMPLATES), words.made_for, how),))


def _announced(part: Part) -> Settled:
    """Return what announces DSN where clients are made to say NOTIFY=NEVER: smtpd refuses that while it hides DSN."""
    asked = (s for s in part.statements if isinstance(s.setting, p.SendNdrs) and s.setting.to is not p.NdrTo.ANYONE)
    ids = tuple(statement.id for statement in asked)
    if part.standalone or not ids:
        return Settled()
    return Settled((ir.Parameter("smtpd_discard_ehlo_keywords", ir.Expression("dsn"), ids, ir.How.WITHOUT),))


def _quarantine(part: Part) -> Settled:
    """Return what keeps reports of quarantined mail back, also where it is a filter that quarantines."""
    filters = any(link.kind == "milter" for link in part.filtering)
    own = any(isinstance(step.rule.action, p.Quarantine) for step in part.steps)
    if not part.site.silences or not (filters or own):
        return Settled()
    return detours.quarantine(part.site.quarantine.address, marked=filters)


def _through(address: str, helo: str | None, ids: tuple[str, ...]) -> Settled:
    bind = "smtp_bind_address6" if ":" in address else "smtp_bind_address"
    options: list[tuple[str, ir.Value]] = [
        ("syslog_name", ir.Expression("postfix/nullsender-ndr")),
        (bind, ir.Expression(address)),
    ]
    if helo:
        options.append(("smtp_helo_name", ir.Expression(helo)))
    service = ir.Service("nullsender-ndr", "unix", "smtp", tuple(options), made_for=ids)
    key: tuple[ir.Map, ...] = (ir.Inline("<>", "nullsender-ndr:"),)
    parameter = ir.Parameter("sender_dependent_default_transport_maps", key, ids, ir.How.FIRST)
    return Settled((parameter,), (service,))


def _notices(part: Part) -> Settled:
    """Return the notices that postmaster gets: copies of reports not sent, and double bounces."""
    wanted: dict[str, tuple[str, ...]] = {}
    for statement in part.statements:
        match statement.setting:
            case p.SendNdrs(to=to, copy=True) if to is not p.NdrTo.ANYONE:
                wanted["bounce"] = (statement.id,)
            case p.CopyDoubleBounces():
                wanted["2bounce"] = (statement.id,)
    if not wanted:
        return Settled()
    usual = ("resource", "software") if part.standalone else ()
    ids = tuple(id_ for ids in wanted.values() for id_ in ids)
    value = ir.Expression(", ".join((*wanted, *usual)))
    return Settled((ir.Parameter("notify_classes", value, ids, ir.How.FIRST),))


def _lifetimes(part: Part) -> Settled:
    """Return how long mail stays in the queue; bounces never longer than the rest, which Postfix would only adjust."""
    given = {s.setting.bounces: s for s in part.statements if isinstance(s.setting, p.GiveUp)}
    seconds = {bounces: s.setting.seconds for bounces, s in given.items() if isinstance(s.setting, p.GiveUp)}
    mail, bounces = seconds.get(False, _FIVE_DAYS), seconds.get(True, min(_FIVE_DAYS, seconds.get(False, _FIVE_DAYS)))
    found = []
    if bounces > mail:
        text = "Postfix gives up bounces no later than other mail"
        found.append(Diagnostic("NS509", text, given[True].span, help="write `give up mail after` a longer time"))
    parameters = []
    if False in given:
        parameters.append(ir.Parameter("maximal_queue_lifetime", ir.Seconds(mail), (given[False].id,)))
    if True in given or bounces < _FIVE_DAYS:
        ids = tuple(s.id for s in given.values())[-1:]
        parameters.append(ir.Parameter("bounce_queue_lifetime", ir.Seconds(bounces), ids))
    return Settled(tuple(parameters), diagnostics=tuple(found))


# --- a whole server ---------------------------------------------------------------------------------------------------
def _server(part: Part) -> Settled:
    """Return a server that relays the served domains to where they are delivered, and knows no other local mail."""
    site = part.site
    origin = next((domain for domain in _first_domains(part) if not domain.startswith("*.")), None)
    served = ir.List("served.here", ir.Form.DOMAINS, tuple(one.domains for one in site.served))
    transports = ir.List(
        "transports.here",
        ir.Form.DOMAINS,
        tuple(one.domains for one in site.deliveries),
        values=tuple(_next_hop(one) for one in site.deliveries),
    )
    fixed = {
        "compatibility_level": "3.6",
        "smtpd_banner": "$myhostname ESMTP",
        "mydestination": "localhost" if origin else "$myhostname, localhost",
        "mynetworks": "127.0.0.0/8, [::1]/128",
        "inet_interfaces": "all",
        "inet_protocols": "all",
        "relayhost": "",
        "alias_maps": "",
        "alias_database": "",
        "relay_recipient_maps": "",
        "parent_domain_matches_subdomains": "",
        "recipient_delimiter": None,
        "biff": "no",
        "append_dot_mydomain": "no",
        "swap_bangpath": "no",
        "allow_percent_hack": "no",
        "strict_rfc821_envelopes": "no",
        "smtpd_delay_reject": "yes",
        "smtpd_relay_before_recipient_restrictions": "yes",
        "smtpd_reject_unlisted_recipient": "no",
        "smtpd_null_access_lookup_key": "<>",
        "smtpd_peername_lookup": "yes",
        "smtp_line_length_limit": "0",  # what was accepted arrives as it is: no line of it is broken
        "lmtp_line_length_limit": "0",
        "soft_bounce": "no",
        "milter_default_action": "tempfail",
    }
    parameters = [
        ir.Parameter(name, ir.Expression(value) if value is not None else ir.Text(site.delimiters))
        for name, value in fixed.items()
    ]
    if origin:
        parameters.append(ir.Parameter("myorigin", ir.Text(origin)))
    parameters.append(ir.Parameter("relay_domains", (list_file(served),)))
    lists = [served]
    if site.deliveries:
        parameters.append(ir.Parameter("transport_maps", (list_file(transports),)))
        lists.append(transports)
    return Settled(tuple(parameters), _SERVICES, lists=tuple(lists))


def _first_domains(part: Part) -> Iterator[str]:
    return (domain for one in part.site.served for domain in islice(expand(one.domains), 100))


def _next_hop(delivery: p.Delivery) -> str:
    host = f"[{delivery.host}]:{delivery.port}"
    return f"lmtp:inet:{host}" if delivery.protocol == "lmtp" else f"smtp:{host}"


def _unix(name: str, command: str, processes: str = "-", private: str = "-") -> ir.Service:
    return ir.Service(name, "unix", command, private=private, processes=processes)


_SERVICES = (
    replace(_unix("pickup", "pickup", "1", "n"), wakeup="60"),
    _unix("cleanup", "cleanup", "0", "n"),
    replace(_unix("qmgr", "qmgr", "1", "n"), wakeup="300"),
    replace(_unix("tlsmgr", "tlsmgr", "1"), wakeup="1000?"),
    _unix("rewrite", "trivial-rewrite"),
    _unix("bounce", "bounce", "0"),
    _unix("defer", "bounce", "0"),
    _unix("trace", "bounce", "0"),
    _unix("verify", "verify", "1"),
    replace(_unix("flush", "flush", "0", "n"), wakeup="1000?"),
    _unix("proxymap", "proxymap"),
    _unix("proxywrite", "proxymap", "1"),
    _unix("smtp", "smtp"),
    _unix("relay", "smtp"),
    _unix("showq", "showq", private="n"),
    _unix("error", "error"),
    _unix("retry", "error"),
    _unix("discard", "discard"),
    replace(_unix("local", "local"), unprivileged="n"),
    _unix("lmtp", "lmtp"),
    _unix("anvil", "anvil", "1"),
    _unix("scache", "scache", "1"),
    ir.Service("postlog", "unix-dgram", "postlogd", private="n", processes="1"),
)
