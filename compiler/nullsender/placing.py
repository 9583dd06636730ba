"""Ask the components of one deployment which of them can do a thing, when, and at what price."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nullsender import condition as c
from nullsender import policy as p
from nullsender.capability import Capabilities, Loss, Version, Way, version
from nullsender.features import full_condition, of_rule
from nullsender.order import sees_one_recipient
from nullsender.plan import Link, Step
from nullsender.policy import Stage
from nullsender.target import AnyTarget

_OF_THE_RECIPIENT = (c.RecipientIn, c.Kept, c.RecipientElsewhere, c.RecipientUnknown, c.RecipientFull)


@dataclass(frozen=True, slots=True)
class Member:
    """A component of a deployment as the plan sees it: its table, and the circumstances it works under."""

    index: int  # 0 is the server
    name: str
    table: Capabilities
    version: Version
    links: tuple[Link, ...]
    circumstances: frozenset[str]
    placement: str

    def ways(self, feature: str) -> tuple[Way, ...]:
        return self.table.ways_of(feature, self.version, self.circumstances)

    def why_not(self, feature: str) -> str:
        """Return the table's sentence on a feature that this member lacks."""
        needs = {need for way in self.table.ways.get(feature, ()) for need in way.needs - self.circumstances}
        if needs:
            return f"only with {' and '.join(sorted(needs))}"
        apart = {link for way in self.table.ways.get(feature, ()) for link in way.without & self.circumstances}
        if apart:
            return f"only without {' and '.join(sorted(apart))}"
        return self.table.cannot.get(feature, "not known to it")


@dataclass(frozen=True, slots=True)
class Option:
    """A place for a rule: what it costs and which circumstances it makes use of."""

    member: Member
    step: Step
    uses: frozenset[str]

    @property
    def rank(self) -> tuple[bool, Stage, int]:
        """Without loss first, then the earliest stage, then the first component."""
        return bool(self.step.losses), self.step.stage, self.member.index


def team(
    deployment: p.Deployment, *, standalone: bool, load: Callable[[str], AnyTarget]
) -> tuple[tuple[Member, ...], tuple[p.Component, ...]]:
    """Return the members of a deployment, the server first, and the helpers that nobody in it can attach."""
    mode = "standalone" if standalone else "fragment"
    joints = _joints(deployment, load)
    loose = tuple(helper for helper in deployment.helpers if helper.name not in joints)
    members: list[Member] = []
    for component in (deployment.server, *(h for h in deployment.helpers if h not in loose)):
        target = load(component.name)
        listens = (joints[component.name].link,) if component.name in joints else ()
        links = (*listens, *(joint.link for joint in joints.values() if joint.host == component.name))
        placements = tuple(target.placements) or ("",)
        members.append(
            Member(
                len(members),
                component.name,
                target.capabilities,
                version(component.version or target.capabilities.versions[-1]),
                links,
                frozenset({mode, *(link.kind for link in links)}),
                deployment.placement if deployment.placement in placements else placements[0],
            )
        )
    return tuple(members), loose


@dataclass(frozen=True, slots=True)
class _Joint:
    """A link, and the component that attaches the helper by it."""

    host: str
    link: Link


def _joints(deployment: p.Deployment, load: Callable[[str], AnyTarget]) -> dict[str, _Joint]:
    """Return by the name of each helper what joins it to the server, or else to a helper of the server."""
    found: dict[str, _Joint] = {}
    hosts: tuple[str, ...] = (deployment.server.name,)
    for _ in range(2):
        for helper in (helper for helper in deployment.helpers if helper.name not in found):
            offers = load(helper.name).capabilities.offers
            kinds = ((host, kind) for host in hosts for kind in load(host).capabilities.accepts if kind in offers)
            host, kind = next(kinds, ("", ""))
            if kind:
                found[helper.name] = _Joint(host, Link(kind, helper.name, offers[kind]))
        hosts = tuple(found)
    return found


def options(rule: p.Rule, policy: p.Policy, members: tuple[Member, ...]) -> tuple[Option, ...]:
    """Return every place where the rule can be decided, the best first."""
    features = of_rule(rule, policy)
    alone = sees_one_recipient(rule, policy.rules)
    found = (
        option
        for member in members
        for stage in Stage
        if (option := _option(rule, features, member, stage, alone=alone)) is not None
    )
    return tuple(sorted(found, key=lambda option: option.rank))


def lacking(rule: p.Rule, policy: p.Policy, member: Member) -> tuple[tuple[str, str], ...]:
    """Return the features that keep a member from deciding the rule, those it lacks altogether first."""
    features = of_rule(rule, policy)
    never = [f for f in features if not member.ways(f)]
    if not never and (unfit := member.table.unfit(rule)):
        return ((rule.words, unfit),)
    too_early = [f for f in features if not any(s >= rule.stage for way in member.ways(f) for s in way.stages)]
    return tuple((f, member.why_not(f) if f in never else "decided too early") for f in never or too_early)


def _option(rule: p.Rule, features: tuple[str, ...], member: Member, stage: Stage, *, alone: bool) -> Option | None:
    if stage < rule.stage or member.table.unfit(rule):
        return None
    losses = set(_moving(rule, stage))
    sentences: list[str] = []
    uses: set[str] = set()
    for feature in features:
        ways = [way for way in member.ways(feature) if stage in way.stages]
        if not ways:
            return None
        best = min(ways, key=lambda way: len(way.losses | way.several))
        losses |= best.losses if alone else best.losses | best.several
        uses |= best.needs
        sentences.append(best.sentence)
    if (rule.reply.code, rule.reply.enhanced) in member.table.native_replies:
        losses.discard(Loss.CODE)
    if losses & {Loss.LATER, Loss.SCOPE} and _must_be_exact_in_time(rule):
        return None
    return Option(member, Step(rule, stage, frozenset(losses), tuple(dict.fromkeys(sentences))), frozenset(uses))


def _moving(rule: p.Rule, stage: Stage) -> Iterator[Loss]:
    """Yield what is lost by deciding a rule at a later stage than its own."""
    if stage == rule.stage:
        return
    if rule.stage is Stage.RCPT:
        yield Loss.LATER
        if any(isinstance(atom, _OF_THE_RECIPIENT) for _, atom in c.literals(full_condition(rule))):
            yield Loss.NARROWER
    elif rule.stage_written:
        yield Loss.LATER


def _must_be_exact_in_time(rule: p.Rule) -> bool:
    return rule.existence or rule.relaying or isinstance(rule.action, p.Discard)
