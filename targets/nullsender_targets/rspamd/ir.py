"""What rspamd is to do, as its engine reads it: sets, questions about a session, and rules in order."""

from __future__ import annotations

from dataclasses import dataclass

from nullsender.names import Entries


@dataclass(frozen=True, slots=True)
class Listed:
    """The argument of `client listed`: a block list and the answers that mean `listed`."""

    zone: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """The argument of `header matches`: a field's name in lower case, and what its value is held to.

    `empty` tells whether an empty value matches, which rspamd's expressions never do.
    """

    name: str
    pattern: str
    ignore_case: bool
    empty: bool


Argument = str | int | float | Listed | Expression | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the engine can answer, by its name there; the argument may be the name of a set."""

    name: str
    argument: Argument = None


@dataclass(frozen=True, slots=True)
class Every:
    """True when every part is."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """True when one part is."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    part: Tree


Tree = Every | Some | Negated | Question


@dataclass(frozen=True, slots=True)
class MapSet:
    """A set in a text map that streams; `patterns` are its addresses with `*`, which stand in the configuration."""

    entries: Entries
    patterns: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"nullsender/sets/{self.entries.name}.map"

    @property
    def compiled(self) -> bool:
        """Tell whether the set has a map of ours; one of nothing but live files has none."""
        return bool(self.entries.members or self.entries.files or not self.entries.live)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the client is told; the code counts where the link carries it."""

    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header field that a rule adds."""

    name: str
    value: str


Effect = Refusal | Header | float | None


@dataclass(frozen=True, slots=True)
class Limit:
    """Fires beyond so many messages in so many seconds."""

    per: str
    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class FirstTries:
    """Fires until so many seconds after the first try, for each recipient."""

    seconds: int


Counter = Limit | FirstTries | None


@dataclass(frozen=True, slots=True)
class EngineRule:
    """A rule as the engine takes it: `stage` is the policy's own, by which the engine orders."""

    id: str
    words: str
    stage: str
    action: str
    effect: Effect
    when: Tree
    unless: tuple[Tree, ...]
    report_only: bool
    counter: Counter = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Recipients that are always reachable: local parts at each served domain, and single addresses."""

    roles: tuple[str, ...]
    addresses: tuple[str, ...]
    served: tuple[str, ...]  # names of sets


@dataclass(frozen=True, slots=True)
class Batv:
    """The file of keys by which tags are judged; `senders` is the set whose mail is signed here, for so many days."""

    keys: str
    senders: str | None
    days: int


@dataclass(frozen=True, slots=True)
class Worker:
    """Where rspamd listens for its server."""

    link: str
    address: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything one rspamd gets."""

    standalone: bool
    worker: Worker
    delimiters: str
    into: str
    into_address: str | None
    silences: bool  # the server has to hear of quarantine, to keep reports back
    trusted: tuple[str, ...]  # names of sets
    upstream: str | None
    kept: Kept
    sets: tuple[MapSet, ...]
    rules: tuple[EngineRule, ...]
    batv: Batv | None
    placed: tuple[str, ...]
    redis: str | None = None  # where it listens
    authenticates: bool = False  # some rule asks for SPF or DMARC
    fixed_texts: tuple[tuple[str, str], ...] = ()
