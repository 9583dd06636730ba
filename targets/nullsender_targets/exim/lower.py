"""Turn a part of the plan into Exim's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nullsender import condition as c
from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.features import full_condition
from nullsender.plan import Part, Step
from nullsender.policy import Stage
from nullsender.verdict import SPLIT, SPLIT_REPLY, SPLIT_TEXT
from nullsender_targets.exim import directories, forging, ir, ndrs, recipients, signing
from nullsender_targets.exim.conditions import UNKEPT, Conditions, TooDeepError
from nullsender_targets.exim.counting import COUNT, Counting
from nullsender_targets.exim.filtering import scan, verdict
from nullsender_targets.exim.rules import of_existence, of_flag, of_rule
from nullsender_targets.exim.sets import Sets, any_of

DATA_RULES, CONTENT_RULES = "rules_at_data", "rules_at_content"
_ACCEPT = ir.Statement(ir.Verb.ACCEPT)


def lower(part: Part) -> tuple[ir.Exim, tuple[Diagnostic, ...]]:
    """Return the configuration for one deployment, and what stands against it."""
    to = Conditions(part.site, Sets())
    work = _Work(part, to, Counting(to))
    data = work.block(DATA_RULES, work.at(Stage.DATA))
    content = work.block(CONTENT_RULES, work.at_content())
    at_rcpt = tuple(work.at(Stage.RCPT))
    acls = (
        ir.AclBlock("check_rcpt", tuple(work.check_rcpt(at_rcpt)), "RCPT: one recipient"),
        *work.check_message(data, content),
        *work.counting.block(),
        *work.signing(),
    )
    hops = tuple(
        ir.Hop(f"delivery_{number}", work.to.sets.member(delivery.domains, (ir.Fact.DOMAIN,)), delivery)
        for number, delivery in enumerate(part.site.deliveries if part.standalone else (), 1)
    )
    callouts = tuple(recipients.callouts(work.to))
    sent = ndrs.settings(part.statements, quarantined=work.quarantines)
    into = part.site.quarantine
    served = recipients.served(work.to, ir.Fact.DOMAIN)
    return (
        ir.Exim(
            placement=part.placement,
            standalone=part.standalone,
            lists=tuple(sorted(work.to.sets.lists.values(), key=lambda one: one.name)),
            tables=tuple(sorted(work.to.sets.tables.values(), key=lambda one: one.name)),
            served=served,
            acls=(*acls, *work.to.blocks),
            commands=tuple(block.name.removeprefix("check_") for block in acls if block.name.startswith("check_")),
            filter=part.filtering[0] if part.filtering else None,
            quarantine=into.into if work.quarantines else None,
            quarantine_address=into.address if work.quarantines else None,
            hops=hops,
            postmaster=recipients.postmasters_domain(part.site),
            ndrs=sent,
            looks_into=ir.Var.RETURNED in work.to.used,
            remembers=bool(work.counting.limits or work.counting.greylists),
            keys=part.site.batv.keys if part.site.batv and (work.signs or ir.Var.BATV in work.to.used) else None,
            srs_keys=part.site.srs.keys if part.site.srs else None,
            srs_domain=part.site.srs.domain if part.site.srs else None,
            rewrites=tuple(statement.id for statement in (work.signs, work.forwards) if statement),
            placed=(*(step.rule.id for step in part.steps), *(s.id for s in part.statements)),
            directories=tuple(work.to.directories),
            callouts=callouts,
        ),
        (*work.found, *work.to.found, *directories.misfits(tuple(work.to.directories)), *ndrs.misfits(sent)),
    )


@dataclass(slots=True)
class _Work:
    """What the ACLs of one deployment are made from."""

    part: Part
    to: Conditions
    counting: Counting
    found: list[Diagnostic] = field(default_factory=list)
    spared: dict[str, ir.Flag] = field(default_factory=dict)  # ACL of a rule's condition -> some recipient escaped it

    @property
    def quarantines(self) -> bool:
        return any(isinstance(step.rule.action, p.Quarantine) for step in self.part.steps) or bool(self.part.filtering)

    @property
    def signs(self) -> p.Statement | None:
        return next((s for s in self.part.statements if isinstance(s.setting, p.SignBatv)), None)

    @property
    def forwards(self) -> p.Statement | None:
        return next((s for s in self.part.statements if isinstance(s.setting, p.RewriteSrs)), None)

    def signing(self) -> Iterator[ir.AclBlock]:
        if self.signs or self.forwards:
            doubles = any(isinstance(s.setting, p.CopyDoubleBounces) for s in self.part.statements)
            unsigned = ir.Reading.SENDER_ADDRESS if doubles else ir.Reading.RETURN_PATH
            yield signing.return_path(self.signs, self.forwards, self.to, unsigned=unsigned)

    # --- rules --------------------------------------------------------------------------------------------------------
    def at(self, stage: Stage) -> Iterator[ir.Statement]:
        """Yield the statements of a stage before the content; what only adds headers waits for that."""
        for step in self._steps(stage):
            if not _adds_header(step.rule):
                yield from self._statements(step)

    def at_content(self) -> Iterator[ir.Statement]:
        early = [step for step in self.part.steps if step.stage < Stage.CONTENT and _adds_header(step.rule)]
        for step in (*early, *self._steps(Stage.CONTENT)):
            yield from self._statements(step)
        if self.part.filtering:
            yield from verdict()

    def _steps(self, stage: Stage) -> list[Step]:
        steps = [s for s in self.part.steps if s.stage is stage and not s.rule.relaying and not s.rule.existence]
        return _adding_first(steps)

    def _statements(self, step: Step) -> tuple[ir.Statement, ...]:
        rule = step.rule
        try:
            if step.stage > rule.stage is Stage.RCPT:
                return of_flag(rule, step.stage, self._spared(rule))
            if rule.limit:
                return tuple(self.counting.of_limit(rule, self.to.alternatives(full_condition(rule), step.stage)))
            if isinstance(rule.action, p.Greylist):
                return tuple(self.counting.of_greylist(rule, self.to.alternatives(full_condition(rule), step.stage)))
            return of_rule(rule, step.stage, self.to)
        except TooDeepError:
            self.found.append(
                Diagnostic(
                    "NS521",
                    f"the condition of `{rule.words}` nests deeper than Exim's ACLs may",
                    rule.span,
                    help="write the rule as several rules, one for each part of an outer `or`",
                )
            )
            return ()

    def _spared(self, rule: p.Rule) -> ir.Flag:
        number = len(self.spared) + 1
        name = f"would_decide_{number}"
        alternatives = self.to.alternatives(full_condition(rule), Stage.RCPT)
        self.to.blocks.append(ir.AclBlock(name, tuple(ir.Statement(ir.Verb.ACCEPT, tests) for tests in alternatives)))
        return self.spared.setdefault(name, ir.Flag(f"spared_{number}"))

    # --- RCPT ---------------------------------------------------------------------------------------------------------
    def check_rcpt(self, rules: tuple[ir.Statement, ...]) -> Iterator[ir.Statement]:
        """Yield the whole ACL: relaying, existence, rules in order, and what an accepted recipient leaves behind."""
        steps = [step for step in self.part.steps if step.stage is Stage.RCPT]
        relaying = [s for step in steps if step.rule.relaying for s in self._relaying(step)]
        existing = [s for step in steps if step.rule.existence for s in self._existence(step)]
        known = tuple(recipients.existence(self.to)) if existing else ()
        split = tuple(self._split())
        keyless = tuple(signing.without_keys(self.signs, self.to)) if self.signs else ()
        yield from recipients.facts(self.to)
        yield from signing.judged(self.to)
        yield from relaying
        yield from known
        yield from existing
        yield from rules
        yield from split
        yield from keyless
        passed = () if self.part.standalone else (ir.Acl("owners_rcpt"),)
        yield ir.Statement(ir.Verb.ACCEPT, passed, tuple(self._left_behind()), "accepted; what later rules will ask")

    def _relaying(self, step: Step) -> Iterator[ir.Statement]:
        statements = self._statements(step)
        if any(entries.live for entries in self.part.site.trusted):
            elsewhere = ir.When(ir.Without(ir.Yes(ir.Var.SERVED)))
            cannot_tell = ir.When(ir.Is(ir.Var.TRUSTED, "unknown"))
            answer = ir.Answer(451, "4.3.0", "cannot tell now whether you may relay, try again later", step.rule.id)
            yield ir.Statement(ir.Verb.DEFER, (elsewhere, cannot_tell), (answer,), origin=step.rule.id)
        yield from statements

    def _existence(self, step: Step) -> Iterator[ir.Statement]:
        return of_existence(step.rule, self.to, may_fail=recipients.may_fail(self.part.site))

    def _split(self) -> Iterator[ir.Statement]:
        site = self.part.site
        if not site.split:
            return
        sets = tuple(self.to.sets.member(entries, self.to.recipients(entries.kind)) for entries in site.split)
        yield ir.Statement(
            ir.Verb.WARN, (), (ir.Set(ir.Var.CLASS, ir.Memberships(sets)),), "one class of recipients for each message"
        )
        yield ir.Statement(
            ir.Verb.DEFER,
            (
                ir.NullSender(negated=True),
                ir.When(ir.Without(ir.Is(ir.Var.TRUSTED, "yes"))),
                ir.When(ir.AtLeast(ir.Fact.RECIPIENTS, 1)),
                ir.When(ir.Known.OTHER_CLASS),
            ),
            (ir.Answer(SPLIT_REPLY.code, SPLIT_REPLY.enhanced, SPLIT_TEXT, SPLIT),),
        )

    def _left_behind(self) -> Iterator[ir.Effect]:
        for entries, flag in self.to.outside.items():
            yield ir.Set(flag, ir.Sticky(self.to.stranger(entries)))
        for entries, flag in self.to.unsure.items():
            member = self.to.sets.member(entries, self.to.recipients(entries.kind))
            told = (member, self.to.stranger(entries))
            yield ir.Set(flag, ir.Sticky(ir.Without(any_of(told))))
        if UNKEPT in self.to.used:
            yield ir.Set(UNKEPT, ir.Sticky(ir.Without(ir.Yes(ir.Var.KEPT))))
        yield from signing.left_behind(self.to)
        for acl, flag in self.spared.items():
            yield ir.Set(flag, ir.Sticky(ir.Without(ir.CallAcl(acl))))
        yield from self.counting.recipients()
        if self.part.site.split:
            yield ir.Set(ir.Var.FIRST_CLASS, ir.IfUnset(ir.Var.CLASS))

    # --- the message --------------------------------------------------------------------------------------------------
    def block(self, name: str, statements: Iterable[ir.Statement]) -> ir.AclBlock | None:
        """Return the ACL with the rules of a stage, if it has any; the first that decides ends it."""
        held = tuple(statements)
        asked = (ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.ASKED, ir.Word("yes")),)),) if name == DATA_RULES else ()
        return ir.AclBlock(name, (*asked, *held, _ACCEPT)) if held else None

    def check_message(self, data: ir.AclBlock | None, content: ir.AclBlock | None) -> Iterator[ir.AclBlock]:
        """Yield the ACLs of DATA and of the end of the message, as far as there is anything to ask."""
        if data:
            passed = () if self.part.standalone else (ir.Acl("owners_predata"),)
            yield ir.AclBlock(
                "check_predata",
                (ir.Statement(ir.Verb.REQUIRE, (ir.Acl(data.name),)), ir.Statement(ir.Verb.ACCEPT, passed)),
                "DATA: all recipients",
            )
            yield data
        if data or content:
            yield ir.AclBlock("check_data", tuple(self._check_data(data, content)), "the end of the message")
        if content:
            yield content

    def _check_data(self, data: ir.AclBlock | None, content: ir.AclBlock | None) -> Iterator[ir.Statement]:
        not_kept = ir.When(ir.Without(ir.Defined(ir.Var.QUARANTINE)))  # what is kept for a person is never dropped
        discarded = ir.Statement(
            ir.Verb.DISCARD,
            (ir.When(ir.Defined(ir.Var.DISCARD)), *((not_kept,) if self.quarantines else ()), *self._counted()),
        )
        discards = any(isinstance(step.rule.action, p.Discard) for step in self.part.steps)
        if data:
            late = ir.When(ir.Without(ir.Defined(ir.Var.ASKED)))
            yield ir.Statement(
                ir.Verb.DENY,
                (late, ir.Acl(data.name, negated=True)),
                about="a client that sends BDAT was not asked yet",
            )
        if data and discards:
            yield discarded
        if content:
            yield from self._before_content()
            yield ir.Statement(ir.Verb.REQUIRE, (ir.Acl(content.name),))
            if ir.Var.RETURNED in self.to.used:
                yield forging.forget()
            if discards or self.part.filtering:
                yield discarded
        if self.quarantines and self.part.site.quarantine.into is p.Into.JUNK:
            yield ir.Statement(
                ir.Verb.WARN,
                (ir.When(ir.Defined(ir.Var.QUARANTINE)),),
                (ir.RemoveHeaders(("X-Spam",)), ir.AddHeader("X-Spam", "Yes")),
                "quarantine into junk",
            )
        passed = () if self.part.standalone else (ir.Acl("owners_data"),)
        yield ir.Statement(ir.Verb.ACCEPT, (*passed, *self._counted()))

    def _counted(self) -> tuple[ir.Test, ...]:
        """Return what an accepted message has to pass last."""
        return (ir.Acl(COUNT),) if self.counting.limits else ()

    def _before_content(self) -> Iterator[ir.Statement]:
        tags = [step.rule.action for step in self.part.steps if _adds_header(step.rule)]
        names = tuple(sorted({tag.header for tag in tags if isinstance(tag, p.Tag)}))
        if names:
            outside = (self.to.neither(c.Trusted(), c.Upstream()),)
            about = "headers of ours that come from outside"
            yield ir.Statement(ir.Verb.WARN, outside, (ir.RemoveHeaders(names),), about)
        if ir.Var.RETURNED in self.to.used:
            yield from forging.look_into()
        if self.part.filtering:
            yield from scan(self.part.filtering[0].helper)
        else:
            yield ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.SCORE, ir.Word("0")),), "the score, in thousandths")


def _adds_header(rule: p.Rule) -> bool:
    return isinstance(rule.action, p.Tag) and not rule.report_only


def _adding_first(steps: list[Step]) -> list[Step]:
    """Put rules that score or tag before those that decide; each keeps its place among its kind."""
    return sorted(steps, key=lambda step: not isinstance(step.rule.action, p.Score | p.Tag))
