"""Say what a deployment cannot do, or only with a loss, and who could."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nullsender import policy as p
from nullsender.capability import Capabilities, Loss, version
from nullsender.diagnostic import Diagnostic, Label, Severity
from nullsender.features import of_rule, of_statement
from nullsender.placing import Member, Option, lacking
from nullsender.source import Span
from nullsender.srs import Dialect
from nullsender.target import AnyTarget


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The targets that a policy may name, and that a refusal may point to."""

    names: Callable[[], tuple[str, ...]]
    load: Callable[[str], AnyTarget]


@dataclass(frozen=True, slots=True)
class Refusals:
    """The diagnostics of one deployment's plan."""

    policy: p.Policy
    deployment: p.Deployment
    members: tuple[Member, ...]
    catalogue: Catalogue

    def loose(self, helper: p.Component) -> Diagnostic:
        server = self.deployment.server.name
        accepts = self.catalogue.load(server).capabilities.accepts
        offers = self.catalogue.load(helper.name).capabilities.offers
        others = (n for n in self.catalogue.names() if not set(self._attached_by(n)).isdisjoint(offers) and n != server)
        through = _list(f"`{name}`" for name in others)
        return Diagnostic(
            "NS501",
            f"`{helper.name}` cannot be attached to `{server}`",
            helper.span,
            note=f"`{server}` attaches helpers by {_list(accepts)}; `{helper.name}` offers {_list(offers)}",
            help=f"{through} attaches it" if through != "nothing" else None,
        )

    def _attached_by(self, name: str) -> tuple[str, ...]:
        return self.catalogue.load(name).capabilities.accepts

    def impossible(self, rule: p.Rule) -> Diagnostic:
        reasons = [
            f"{member.name}: `{feature}`: {why}"
            for member in _deciding(self.members)
            for feature, why in lacking(rule, self.policy, member)
        ]
        if not reasons:
            reasons = [f"{m.name}: has each part of it, but at no one moment" for m in _deciding(self.members)]
        return self._cannot(rule.words, rule.span, reasons, of_rule(rule, self.policy))

    def no_setting(self, statement: p.Statement) -> Diagnostic:
        return self.no_feature(of_statement(statement), statement.words, statement.span, self.members)

    def no_feature(self, feature: str, words: str, span: Span | None, members: Iterable[Member]) -> Diagnostic:
        reasons = [f"{member.name}: {member.why_not(feature)}" for member in _deciding(members)]
        return self._cannot(words, span, reasons, (feature,))

    def homeless(self, domain: str, served: p.Served) -> Diagnostic:
        return Diagnostic(
            "NS505",
            f"`{self.deployment.name}` does not know where to deliver mail for `{domain}`",
            served.span,
            note="a standalone configuration is the whole server",
            labels=(self._here(),),
            help=f"write `deliver {domain} to lmtp 127.0.0.1:24` or the like, or compile in fragment mode",
        )

    def approximate(self, rule: p.Rule, best: Option) -> Diagnostic:
        could = self._who_could(of_rule(rule, self.policy))
        if best.step.losses == {Loss.REPORT}:
            could = "or have none sent: `send ndrs only to trusted senders`"
        return Diagnostic(
            "NS503",
            f"`{self.deployment.name}` can only approximate `{rule.words}`",
            rule.span,
            note=_price(best),
            labels=(self._here(),),
            help="write `allow approximate` at the rule if that will do" + (f"; {could}" if could else ""),
        )

    def approximated(self, option: Option) -> Diagnostic:
        rule = option.step.rule
        return Diagnostic(
            "NS504",
            f"`{self.deployment.name}` approximates `{rule.words}`, as allowed",
            rule.span,
            Severity.WARNING,
            note=_price(option),
        )

    def out_of_order(self, first: Option, second: Option) -> Diagnostic:
        if (first.step.stage, first.member.index) < (second.step.stage, second.member.index):
            return Diagnostic(
                "NS506",
                f"`{self.deployment.name}` would drop by `{second.step.rule.words}` what the other rule keeps",
                first.step.rule.span,
                note=f"{second.member.name} does not know what {first.member.name} has kept for a person",
                labels=(Label(second.step.rule.span, "drops it"),),
                help="let the two exclude each other with `except`",
            )
        return Diagnostic(
            "NS506",
            f"`{self.deployment.name}` would decide `{second.step.rule.words}` before `{first.step.rule.words}`",
            first.step.rule.span,
            note=f"{second.member.name} decides at {second.step.stage.word}, {first.member.name} at "
            f"{first.step.stage.word}; where both rules fire, another one would decide than the policy says",
            labels=(Label(second.step.rule.span, "written later, decided earlier"),),
            help="write this rule below the other one, or let the two exclude each other with `except`",
        )

    def two_sums(self, points: Option, question: Option) -> Diagnostic:
        return Diagnostic(
            "NS507",
            f"what `{points.step.rule.words}` adds does not reach `{question.step.rule.words}`",
            points.step.rule.span,
            note=f"{points.member.name} adds the points, {question.member.name} asks for the sum",
            labels=(Label(question.step.rule.span, "asks for the sum"),),
        )

    def told_too_early(self, told: Option, other: Option) -> Diagnostic:
        words = ("count", "counted") if told.step.rule.limit else ("report", "reported")
        return Diagnostic(
            "NS550",
            f"`{told.step.rule.words}` would {words[0]} what `{other.step.rule.words}` decides",
            told.step.rule.span,
            note=f"{other.member.name} decides after {told.member.name} has {words[1]} the message",
            labels=(Label(other.step.rule.span, "decides it afterwards"),),
            help="let the two exclude each other with `except`",
        )

    def _cannot(self, words: str, span: Span | None, reasons: list[str], features: tuple[str, ...]) -> Diagnostic:
        return Diagnostic(
            "NS502",
            f"`{self.deployment.name}` cannot do `{words}`",
            span or self.deployment.span,
            note="\n".join(reasons),
            labels=(self._here(),),
            help=self._who_could(features),
        )

    def _here(self) -> Label:
        return Label(self.deployment.span, "deployed here")

    def _who_could(self, features: tuple[str, ...]) -> str | None:
        """Name the targets that have every feature without loss, by whatever links and helpers they need."""
        able = [words for name in self.catalogue.names() if (words := self._could(name, features))]
        return f"{_list(able)} could do it" if able else None

    def _could(self, name: str, features: tuple[str, ...]) -> str | None:
        """Return the target with the helpers that it needs; None where it cannot, or has them here already."""
        table = self.catalogue.load(name).capabilities
        needed = [self._helpers_for(table, feature) for feature in features]
        if any(one is None for one in needed):
            return None
        kinds = frozenset[str]().union(*(one for one in needed if one))
        here = next((member for member in self.members if member.name == name), None)
        if here is not None and kinds <= here.circumstances:
            return None
        others = (n for n in self.catalogue.names() if not kinds.isdisjoint(self.catalogue.load(n).capabilities.offers))
        helpers = _list(f"`{n}`" for n in others)
        return f"`{name}` with {helpers}" if kinds else f"`{name}`"

    def _helpers_for(self, table: Capabilities, feature: str) -> frozenset[str] | None:
        """Return the links to helpers that a target needs for a feature without loss; None where it cannot."""
        newest = version(table.versions[-1])
        exact = [way for way in table.ways.get(feature, ()) if not way.losses and way.serves(newest, way.needs)]
        return min((way.needs & frozenset(table.accepts) for way in exact), key=len, default=None)


def two_dialects(statement: p.Statement, *speakers: tuple[p.Deployment, Dialect | None]) -> Diagnostic:
    """Say that two deployments would make addresses of which neither takes the other's."""
    (one, _), (other, _) = speakers
    return Diagnostic(
        "NS560",
        f"`{one.name}` and `{other.name}` would rewrite forwarded mail in two dialects of SRS",
        statement.span,
        note="\n".join(f"{d.name}: {dialect.value}" for d, dialect in speakers if dialect)
        + "\nneither takes the bounces of what the other forwarded",
        labels=(Label(one.span, "speaks one"), Label(other.span, "speaks the other")),
        help=f"write one statement `on {one.name}` and one with another domain `on {other.name}`, "
        "or deploy both to what speaks one dialect",
    )


def _deciding(members: Iterable[Member]) -> Iterator[Member]:
    """Yield the members that do anything by themselves; others only help one of them."""
    return (member for member in members if member.table.ways)


def _price(option: Option) -> str:
    losses = "; ".join(loss.value for loss in Loss if loss in option.step.losses)
    return f"{option.member.name} at {option.step.stage.word}: {losses}"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
