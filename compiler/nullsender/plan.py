"""Which component of a deployment decides which rule, when, and what is lost by it: the sole input of targets."""

from __future__ import annotations

from dataclasses import dataclass

from nullsender.capability import Loss, Version
from nullsender.names import Entries
from nullsender.policy import Delivery, QuarantineInto, RewriteSrs, Rule, Served, SignBatv, Stage, Statement
from nullsender.srs import Dialect


@dataclass(frozen=True, slots=True)
class Link:
    """How a helper is joined to its server, or to a helper of that: a kind (`milter`), its name, where it listens.

    The address is empty where nobody asks the helper anything.
    """

    kind: str
    helper: str
    address: str


@dataclass(frozen=True, slots=True)
class Step:
    """A rule and the moment at which the component decides it.

    `stage` may be later than `rule.stage`. A rule of the rcpt stage that is decided later speaks of the whole message:
    it fires when it would have fired for every accepted recipient.
    """

    rule: Rule
    stage: Stage
    losses: frozenset[Loss] = frozenset()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """What every component of a deployment may have to know of the place it works in."""

    served: tuple[Served, ...]
    deliveries: tuple[Delivery, ...]  # only those of this deployment, the narrower of two has won
    trusted: tuple[Entries, ...]
    upstream: Entries | None
    kept: tuple[str, ...]
    delimiters: str
    quarantine: QuarantineInto
    split: tuple[Entries, ...]
    srs: RewriteSrs | None = None  # how forwarded mail is rewritten
    batv: SignBatv | None = None  # whose mail is signed, and with which keys: here, or else where the policy says so
    silences: bool = False  # what is in quarantine, and not held, might be the matter of a report


@dataclass(frozen=True, slots=True)
class Part:
    """Everything one component has to do. `steps` are in the order in which they decide: stage, then as written."""

    deployment: str
    component: str
    version: Version
    placement: str  # empty where the target has none
    standalone: bool
    server: bool  # speaks SMTP itself; else a helper of one
    site: Site
    steps: tuple[Step, ...]
    statements: tuple[Statement, ...]
    links: tuple[Link, ...]  # a server: its helpers; a helper: where it listens, then helpers of its own
    filtering: tuple[Link, ...] = ()  # a server: those of its helpers that have to see every message
    behind: tuple[str, ...] = ()  # deployments in front, which have decided what this one does not

    @property
    def circumstances(self) -> frozenset[str]:
        """The mode and the kinds of link, as capability tables name them."""
        return frozenset({"standalone" if self.standalone else "fragment", *(link.kind for link in self.links)})


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a rule or statement of the policy went in a deployment, for people and for the manifest."""

    id: str
    component: str
    stage: Stage | None  # None for a setting
    losses: frozenset[Loss]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule that a deployment leaves to the one it stands behind."""

    id: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    name: str
    parts: tuple[Part, ...]  # the server, then its helpers in the order written
    placed: tuple[Placed, ...]
    gaps: tuple[Gap, ...]
    dialect: Dialect | None = None  # of the addresses that it makes of senders of forwarded mail


@dataclass(frozen=True, slots=True)
class Plan:
    deployments: tuple[DeploymentPlan, ...]
