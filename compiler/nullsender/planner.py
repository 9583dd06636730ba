"""Plan which component of each deployment decides which rule: without loss first, then the earliest, then the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product

from nullsender import condition as c
from nullsender import policy as p
from nullsender.diagnostic import Diagnostic
from nullsender.entryfile import expand
from nullsender.features import full_condition, of_statement, silences
from nullsender.order import can_meet, decides, same_outcome
from nullsender.placing import Member, Option, options, team
from nullsender.plan import DeploymentPlan, Gap, Part, Placed, Plan, Site
from nullsender.refusal import Catalogue, Refusals, two_dialects
from nullsender.scope import batv_of, rules_of, srs_of, statements_of, trusted_of


def plan(
    policy: p.Policy, catalogue: Catalogue, *, standalone: bool, only: tuple[str, ...] = ()
) -> tuple[Plan, tuple[Diagnostic, ...]]:
    """Return the plan of every deployment, or of those named, and what they cannot do or only with a loss."""
    done: dict[str, DeploymentPlan] = {}
    found_of: dict[str, list[Diagnostic]] = {}
    for deployment in _fronts_first(policy.deployments):
        found = found_of[deployment.name] = []
        members, loose = team(deployment, standalone=standalone, load=catalogue.load)
        refusals = Refusals(policy, deployment, members, catalogue)
        found.extend(map(refusals.loose, loose))
        planner = _Planner(policy, deployment, members, refusals, standalone, found)
        done[deployment.name] = planner.run({id_: f for f in deployment.behind for id_ in _ids(done[f])})
    wanted = only or tuple(done)
    plans = tuple(done[d.name] for d in policy.deployments if d.name in wanted)
    found_in = tuple(one for name, found in found_of.items() if name in wanted for one in found)
    return Plan(plans), (*found_in, *_dialects(policy, done))


@dataclass(frozen=True, slots=True)
class _Setting:
    """A statement and the component that sees to it."""

    statement: p.Statement
    member: Member
    sentence: str


@dataclass(frozen=True, slots=True)
class _Planner:
    """What the plan of one deployment is made from; `found` collects what there is to say."""

    policy: p.Policy
    deployment: p.Deployment
    members: tuple[Member, ...]
    refusals: Refusals
    standalone: bool
    found: list[Diagnostic]

    def run(self, decided_in_front: dict[str, str]) -> DeploymentPlan:
        choices, gaps = self._choices(decided_in_front)
        choices = self._told_last(self._one_sum(self._in_order(choices)))
        self.found.extend(self.refusals.approximated(option) for option in choices if option.step.losses)
        settings = self._settings()
        site = self._site()
        self.found.extend(self._site_lacks(site))
        return DeploymentPlan(
            self.deployment.name,
            tuple(self._part(member, choices, settings, site) for member in self.members),
            (
                *(
                    Placed(o.step.rule.id, o.member.name, o.step.stage, o.step.losses, o.step.sentences)
                    for o in choices
                ),
                *(Placed(s.statement.id, s.member.name, None, frozenset(), (s.sentence,)) for s in settings),
            ),
            gaps,
            next(
                (way.dialect for s in settings for way in s.member.ways(of_statement(s.statement)) if way.dialect), None
            ),
        )

    # --- rules --------------------------------------------------------------------------------------------------------
    def _choices(self, decided_in_front: dict[str, str]) -> tuple[list[Option], tuple[Gap, ...]]:
        choices, gaps = [], []
        for rule in rules_of(self.policy, self.deployment.name):
            places = options(rule, self.policy, self.members)
            if places and (not places[0].step.losses or rule.approximate):
                choices.append(places[0])
            elif rule.id in decided_in_front:
                gaps.append(Gap(rule.id, decided_in_front[rule.id]))
            elif places:
                self.found.append(self.refusals.approximate(rule, places[0]))
            else:
                self.found.append(self.refusals.impossible(rule))
        return choices, tuple(gaps)

    def _in_order(self, choices: list[Option]) -> list[Option]:
        """Move rules until no two that can meet are decided the other way round; report the pairs that stay so."""
        tried = set[tuple[tuple[int, int], ...]]()
        while swapped := list(_swapped_pairs(choices)):
            move = next((move for pair in swapped if (move := self._together(*pair)) is not None), None)
            places = tuple((option.member.index, option.step.stage) for option in choices)
            if move is None or places in tried:
                self.found.extend(self.refusals.out_of_order(*pair) for pair in swapped)
                break
            tried.add(places)
            choices = _with(choices, move)
        return choices

    def _together(self, first: Option, second: Option) -> Option | None:
        """Return a place for the second rule where the first is decided, or else for the first where the second is."""
        for moved, to in ((second, first), (first, second)):
            for option in options(moved.step.rule, self.policy, self.members):
                there = (option.member, option.step.stage) == (to.member, to.step.stage)
                if there and (option.step.losses <= moved.step.losses or moved.step.rule.approximate):
                    return option
        return None

    def _one_sum(self, choices: list[Option]) -> list[Option]:
        """See that the sum is asked for where the points have arrived: what a helper adds, its server sees."""
        for points in (o for o in choices if isinstance(o.step.rule.action, p.Score)):
            for question in [o for o in choices if _asks_for_the_sum(o.step.rule)]:
                if points.member.index < question.member.index:
                    move = self._together(question, points)
                    if move is None or move.step.rule is not points.step.rule:
                        self.found.append(self.refusals.two_sums(points, question))
                    else:
                        choices = _with(choices, move)
        return choices

    def _told_last(self, choices: list[Option]) -> list[Option]:
        """See that a helper counts and reports nothing of which its server decides afterwards."""
        tried = set[tuple[tuple[int, int], ...]]()
        while early := next(_told_too_early(choices), None):
            move = self._together(*early)
            places = tuple((option.member.index, option.step.stage) for option in choices)
            if move is None or places in tried:
                self.found.append(self.refusals.told_too_early(*early))
                break
            tried.add(places)
            choices = self._in_order(_with(choices, move))
        return choices

    # --- settings and the site ----------------------------------------------------------------------------------------
    def _settings(self) -> tuple[_Setting, ...]:
        chosen: list[_Setting] = []
        for statement in statements_of(self.policy, self.deployment.name):
            feature = of_statement(statement)
            able = [member for member in self.members if member.ways(feature)]
            if not able:
                self.found.append(self.refusals.no_setting(statement))
            all_have_to = isinstance(statement.setting, p.AnswerAutomatically)  # each answers by itself
            chosen += [_Setting(statement, m, m.ways(feature)[0].sentence) for m in (able if all_have_to else able[:1])]
        return tuple(chosen)

    def _site(self) -> Site:
        policy = self.policy
        return Site(
            policy.served,
            self._deliveries(),
            trusted_of(policy, self.deployment.name),
            policy.upstream,
            policy.kept,
            policy.delimiters,
            policy.quarantine,
            policy.split,
            srs_of(policy, self.deployment.name),
            batv_of(policy, self.deployment.name),
            silences(rules_of(policy, self.deployment.name), policy),
        )

    def _deliveries(self) -> tuple[p.Delivery, ...]:
        """Return the deliveries of this deployment; a domain that two speak of goes where the narrower one says."""
        named = [d for d in self.policy.deliveries if self.deployment.name in d.on]
        taken = {domain for delivery in named for domain in expand(delivery.domains)}
        rest = [
            replace(
                d, domains=replace(d.domains, members=tuple(x for x in expand(d.domains) if x not in taken), files=())
            )
            for d in self.policy.deliveries
            if not d.on
        ]
        return (*named, *(d for d in rest if d.domains.members))

    def _site_lacks(self, site: Site) -> Iterator[Diagnostic]:
        server = self.members[0]
        if site.split and not any(member.ways("split mail") for member in self.members):
            yield self.refusals.no_feature("split mail", "split mail", site.split[0].span, self.members)
        if not self.standalone:
            return
        for delivery in site.deliveries:
            feature = f"deliver by {delivery.protocol}"
            if not server.ways(feature):
                yield self.refusals.no_feature(feature, f"deliver to {delivery.protocol}", delivery.span, (server,))
        delivered = {domain for delivery in site.deliveries for domain in expand(delivery.domains)}
        for served in site.served if server.ways("deliver by smtp") else ():
            homeless = next((domain for domain in expand(served.domains) if domain not in delivered), None)
            if homeless is not None:
                yield self.refusals.homeless(homeless, served)

    # --- the result ---------------------------------------------------------------------------------------------------
    def _part(self, member: Member, choices: Iterable[Option], settings: Iterable[_Setting], site: Site) -> Part:
        position = {id(rule): index for index, rule in enumerate(self.policy.rules)}
        steps = sorted(
            (o.step for o in choices if o.member is member),
            key=lambda step: (step.stage, step.rule.stage, position[id(step.rule)]),
        )
        used = {need for option in choices if option.member is member for need in option.uses}
        busy = {option.member.name for option in choices} | {setting.member.name for setting in settings}
        return Part(
            deployment=self.deployment.name,
            component=member.name,
            version=member.version,
            placement=member.placement,
            standalone=self.standalone,
            server=member.index == 0,
            site=site,
            steps=tuple(steps),
            statements=tuple(setting.statement for setting in settings if setting.member is member),
            links=member.links,
            filtering=tuple(
                link
                for link in member.links
                if member.index == 0 and link.address and (link.helper in busy or link.kind in used)
            ),
            behind=self.deployment.behind,
        )


def _dialects(policy: p.Policy, plans: Mapping[str, DeploymentPlan]) -> Iterator[Diagnostic]:
    """See that all who rewrite forwarded mail by one statement take the bounces of each other's."""
    for statement in (one for one in policy.statements if isinstance(one.setting, p.RewriteSrs)):
        here = [d for d in policy.deployments if statement in statements_of(policy, d.name) and plans[d.name].dialect]
        other = next((d for d in here if plans[d.name].dialect is not plans[here[0].name].dialect), None)
        if other is not None:
            yield two_dialects(statement, *((d, plans[d.name].dialect) for d in (here[0], other)))


def _fronts_first(deployments: tuple[p.Deployment, ...]) -> Iterator[p.Deployment]:
    waiting, seen = list(deployments), set[str]()
    while waiting:
        ready = next(d for d in waiting if seen.issuperset(d.behind))  # the checker refused circles
        waiting.remove(ready)
        seen.add(ready.name)
        yield ready


def _ids(front: DeploymentPlan) -> Iterator[str]:
    return (placed.id for placed in front.placed)


def _with(choices: list[Option], move: Option) -> list[Option]:
    return [move if option.step.rule is move.step.rule else option for option in choices]


def _told_too_early(choices: list[Option]) -> Iterator[tuple[Option, Option]]:
    """Yield what a helper counts or reports, each with what its server decides only when the helper has been asked.

    Nothing that is refused is counted, by whichever rule; and where a rule decides, none behind it reports.
    """
    for told, other in product((option for option in choices if option.member.index), choices):
        before = other.member.index == 0 and other.step.stage >= told.step.stage and _ends(other.step.rule)
        if not before or not can_meet(told.step.rule, other.step.rule):
            continue
        rule = told.step.rule
        refused = rule.limit and isinstance(other.step.rule.action, p.Reject | p.Defer)
        if refused or ((rule.limit or rule.report_only) and _stands_before(choices, other, told)):
            yield told, other


def _ends(rule: p.Rule) -> bool:
    return decides(rule) and not rule.report_only


def _stands_before(choices: list[Option], first: Option, second: Option) -> bool:
    """Tell whether the policy asks one rule before the other: at an earlier stage, or written before it."""
    places = [(option.step.rule.stage, choices.index(option)) for option in (first, second)]
    return places[0] < places[1]


def _asks_for_the_sum(rule: p.Rule) -> bool:
    return any(isinstance(atom, c.Scoring) for _, atom in c.literals(full_condition(rule)))


def _swapped_pairs(choices: list[Option]) -> Iterator[tuple[Option, Option]]:
    """Yield the pairs that can meet and would be decided the other way round, in the policy's order.

    The same goes for what one component keeps for a person and another one drops: it does not know of the first.
    """
    deciding = [option for option in choices if decides(option.step.rule)]
    for pair in combinations(deciding, 2):
        first, second = sorted(pair, key=lambda option: option.step.rule.stage)  # stable: of one stage, as written
        swapped = (first.step.stage, first.member.index) > (second.step.stage, second.member.index)
        if swapped or _drops_what_is_kept(first, second):
            rules = first.step.rule, second.step.rule
            if not same_outcome(*rules) and can_meet(*rules):
                yield first, second


def _drops_what_is_kept(first: Option, second: Option) -> bool:
    actions = first.step.rule.action, second.step.rule.action
    return (
        first.member is not second.member and isinstance(actions[0], p.Quarantine) and isinstance(actions[1], p.Discard)
    )
