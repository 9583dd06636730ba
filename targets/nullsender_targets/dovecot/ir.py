"""What Dovecot gets: one Sieve script that runs before people's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answers:
    """Who gets no answer: everybody, or those whose mail is not ordinary."""

    nobody: bool
    made_for: str


@dataclass(frozen=True, slots=True)
class Script:
    answers: Answers | None
    placed: tuple[str, ...]
