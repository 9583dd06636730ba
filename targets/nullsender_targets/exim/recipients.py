"""Find out who the recipient is, whether its domain is served here, and whether it exists."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.entryfile import expand
from nullsender.names import Entries, Kind
from nullsender.plan import Site
from nullsender_targets.exim import directories, ir
from nullsender_targets.exim.conditions import Conditions
from nullsender_targets.exim.sets import all_of, any_of

_NOT_YET = ir.When(ir.Without(ir.Is(ir.Var.KNOWN, "yes")))


def _words(source: p.RecipientSource) -> str:
    match source:
        case p.CompiledFile():
            return "file"
        case p.LiveFile():
            return "live file"
        case p.Directory(system):
            return system
        case p.Callout():
            return "callout"
        case p.TheServer():
            return "the server"


def facts(to: Conditions) -> Iterator[ir.Statement]:
    """Yield the statements that set the variables which later ones ask for."""
    site = to.site
    effects: list[ir.Effect] = [
        ir.Set(ir.Var.LOCAL, ir.Reading.LOCAL),
        ir.Set(ir.Var.DOMAIN, ir.Reading.DOMAIN),
        ir.Set(ir.Var.RCPT, ir.Reading.RCPT),
    ]
    if site.delimiters:
        effects.append(ir.Set(ir.Var.RCPT_BASE, ir.Base(site.delimiters)))
    yield ir.Statement(ir.Verb.WARN, (), tuple(effects), "the recipient in the form in which addresses are compared")
    if ir.Var.SENDER in to.used:
        sender: list[ir.Effect] = [ir.Set(ir.Var.SENDER, ir.Reading.SENDER)]
        if site.delimiters:
            sender.append(ir.Set(ir.Var.SENDER_BASE, ir.Base(site.delimiters, of_sender=True)))
        yield ir.Statement(ir.Verb.WARN, (), tuple(sender), "the sender likewise")
    yield ir.Statement(
        ir.Verb.WARN,
        (),
        (
            ir.Set(ir.Var.TRUSTED, _trusted(to)),
            ir.Set(ir.Var.SERVED, ir.Truth(any_of((ir.Known.BARE_POSTMASTER, served(to, ir.Var.DOMAIN))))),
        ),
        "a trusted client, a domain of ours",
    )
    if ir.Var.KEPT in to.used:
        yield ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.KEPT, ir.Truth(_kept(to))),), "an address always reachable")


def served(to: Conditions, subject: ir.Subject) -> ir.Expr:
    """Return what is true of every domain of ours."""
    members = (to.sets.member(served.domains, (subject,)) for served in to.site.served)
    return any_of((*members, *((at_srs(to, subject),) if to.site.srs else ())))


def at_srs(to: Conditions, subject: ir.Subject) -> ir.Expr:
    """Return what is true of the domain of SRS addresses."""
    assert to.site.srs is not None  # noqa: S101  # only then it is asked for
    return ir.InList(subject, to.sets.of_literals("_srs", ir.Match.DOMAIN, (to.site.srs.domain,)))


def existence(to: Conditions) -> Iterator[ir.Statement]:
    """Yield the statements that set what is known of the recipient: `yes`, `no`, or `unknown` when a lookup failed."""
    ours = ir.Yes(ir.Var.SERVED)
    yield ir.Statement(
        ir.Verb.WARN,
        (),
        (ir.Set(ir.Var.KNOWN, ir.Truth(any_of((ir.Without(ours), postmaster(to))))),),
        "does the recipient exist? postmaster does",
    )
    for statement in to.site.served:
        yield from _of_domains(statement, to)
    if to.site.srs:
        yield from _of_srs(to)


def _of_srs(to: Conditions) -> Iterator[ir.Statement]:
    """Yield what is known of SRS addresses: a bounce comes to them, and they have the hash of a key."""
    here = (ir.When(at_srs(to, ir.Var.DOMAIN)), ir.When(ir.Without(postmaster(to))))
    about = "an SRS address: for bounces, and with a good hash"
    yield ir.Statement(ir.Verb.WARN, here, (ir.Set(ir.Var.KNOWN, ir.Word("no")),), about)
    bounce = (*here, ir.NullSender())
    yield ir.Statement(ir.Verb.WARN, bounce, (ir.Set(ir.Var.KNOWN, ir.Word("unknown")),))
    there = (ir.When(ir.Known.SRS_KEYS_READABLE), ir.When(ir.Known.SRS_KEYS_THERE))
    yield ir.Statement(ir.Verb.WARN, (*bounce, *there), (ir.Set(ir.Var.KNOWN, ir.Truth(ir.Known.SRS_VALID)),))


def may_fail(site: Site) -> bool:
    """Tell whether some source may be unable to answer."""
    sources = [source for served in site.served for source in served.sources]
    return site.srs is not None or any(not isinstance(source, p.CompiledFile) for source in sources)


def postmasters_domain(site: Site) -> str | None:
    """Return the first plain domain that is served: a bare postmaster is at home there."""
    domains = (domain for served in site.served for domain in expand(served.domains))
    return next((domain for domain in domains if not domain.startswith("*.")), None)


def postmaster(to: Conditions) -> ir.Expr:
    anywhere = to.sets.of_literals("_postmaster", ir.Match.ADDRESS, ("postmaster@*",))
    return any_of(ir.InList(subject, anywhere) for subject in to.recipients(Kind.ADDRESSES))


def _of_domains(served: p.Served, to: Conditions) -> Iterator[ir.Statement]:
    here = (ir.When(to.sets.member(served.domains, (ir.Var.DOMAIN,))), _NOT_YET)
    about = f"recipients of {served.domains.name}: " + (
        "anyone" if served.anyone else ", ".join(map(_words, served.sources))
    )
    files = tuple(s for s in served.sources if isinstance(s, p.CompiledFile))
    live = tuple(s for s in served.sources if isinstance(s, p.LiveFile))
    if served.anyone:
        yield ir.Statement(ir.Verb.WARN, here, (ir.Set(ir.Var.KNOWN, ir.Word("yes")),), about)
        return
    if files or live:
        known = Entries(f"recipients-of-{served.domains.name}", Kind.ADDRESSES, (), files, live)
        yes = to.sets.member(known, to.recipients(Kind.ADDRESSES))
        missing = any_of(ir.Without(ir.Exists(file)) for file in live)
        value = ir.Kleene(yes, missing) if live else ir.Truth(yes)
        yield ir.Statement(ir.Verb.WARN, here, (ir.Set(ir.Var.KNOWN, value),), about)
        about = ""
    for source in (source for source in served.sources if isinstance(source, p.Directory)):
        yield from _look_up(source, here, about, to)
        about = ""
    if any(isinstance(source, p.Callout) for source in served.sources):
        yield from _call_out(here, about)
        about = ""
    if any(isinstance(source, p.TheServer) for source in served.sources):
        yield from _ask_the_server(here, about)


def _look_up(source: p.Directory, here: tuple[ir.Test, ...], about: str, to: Conditions) -> Iterator[ir.Statement]:
    """Yield a lookup in a directory; the `warn` with it is skipped when it fails."""
    answer = ir.Var.ANSWER
    search = directories.search(source, to)
    yield ir.Statement(ir.Verb.WARN, here, (ir.Set(answer, ir.Word("unknown")),), about)
    yield ir.Statement(ir.Verb.WARN, here, (ir.Set(answer, search),))
    for word in ("yes", "unknown"):
        told = ir.When(ir.Is(answer, word))
        yield ir.Statement(ir.Verb.WARN, (*here, told), (ir.Set(ir.Var.KNOWN, ir.Word(word)),))


def _call_out(here: tuple[ir.Test, ...], about: str) -> Iterator[ir.Statement]:
    """Yield a verification by the next hop; only what it says of the recipient itself is a no."""
    answer = ir.Var.ANSWER
    open_ = ir.When(ir.Is(answer, "unknown"))
    known = ir.Set(ir.Var.KNOWN, ir.Word("yes"))
    asked, denied = ir.VerifyRecipient(callout=True), ir.VerifyRecipient(negated=True, callout=True)
    yield ir.Statement(ir.Verb.WARN, here, (ir.Set(answer, ir.Word("unknown")),), about)
    yield ir.Statement(ir.Verb.WARN, (*here, asked), (ir.Set(answer, ir.Word("yes")), known))
    refused = ir.When(ir.Known.HOP_REFUSED)
    yield ir.Statement(ir.Verb.WARN, (*here, open_, denied, refused), (ir.Set(answer, ir.Word("no")),))
    yield ir.Statement(ir.Verb.WARN, (*here, open_), (ir.Set(ir.Var.KNOWN, ir.Word("unknown")),))


def callouts(to: Conditions) -> Iterator[ir.Hop]:
    """Yield the hops that are asked, for routers that serve nothing else."""
    for served in to.site.served:
        asked = [source for source in served.sources if isinstance(source, p.Callout)]
        if len(asked) > 1 or (asked and any(isinstance(source, p.TheServer) for source in served.sources)):
            text = "Exim asks one next hop whether a recipient exists, and its own routers not at the same time"
            to.found.append(Diagnostic("NS526", text, asked[-1].span, help="name one hop, and no `the server`"))
        for source in asked[:1]:
            way = p.Delivery(served.domains, "smtp", source.host, source.port, (), source.span)
            name = f"callout_{to.site.served.index(served) + 1}"
            yield ir.Hop(name, to.sets.member(served.domains, (ir.Fact.DOMAIN,)), way)


def _ask_the_server(here: tuple[ir.Test, ...], about: str) -> Iterator[ir.Statement]:
    """Yield a verification by the existing routers; each `warn` is skipped when they cannot tell."""
    server = ir.Var.SERVER
    yield ir.Statement(ir.Verb.WARN, here, (ir.Set(server, ir.Word("unknown")),), about)
    known = ir.Set(ir.Var.KNOWN, ir.Word("yes"))
    yield ir.Statement(ir.Verb.WARN, (*here, ir.VerifyRecipient()), (ir.Set(server, ir.Word("yes")), known))
    yield ir.Statement(ir.Verb.WARN, (*here, ir.VerifyRecipient(negated=True)), (ir.Set(server, ir.Word("no")),))
    open_ = ir.When(ir.Is(server, "unknown"))
    yield ir.Statement(ir.Verb.WARN, (*here, open_), (ir.Set(ir.Var.KNOWN, ir.Word("unknown")),))


def _trusted(to: Conditions) -> ir.Value:
    client = (ir.Fact.CLIENT,)
    sets = to.site.trusted
    yes = any_of(
        (
            ir.Without(ir.Defined(ir.Fact.CLIENT)),
            ir.Defined(ir.Fact.LOGIN),
            *(to.sets.member(entries, client) for entries in sets),
        )
    )
    missing = [ir.Without(ir.Exists(file)) for entries in sets for file in entries.live]
    return ir.Kleene(yes, any_of(missing)) if missing else ir.Truth(yes)


def _kept(to: Conditions) -> ir.Expr:
    members = tuple(sorted(kept if "@" in kept else f"{kept}@*" for kept in to.site.kept))
    list_ = to.sets.of_literals("_kept", ir.Match.ADDRESS, members)
    asked = any_of(ir.InList(subject, list_) for subject in to.recipients(Kind.ADDRESSES))
    return all_of((ir.Yes(ir.Var.SERVED), asked))
