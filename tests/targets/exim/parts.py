"""Parts of a plan made by hand: one site, any rules."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from nullsender.plan import Link, Part, Site, Step
from nullsender.policy import Stage
from nullsender.source import Source, Span
from nullsender_targets.exim import target

SPAN = Span(Source("site.ndr", "a policy"), 0, 8)
OFFICE = Entries("office", Kind.NETWORKS, ("192.0.2.0/24", "2001:db8:ff::/48"))
MINE = Entries("mine", Kind.DOMAINS, ("*.sub.example.org", "example.org"))
SITE = Site(
    served=(p.Served(MINE, (), SPAN),),
    deliveries=(p.Delivery(MINE, "lmtp", "127.0.0.1", 24, (), SPAN),),
    trusted=(OFFICE,),
    upstream=None,
    kept=("postmaster", "abuse"),
    delimiters="+",
    quarantine=p.QuarantineInto(),
    split=(),
)
RELAYING = p.Rule(
    "relaying",
    p.Reject(),
    c.AllOf((c.RecipientElsewhere(), c.Not(c.Trusted()))),
    (),
    Stage.RCPT,
    p.Reply(554, "5.7.1"),
    SPAN,
    "relaying",
    relaying=True,
)


def rule(
    id_: str,
    when: c.Condition,
    *unless: c.Condition,
    action: p.Action | None = None,
    stage: Stage = Stage.RCPT,
    reply: p.Reply | None = None,
) -> p.Rule:
    return p.Rule(id_, action or p.Reject(), when, unless, stage, reply or p.Reply(550, "5.7.1"), SPAN, f"rule {id_}")


def part(*rules: p.Rule, site: Site = SITE, standalone: bool = True, spamd: str | None = None) -> Part:
    """Return what the Exim of a deployment has to do."""
    links = (Link("spamd", "rspamd", spamd),) if spamd else ()
    return Part(
        deployment="mx",
        component="exim",
        version=(4, 96),
        placement="debian",
        standalone=standalone,
        server=True,
        site=site,
        steps=tuple(Step(one, one.stage) for one in (RELAYING, *rules)),
        statements=(),
        links=links,
        filtering=links,
    )


def later(of: Part, stage: Stage) -> Part:
    """Return the part with every rule but relaying decided at that stage."""
    return replace(of, steps=(of.steps[0], *(replace(step, stage=stage) for step in of.steps[1:])))


def write(of: Part, folder: Path) -> None:
    """Write what Exim gets for a part below a folder."""
    emitted = target.emit(of)
    assert emitted.diagnostics == ()
    for artifact in emitted.artifacts:
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(artifact.chunks()))


@contextmanager
def running(of: Part) -> Iterator[None]:
    """Run a whole server on the machine, at its real paths."""
    home = Path(target.placements["debian"].home)
    write(of, home)
    for line in target.placements["debian"].install:
        subprocess.run(["sh", "-eu", "-c", line], env={"NULLSENDER_HOME": str(home)}, check=True)
    assert target.lab is not None
    with target.lab.boot(of, home):
        yield
