"""Parts of a plan for rspamd, made by hand."""

from __future__ import annotations

from collections.abc import Iterable

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import CompiledFile, Entries, Kind, LiveFile
from nullsender.plan import Link, Part, Site, Step
from nullsender.source import Source, Span
from nullsender_targets.rspamd.table import LISTENS

HERE = Span(Source("policy.ndr", "policy"), 0, 6)
MINE = Entries("mine", Kind.DOMAINS, ("*.sub.example.org", "example.net", "example.org"))
OFFICE = Entries("office", Kind.NETWORKS, ("192.0.2.0/24", "2001:db8::/32"))
FRONT = Entries("front", Kind.NETWORKS, ("198.51.100.200/32",))
SILENT = Entries(
    "silent",
    Kind.ADDRESSES,
    ("*@lists.example.org", "bounce-*@b.example.org", "newsletter@example.org", "noreply@example.org"),
)
KEPT = ("postmaster", "abuse", "boss@example.org")
USUAL: tuple[c.Condition, ...] = (c.Trusted(), c.Kept())
ZONE = c.Zone("ips.backscatterer.org")
SAFELY = c.AllOf((c.AnyOf((c.SenderNull(), c.SenderPostmaster())), c.ClientListed(ZONE)))


def rule(
    id_: str,
    action: p.Action,
    when: c.Condition,
    *,
    unless: tuple[c.Condition, ...] = USUAL,
    stage: p.Stage = p.Stage.CONTENT,
    reply: p.Reply | None = None,
    report_only: bool = False,
    limit: p.Limit | None = None,
) -> p.Rule:
    default = p.Reply(451, "4.7.1") if isinstance(action, p.Defer | p.Greylist) else p.Reply(550, "5.7.1")
    words = id_.replace("-", " ")
    return p.Rule(id_, action, when, unless, stage, reply or default, HERE, words, report_only=report_only, limit=limit)


def part(
    *rules: p.Rule,
    link: str = "milter",
    standalone: bool = True,
    quarantine: p.QuarantineInto | None = None,
    delimiters: str = "+",
    served: Iterable[Entries] = (MINE,),
    trusted: tuple[Entries, ...] = (OFFICE,),
    upstream: Entries | None = FRONT,
    kept: tuple[str, ...] = KEPT,
    redis: str | None = None,
) -> Part:
    site = Site(
        served=tuple(p.Served(domains, (), HERE) for domains in served),
        deliveries=(),
        trusted=trusted,
        upstream=upstream,
        kept=kept,
        delimiters=delimiters,
        quarantine=quarantine or p.QuarantineInto(),
        split=(),
    )
    return Part(
        deployment="mx1",
        component="rspamd",
        version=(3, 4),
        placement="debian",
        standalone=standalone,
        server=False,
        site=site,
        steps=tuple(Step(rule, p.Stage.CONTENT) for rule in rules),
        statements=(),
        links=(Link(link, "rspamd", LISTENS[link]), *([Link("redis", "redis", redis)] if redis else ())),
    )


def live_set(name: str, path: str, kind: Kind = Kind.ADDRESSES) -> Entries:
    return Entries(name, kind, live=(LiveFile(path, kind, HERE),))


def compiled_set(name: str, file: CompiledFile) -> Entries:
    return Entries(name, file.kind, files=(file,))


# One rule of each kind that there is.
EXAMPLE = (
    rule("use-dnsbl-in-safe-mode", p.Reject(), SAFELY, unless=(*USUAL, c.Upstream()), stage=p.Stage.RCPT),
    rule(
        "reject-bounces-to-several-recipients",
        p.Reject(),
        c.AllOf((c.SenderNull(), c.RecipientsOver(1))),
        unless=(c.Trusted(),),
        stage=p.Stage.DATA,
        reply=p.Reply(550, "5.5.3"),
    ),
    rule(
        "reject-bounces-to-silent",
        p.Reject(),
        c.AllOf((c.SenderNull(), c.RecipientIn(SILENT))),
        stage=p.Stage.DATA,
        reply=p.Reply(550, "5.1.1", 'they never send, "$CONFDIR" {= 1 =} 100% sure'),
    ),
    rule("tag-bounces", p.Tag("X-Nullsender", "tag-bounces"), c.SenderNull()),
    rule("score-bounces", p.Score(2.5), c.SenderNull()),
    rule("try-out", p.Reject(), c.SenderNull(), report_only=True),
    rule("greylist-ordinary-mail", p.Greylist(300), c.Not(c.SenderNull()), stage=p.Stage.RCPT),
    rule("limit-bounces", p.Defer(), c.SenderNull(), limit=p.Limit(20, 3600, "recipient")),
    rule("reject-mail-scoring-15-or-more", p.Reject(), c.Scoring(15)),
    rule("quarantine-mail-scoring-8-or-more", p.Quarantine(), c.Scoring(8)),
)
