"""Text with a name, and places in it: every value that a user wrote knows where it stands."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The text of one file under the name by which the user knows it; compared by identity."""

    name: str
    text: str
    first_line: int = 1  # more than 1 where only a piece of a long file was kept
    _starts: list[int] = field(default_factory=list, repr=False)

    def starts(self) -> list[int]:
        """Return the offset at which each line starts, worked out once."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        return self._starts

    def line(self, number: int) -> str:
        """Return line `number` of the file without its end."""
        starts = self.starts()
        number -= self.first_line - 1
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column, both counted from 1; columns count characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (not included) of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def first(self) -> Position:
        return self._position(self.start)

    @property
    def last(self) -> Position:
        """The position behind the last character."""
        return self._position(self.end)

    def to(self, other: Span) -> Span:
        """Return the span from the beginning of this one to the end of `other`, in the same source."""
        return Span(self.source, self.start, other.end)

    def _position(self, offset: int) -> Position:
        starts = self.source.starts()
        line = bisect_right(starts, offset)
        return Position(line + self.source.first_line - 1, offset - starts[line - 1] + 1)
