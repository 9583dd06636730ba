"""The site: served domains and their recipients, delivery, trusted and upstream clients, kept addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from itertools import combinations, islice, product

from nullsender import canonical
from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.context import Context
from nullsender.checking.directories import directory
from nullsender.entryfile import entries, expand, unreadable
from nullsender.names import CompiledFile, Entries, Kind
from nullsender.resolve import file_contents
from nullsender.sets import covers, overlap
from nullsender.source import Span

POSTMASTER = "postmaster"
MOST = 20  # domains that two statements share; more help nobody
_WIDEST = {4: 16, 6: 48}
_ENDPOINT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:]+)(?::(?P<port>\d{1,5}))?|(?P<bare>[0-9A-Fa-f:]+)")
_PORTS = {"lmtp": 24, "smtp": 25}


def served(context: Context) -> tuple[p.Served, ...]:
    """Return the served domains of each `recipients of` statement, each domain in one of them."""
    found: list[p.Served] = []
    for number, statement in enumerate(context.of_kind(s.Recipients), 1):
        domains = context.plain(statement.members, (Kind.DOMAINS,), _set_name(statement.members, f"served-{number}"))
        sources = tuple(source for node in statement.sources if (source := _source(node, context)))
        if domains is None:
            continue
        if sources or not statement.sources:
            found.append(p.Served(domains, sources, statement.span))
    _each_domain_once(found, context)
    return tuple(found)


def _each_domain_once(served_domains: list[p.Served], context: Context) -> None:
    """Say which domains two statements speak of; `*.example.org` speaks of `mail.example.org` too."""
    owners: dict[str, p.Served] = {}
    for one in served_domains:
        for domain in expand(one.domains):
            owners.setdefault(domain, one)
    for one in served_domains:
        twice = (
            (domain, owners[wider])
            for domain in expand(one.domains)
            for wider in covering(domain)
            if owners.get(wider, one) is not one
        )
        for domain, other in islice(twice, MOST):
            context.twice("NS221", f"the recipients of `{domain}` are stated twice", one.span, other.span)


def covering(domain: str) -> Iterator[str]:
    """Yield the members that a domain, or a pattern for subdomains, may be covered by: itself first."""
    yield domain
    labels = domain.removeprefix("*.").split(".")
    for first in range(1, len(labels)):
        yield "*." + ".".join(labels[first:])


def _source(node: s.Origin, context: Context) -> p.RecipientSource | None:
    match node:
        case s.File():
            folder = context.resolved.folders[id(node.span.source)]
            contents = file_contents(node, Kind.ADDRESSES, folder, context.found)
            return contents.live[0] if node.live else contents.files[0]
        case s.Lookup():
            return directory(node, context)
        case s.CalloutTo(endpoint=endpoint):
            where = _host_and_port(endpoint, 25, context)
            if where is None:
                return None
            host, port = where
            return p.Callout(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", node.span)
        case s.TheServer():
            return p.TheServer(node.span)


def deliveries(context: Context, served_domains: Iterable[p.Served]) -> tuple[p.Delivery, ...]:
    """Return where mail goes; each domain once for a deployment."""
    known = {domain for one in served_domains for domain in expand(one.domains)}
    known.update(statement.domain.text.lower() for statement in context.of_kind(s.RewriteForwarded))
    owners: dict[tuple[str, str], Span] = {}
    found = []
    for number, statement in enumerate(context.of_kind(s.Deliver), 1):
        domains = context.plain(statement.members, (Kind.DOMAINS,), _set_name(statement.members, f"delivered-{number}"))
        protocol = statement.protocol.text
        where = _host_and_port(statement.endpoint, _PORTS[protocol], context)
        on = context.on(statement.on.deployments) if statement.on else ()
        if domains is None or where is None:
            continue
        for domain in expand(domains):
            if known.isdisjoint(covering(domain)):
                context.error(
                    "NS222",
                    f"`{domain}` is delivered but not served",
                    statement.span,
                    help=f'say who its recipients are: `recipients of {domain} from file "…"` or `are anyone`',
                )
            before = [owners[domain, name] for name in on or ("",) if (domain, name) in owners]
            if before:
                context.twice("NS223", f"`{domain}` is delivered twice", statement.span, before[0])
            owners.update({(domain, name): statement.span for name in on or ("",)})
        found.append(p.Delivery(domains, protocol, where[0], where[1], on, statement.span))
    return tuple(found)


def delimiters(context: Context) -> str:
    statement = context.single(s.Subaddresses, "subaddresses begin with")
    return "".join(dict.fromkeys(statement.delimiters.text)) if statement else ""


def trusted(context: Context) -> tuple[p.Networks, ...]:
    """Return the networks of `trust` statements, with a warning where one is very wide."""
    found = []
    for number, statement in enumerate(context.of_kind(s.TrustClients), 1):
        networks = context.plain(statement.members, (Kind.NETWORKS,), _set_name(statement.members, f"trusted-{number}"))
        on = context.on(statement.on.deployments) if statement.on else ()
        if networks is None:
            continue
        for text in expand(networks):
            network = ip_network(text)
            if network.prefixlen < _WIDEST[network.version]:
                context.warn(
                    "NS226",
                    f"`{text}` trusts very many hosts: each may relay, and no rule but existence holds for it",
                    statement.span,
                    help=f"networks wider than /{_WIDEST[network.version]} are seldom one's own",
                )
        found.append(p.Networks(networks, on, statement.span))
    return tuple(found)


def upstream(context: Context) -> Entries | None:
    statement = context.single(s.UpstreamClients, "upstream clients in")
    return context.plain(statement.members, (Kind.NETWORKS,), "upstream") if statement else None


def kept(context: Context, served_domains: tuple[p.Served, ...]) -> tuple[str, ...]:
    """Return the local parts and addresses that are always reachable; where there is a list, each stands in it."""
    roles: dict[str, Span] = {}
    for statement in context.of_kind(s.Keep):
        for role in statement.roles:
            form = context.address(role) if "@" in role.text else _local_part(role, context)
            if form is None:
                continue
            roles.setdefault(form, role.span)
            if "@" in form and not _is_served(form.rpartition("@")[2], served_domains):
                context.error(
                    "NS225",
                    f"`{role.text}` is kept reachable, but its domain is not served",
                    role.span,
                    help="keep addresses of domains that a `recipients of` statement names",
                )
    _must_exist(roles, served_domains, context)
    return tuple(dict.fromkeys((POSTMASTER, *roles)))


def _local_part(role: s.Word, context: Context) -> str | None:
    try:
        return canonical.local_part(role.text)
    except ValueError as error:
        context.error("NS206", f"`{role.text[:80]}`: {error}", role.span)
        return None


def _is_served(domain: str, served_domains: Iterable[p.Served]) -> bool:
    """Tell whether a statement speaks of the domain, or may do so."""
    return any(one.domains.live or not set(expand(one.domains)).isdisjoint(covering(domain)) for one in served_domains)


def split(context: Context) -> tuple[Entries, ...]:
    statement = context.single(s.SplitMail, "split mail by")
    if statement is None:
        return ()
    kinds = (Kind.ADDRESSES, Kind.DOMAINS)
    sets = ((member, context.plain((member,), kinds, member.text)) for member in statement.members)
    classes = [(member, entries_) for member, entries_ in sets if entries_]
    for (first, one), (second, other) in combinations(classes, 2):
        if _meet(one, other):
            context.twice("NS231", f"`{first.text}` and `{second.text}` share recipients", second.span, first.span)
    return tuple(entries_ for _, entries_ in classes)


def _meet(one: Entries, other: Entries) -> bool:
    left, right = ([m if "@" in m else f"*@{m}" for m in entries_.members] for entries_ in (one, other))
    return any(overlap(Kind.ADDRESSES, a, b) for a, b in product(left, right))


def quarantine(context: Context) -> p.QuarantineInto:
    statement = context.single(s.QuarantineInto, "quarantine into")
    if statement is None:
        return p.QuarantineInto()
    if "@" not in statement.into.text:
        return p.QuarantineInto(p.Into(statement.into.text))
    address = context.address(statement.into)
    return p.QuarantineInto(p.Into.ADDRESS, address) if address else p.QuarantineInto()


def _must_exist(roles: dict[str, Span], served_domains: tuple[p.Served, ...], context: Context) -> None:
    for one in served_domains:
        files = [source for source in one.sources if isinstance(source, CompiledFile)]
        if one.anyone or len(files) != len(one.sources) or any(unreadable(file.path) for file in files):
            continue
        wanted = {a: span for a, span in _kept_addresses(roles, one) if a.rpartition("@")[0] != POSTMASTER}
        for file in files:
            for entry in entries(file) if wanted else ():
                if "*" in entry:
                    wanted = {a: span for a, span in wanted.items() if not covers(Kind.ADDRESSES, entry, a)}
                wanted.pop(entry, None)
        for address, span in sorted(wanted.items()):
            context.error(
                "NS224",
                f"`{address}` is kept reachable but stands in no list of recipients",
                span,
                note=f"looked in {', '.join(f'`{file.name}`' for file in files)}",
                help="add it to the list, or keep only addresses that exist: `keep abuse@example.org reachable`",
            )


def _kept_addresses(roles: dict[str, Span], one: p.Served) -> Iterator[tuple[str, Span]]:
    for domain in expand(one.domains):
        if domain.startswith("*."):
            continue
        for role, span in roles.items():
            if "@" not in role:
                yield f"{role}@{domain}", span
            elif role.rpartition("@")[2] == domain:
                yield role, span


def _host_and_port(endpoint: s.Word, port: int, context: Context) -> tuple[str, int] | None:
    found = _ENDPOINT.fullmatch(endpoint.text)
    host = (found["host"] or found["bare"]).strip("[]") if found else ""
    number = int(found["port"]) if found and found["port"] else port
    try:
        if not host or not 0 < number < 65536:
            raise ValueError("not a host and a port such as 127.0.0.1:24")
        return str(ip_address(host)) if _looks_like_address(host) else canonical.domain(host), number
    except ValueError as error:
        context.error("NS227", f"`{endpoint.text}`: {error}", endpoint.span)
        return None


def _looks_like_address(host: str) -> bool:
    return ":" in host or re.fullmatch(r"[\d.]+", host) is not None


def _set_name(members: tuple[s.Member, ...], otherwise: str) -> str:
    return members[0].text if len(members) == 1 and members[0].kind is s.MemberKind.NAME else otherwise
