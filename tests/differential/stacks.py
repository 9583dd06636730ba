"""The stacks that have to agree, and a server that decides nothing but relaying and existence, for a filter alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nullsender import discover
from nullsender.capability import Capabilities, Way
from nullsender.diagnostic import Diagnostic
from nullsender.features import FEATURES
from nullsender.placing import Member, team
from nullsender.plan import Part
from nullsender.policy import Component, Deployment
from nullsender.refusal import Catalogue
from nullsender.source import Source, Span
from nullsender.target import AnyTarget, Artifact, Placement, Target, Verification

DOORMAN = "doorman"
_NOWHERE = Span(Source("", ""), 0, 0)
_HEADINGS = ("recipients", "delivery", "ndr")
_KNOWS = (
    *(feature for feature, heading in FEATURES.items() if heading in _HEADINGS),
    *("relaying", "nonexistent recipients", "not trusted client", "set from live file", "reject", "defer"),
    *("recipient in", "not recipient in"),
)


@dataclass(frozen=True, slots=True)
class _Nothing:
    placed: tuple[str, ...]


def _lower(part: Part) -> tuple[_Nothing, tuple[Diagnostic, ...]]:
    return _Nothing((*(step.rule.id for step in part.steps), *(one.id for one in part.statements))), ()


def _render(_: _Nothing) -> tuple[Artifact, ...]:
    return ()


doorman = Target(
    name=DOORMAN,
    title="Doorman",
    capabilities=Capabilities(
        versions=("1.0",),
        ways={feature: (Way("it knows who lives here"),) for feature in _KNOWS},
        accepts=("milter",),
    ),
    placements={"house": Placement("/etc/doorman", (), (), (), (), ())},
    lower=_lower,
    render=_render,
    verify=lambda *_: Verification(),
)


def load(name: str) -> AnyTarget:
    """Return a target of the project, or the doorman."""
    return doorman if name == DOORMAN else discover.load(name)


CATALOGUE = Catalogue(lambda: (*discover.names(), DOORMAN), load)


@dataclass(frozen=True, slots=True)
class Stack:
    """A server and its helpers. `login`: the lab can bring about that a client has logged in.

    `milter`: its filter is not told of addresses without a domain. `reaches_postmaster`: it accepts the bare
    `postmaster` before it asks anything.
    """

    name: str
    server: str
    helpers: tuple[str, ...] = ()
    login: bool = False
    milter: bool = False
    reaches_postmaster: bool = False

    @property
    def deploys(self) -> str:
        """What a policy says of it behind `deploy NAME to`."""
        return self.server + (f" with {', '.join(self.helpers)}" if self.helpers else "")

    @property
    def late(self) -> bool:
        """Whether nothing but relaying and existence is decided before the message has come."""
        return self.server == DOORMAN

    @property
    def scores(self) -> bool:
        """Whether there is a filter with points of its own."""
        return "rspamd" in self.helpers


STACKS = (
    Stack("postfix", "postfix", ("postsrsd",), reaches_postmaster=True),
    Stack("exim", "exim"),
    Stack("rspamd", DOORMAN, ("rspamd", "redis"), login=True, milter=True),
    Stack("postfix-rspamd", "postfix", ("rspamd", "redis", "postsrsd"), milter=True, reaches_postmaster=True),
    Stack("exim-rspamd", "exim", ("rspamd", "redis")),
)


@cache
def exact(stack: Stack) -> frozenset[str]:
    """Return the features that a whole server of this stack has without any loss."""
    return frozenset(
        feature
        for member in _members(stack)
        if member.name != DOORMAN
        for feature in FEATURES
        if any(not way.losses and not way.several for way in member.ways(feature))
    )


@cache
def able(stack: Stack) -> frozenset[str]:
    """Return the features that a whole server of this stack has, at whatever price."""
    return frozenset(f for member in _members(stack) for f in FEATURES if member.ways(f))


@cache
def _members(stack: Stack) -> tuple[Member, ...]:
    server, *helpers = (Component(name, "", _NOWHERE) for name in (stack.server, *stack.helpers))
    deployment = Deployment("one", server, tuple(helpers), None, (), _NOWHERE)
    return team(deployment, standalone=True, load=load)[0]
