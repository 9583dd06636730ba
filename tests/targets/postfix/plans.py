"""Parts of a plan for Postfix, made by hand."""

from __future__ import annotations

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from nullsender.plan import Link, Part, Site, Step
from nullsender.source import Source, Span

HERE = Span(Source("policy.ndr", "policy"), 0, 6)
MINE = Entries("mine", Kind.DOMAINS, ("*.sub.example.org", "example.net", "example.org"))
OFFICE = Entries("office", Kind.NETWORKS, ("192.0.2.0/24", "2001:db8::/32"))
GATE = Entries("gate", Kind.NETWORKS, ("198.51.100.128/25",))
SILENT = Entries("silent", Kind.ADDRESSES, ("bounce-*@example.net", "newsletter@example.org"))
PARTNERS = Entries("partners", Kind.DOMAINS, ("*.partner.example", "partner.example"))
LIARS = Entries("liars", Kind.HOSTS, ("localhost.localdomain",))
LEPERS = Entries("lepers", Kind.NETWORKS, ("198.51.100.64/26",))
USUAL: tuple[c.Condition, ...] = (c.Trusted(), c.Kept())
ZONE = c.Zone("bl.example")

RELAYING = p.Rule(
    "relaying",
    p.Reject(),
    c.RecipientElsewhere(),
    (c.Trusted(),),
    p.Stage.RCPT,
    p.Reply(554, "5.7.1"),
    HERE,
    "relaying",
    relaying=True,
)
EXISTENCE = p.Rule(
    "reject-nonexistent-recipients",
    p.Reject(),
    c.RecipientUnknown(),
    (),
    p.Stage.RCPT,
    p.Reply(550, "5.1.1"),
    HERE,
    "reject nonexistent recipients",
    existence=True,
)


def rule(
    id_: str,
    when: c.Condition,
    action: p.Action | None = None,
    *,
    unless: tuple[c.Condition, ...] = USUAL,
    stage: p.Stage = p.Stage.RCPT,
    reply: p.Reply | None = None,
    report_only: bool = False,
) -> p.Rule:
    action = action or p.Reject()
    usual = p.Reply(451, "4.7.1") if isinstance(action, p.Defer) else p.Reply(550, "5.7.1")
    words = id_.replace("-", " ")
    return p.Rule(id_, action, when, unless, stage, reply or usual, HERE, words, report_only=report_only)


def site(
    *served: p.Served,
    trusted: tuple[Entries, ...] = (OFFICE,),
    upstream: Entries | None = GATE,
    kept: tuple[str, ...] = ("postmaster", "abuse", "boss@example.org"),
    delimiters: str = "+",
    quarantine: p.QuarantineInto | None = None,
) -> Site:
    return Site(
        served=served or (p.Served(MINE, (), HERE),),
        deliveries=(p.Delivery(MINE, "lmtp", "127.0.0.1", 24, (), HERE),),
        trusted=trusted,
        upstream=upstream,
        kept=kept,
        delimiters=delimiters,
        quarantine=quarantine or p.QuarantineInto(),
        split=(),
    )


def part(
    *rules: p.Rule,
    standalone: bool = True,
    at: Site | None = None,
    settings: tuple[p.Setting, ...] = (),
    milter: str | None = None,
) -> Part:
    links = (Link("milter", "filter", milter),) if milter else ()
    return Part(
        deployment="mx1",
        component="postfix",
        version=(3, 7),
        placement="debian",
        standalone=standalone,
        server=True,
        site=at or site(),
        steps=tuple(Step(one, one.stage) for one in sorted(rules, key=lambda one: one.stage)),
        statements=tuple(
            p.Statement(f"setting-{n}", setting, (), "a setting", HERE) for n, setting in enumerate(settings, 1)
        ),
        links=links,
        filtering=links,
    )
