"""Check a resolved policy and work out what it means; one run says everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import file_digest, sha256

from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking import lints, site
from nullsender.checking.context import Context
from nullsender.checking.deployments import deployments
from nullsender.checking.examples import examples
from nullsender.checking.marks import marks
from nullsender.checking.rules import rules
from nullsender.checking.settings import statements
from nullsender.condition import ClientListed, Zone, literals
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.entryfile import unreadable
from nullsender.features import full_condition
from nullsender.names import CompiledFile
from nullsender.refusal import Catalogue
from nullsender.resolve import Resolved


def check(resolved: Resolved, on_date: date, catalogue: Catalogue) -> tuple[p.Policy | None, tuple[Diagnostic, ...]]:
    """Return what the policy means on a day, None where it has errors, and all that was found."""
    names = tuple(dict.fromkeys(x.name.text for x in resolved.statements if isinstance(x, s.Deploy)))
    context = Context(resolved, on_date, catalogue, names, used_sets=set(resolved.used))
    title = context.single(s.PolicyName, "policy")
    upstream = site.upstream(context)
    deployed = deployments(context, upstream=upstream is not None)
    served = site.served(context)
    settings = statements(context)
    marked = marks(settings, names, upstream=upstream is not None)
    decided = (*rules(context, upstream=upstream is not None), *marked)
    policy = p.Policy(
        name=title.name.value if title else "",
        digest="",
        on_date=on_date,
        served=served,
        deliveries=site.deliveries(context, served),
        delimiters=site.delimiters(context),
        trusted=site.trusted(context),
        upstream=upstream,
        kept=site.kept(context, served),
        split=site.split(context),
        quarantine=site.quarantine(context),
        rules=decided,
        statements=settings,
        deployments=deployed,
        zones=_zones(decided),
    )
    tests, properties = examples(context, policy)
    lints.run(policy, context)
    if has_errors(context.found):
        return None, _in_order(context.found)
    later = [day for day in context.changes if day > on_date]
    whole = replace(
        policy,
        digest=_digest(resolved, policy),
        changes=tuple(sorted(later)),
        first_day=min(context.days, default=None),
        examples=tests,
        properties=properties,
    )
    return whole, _in_order(context.found)


def _zones(decided: tuple[p.Rule, ...]) -> tuple[Zone, ...]:
    atoms = (atom for rule in decided for _, atom in literals(full_condition(rule)))
    return tuple(dict.fromkeys(atom.zone for atom in atoms if isinstance(atom, ClientListed)))


def _digest(resolved: Resolved, policy: p.Policy) -> str:
    """Return one digest over the texts of the policy, of what it includes, and of the files it reads."""
    total = sha256()
    for source in resolved.sources:
        total.update(sha256(source.text.encode()).digest())
    for name, path in sorted({(file.name, file.path) for file in _files(resolved, policy)}):
        if unreadable(path):
            continue  # resolving has said so
        total.update(sha256(name.encode()).digest())
        with path.open("rb") as stream:
            total.update(file_digest(stream, "sha256").digest())
    return total.hexdigest()


def _files(resolved: Resolved, policy: p.Policy) -> Iterator[CompiledFile]:
    for named in resolved.sets.values():
        for piece in named.value.pieces:
            yield from (*piece.of.files, *piece.but.files)
    for served in policy.served:
        yield from (source for source in served.sources if isinstance(source, CompiledFile))
    for statement in policy.statements:
        if isinstance(statement.setting, p.WordNdrs):
            yield statement.setting.file


def _in_order(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return each finding once, by where it stands."""

    def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
        span = diagnostic.span
        return (span.source.name, span.source.first_line, span.start) if span else ("", 0, 0)

    return tuple(sorted(dict.fromkeys(found), key=place))
