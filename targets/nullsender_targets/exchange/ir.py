"""What an Exchange is to be set to: objects and their parameters, none that the table of cmdlets does not have."""

from __future__ import annotations

from dataclasses import dataclass

from nullsender.names import Entries
from nullsender.policy import CompiledFile
from nullsender_targets.exchange.cmdlets import NOUNS, Service, Value, parameter

LONGEST_NAME = 64


def owned(deployment: str) -> str:
    """Return how the names of objects begin that are ours, and nobody else's."""
    return f"nullsender {deployment}: "


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter of a cmdlet and the value that it is to have."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as it is to be. `name` is that of the one meant, empty where the noun means all that there are.

    An object `waits_for` a domain while its listed recipients are not all in the directory. Raises ValueError for what
    the service does not take: a wrong call cannot be made.
    """

    service: Service
    noun: str
    name: str
    settings: tuple[Setting, ...]
    words: str
    origins: tuple[str, ...]
    waits_for: str = ""

    def __post_init__(self) -> None:
        noun = NOUNS.get(self.noun)
        if noun is None:
            raise ValueError(f"no cmdlets are known for {self.noun}")
        if bool(noun.key) is not bool(self.name) or len(self.name) > (LONGEST_NAME if noun.made else 255):
            raise ValueError(f"{self.name!r} does not name one {self.noun}")
        for setting in self.settings:
            known = parameter(self.noun, setting.name, self.service)
            if known is None:
                raise ValueError(f"Set-{self.noun} of {self.service.title} has no parameter {setting.name}")
            if known.kind.refuses(setting.value):
                raise ValueError(f"Set-{self.noun} -{setting.name} takes {known.kind}, not {_shown(setting.value)}")

    @property
    def clear(self) -> tuple[str, ...]:
        """Names of the parameters that an object of ours has not: an earlier policy may have set them."""
        noun, held = NOUNS[self.noun], {setting.name for setting in self.settings}
        ours = (one for one in noun.parameters if noun.made and self.service in one.where)
        return tuple(one.name for one in ours if one.name not in held)

    @property
    def unread(self) -> tuple[str, ...]:
        """Names of the parameters, held and cleared, that cannot be compared."""
        names = (*(setting.name for setting in self.settings), *self.clear)
        found = (parameter(self.noun, name, self.service) for name in names)
        return tuple(one.name for one in found if one is not None and not one.read)


def _shown(value: Value) -> str:
    """Return a value for a message, of a long list its beginning."""
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


@dataclass(frozen=True, slots=True)
class Note:
    """What the service does by itself, said where one would look for it."""

    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Recipients that the directory has to hold before their domain refuses others."""

    files: tuple[CompiledFile, ...]
    domains: tuple[Entries, ...]


@dataclass(frozen=True, slots=True)
class Scripts:
    """Everything that is generated for one deployment."""

    service: Service
    deployment: str
    wanted: tuple[Wanted, ...]
    notes: tuple[Note, ...]
    listing: Listing | None
    placed: tuple[str, ...]
