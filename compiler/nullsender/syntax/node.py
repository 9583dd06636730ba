"""What all nodes are, and the leaves: words, texts, numbers, members of sets."""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from nullsender.source import Span

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def node(cls: type[_T]) -> type[_T]:
    """Make a class a node.

    That it is frozen is held by the type checker: a hundred classes that enforce it themselves, with comparisons of
    their own each, are a tenth of the time in which a policy is to be compiled.
    """
    return dataclass(slots=True, eq=False, repr=False)(cls)


@node
class Node:
    """A place in somebody's text."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    span: Span

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *self._values()))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__ if name != "span")
        return f"{type(self).__name__}({', '.join(shown)})"

    def _values(self) -> list[Any]:
        return [getattr(self, name) for name in self.__dataclass_fields__ if name != "span"]


@node
class Word(Node):
    """A name, a version, a code, a date or another single token, as written."""

    text: str


@node
class Text(Node):
    """A string, without its quotes and escapes."""

    value: str


@node
class Number(Node):
    """A number; `value` is an int where the grammar asks for one."""

    value: int | float


@node
class Duration(Node):
    """A length of time such as `5m`, in seconds; `second`, `minute`, `hour`, `day` of a limit are one of each."""

    seconds: int


@node
class Size(Node):
    """An amount of data such as `50 KB`, in bytes (1 KB is 1024)."""

    octets: int


class MemberKind(Enum):
    NAME = "name"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"
    ADDRESS = "address"
    NETWORK = "network"


@node
class Member(Node):
    """A member of a set: the name of another set, or a literal as written; an address may hold `*`."""

    kind: MemberKind
    text: str


@node
class File(Node):
    """`file "x"`, read when compiling, or `live file "/x"`, read by the server."""

    path: Text
    live: bool = False


Item = Member | File
