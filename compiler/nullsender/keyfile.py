"""Files of keys with which servers sign reverse-paths: one `N secret since DATE` a line, the newest first.

The first key signs, all verify. Servers take the number and the secret and leave the rest of the line alone, and a line
stays as it is from the day it is made until it is dropped: what takes whole lines for secrets can read the file, too. A
key signed until the one above it was made.
"""

from __future__ import annotations

import grp
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

MODE = 0o640
LAPSED = timedelta(days=21 + 2)  # the longest that an address stays good (SRS; a BATV tag: 7 days), and a margin
OVERDUE = timedelta(days=365)  # tags name days modulo 1000, so that one of an old key would come to life again
_LINE = re.compile(r"([0-9]) (\S+)(?:.*\bsince (\d{4}-\d\d-\d\d)\b)?")


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `since` is the day on which it was made, None where its line does not say."""

    number: int
    secret: str
    since: date | None = None

    @property
    def line(self) -> str:
        return f"{self.number} {self.secret}" + (f" since {self.since}" if self.since else "")


@dataclass(frozen=True, slots=True)
class Use:
    """What a key is good for: `until` is the last day on which it signed, None for the one that does."""

    number: int
    since: date | None
    signs: bool
    until: date | None

    @property
    def lapses(self) -> date | None:
        """The first day on which nothing that it signed is good any more."""
        return self.until + LAPSED if self.until else None


def parse(text: str) -> tuple[Key, ...]:
    """Return the keys of a file, as servers read it: of two with one number the first counts."""
    found: dict[int, Key] = {}
    for line in text.splitlines():
        if match := _LINE.match(line):
            number, secret, since = match.groups()
            found.setdefault(int(number), Key(int(number), secret, _day(since)))
    return tuple(found.values())


def fresh(number: int, today: date) -> Key:
    """Return a key that nobody can guess."""
    return Key(number, secrets.token_hex(20), today)


def uses(keys: tuple[Key, ...]) -> tuple[Use, ...]:
    """Return what each key is good for."""
    ends = (None, *(key.since for key in keys))
    return tuple(Use(key.number, key.since, n == 0, end) for n, (key, end) in enumerate(zip(keys, ends, strict=False)))


def rotated(keys: tuple[Key, ...], today: date) -> tuple[Key, ...]:
    """Return the keys with a new one first, without those of which nothing is good any more.

    Raises ValueError where all ten numbers are still in use.
    """
    new = fresh((keys[0].number + 1) % 10 if keys else 0, today)
    left = tuple(key for key, use in zip(keys, uses(keys), strict=True) if use.lapses is None or use.lapses > today)
    if any(key.number == new.number for key in left):
        raise ValueError(f"what key {new.number} signed is still good, and there are ten numbers")
    return (new, *left)


def overdue(keys: tuple[Key, ...], today: date) -> tuple[str, ...]:
    """Say what ought to be done to a file of keys, if anything."""
    found: list[str] = []
    for use in uses(keys):
        if use.signs and use.since is None:
            found.append(f"key {use.number} does not say since when it signs")
        elif use.signs and use.since and today - use.since > OVERDUE:
            found.append(f"key {use.number} has signed for {(today - use.since).days} days: rotate once a year")
        elif use.lapses and use.lapses <= today:
            found.append(f"nothing that key {use.number} signed is good any more: the next rotation drops it")
    return tuple(found)


def group(name: str) -> int:
    """Return the number of a group of this host; ValueError where there is none of that name."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ValueError(f"there is no group `{name}` on this host") from None


# --- files ------------------------------------------------------------------------------------------------------------
def create(path: Path, keys: Iterable[Key], group: int | None) -> None:
    """Write a file that was not there; FileExistsError where it was."""
    made = _written(path, keys, -1 if group is None else group)
    try:
        os.link(made, path)  # unlike a renaming, it never takes the place of another file
    finally:
        made.unlink()


def replace(path: Path, keys: Iterable[Key]) -> None:
    """Put new keys into the place of a file at once, with its owner and group."""
    there = path.stat()
    made = _written(path, keys, there.st_gid)
    try:
        if (made.stat().st_uid, there.st_uid) != (there.st_uid, made.stat().st_uid):
            os.chown(made, there.st_uid, -1)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def _written(path: Path, keys: Iterable[Key], group: int) -> Path:
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{key.line}\n" for key in keys)
            if group >= 0:
                os.fchown(file.fileno(), -1, group)
            os.fchmod(file.fileno(), MODE)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    return made


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
