"""Run rspamd on parts made by hand, at its real paths on the machine of the live tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nullsender.plan import Part
from nullsender_targets.rspamd import target
from nullsender_targets.rspamd.lab import lab as rspamd_lab
from tests.targets.rspamd.milter import Mail, Outcome, filtered

HOME = Path("/etc/rspamd")


@dataclass(frozen=True, slots=True)
class Running:
    """A running rspamd."""

    log: Callable[[], str]

    def show(self, mail: Mail) -> Outcome:
        return filtered(mail)

    def log_of(self, mail: Mail) -> str:
        """Show a message and return what was logged meanwhile."""
        before = len(self.log())
        filtered(mail)
        return self.log()[before:]


def place(part: Part, home: Path = HOME) -> None:
    """Write the artifacts of a part where apply.sh would copy them."""
    for artifact in target.emit(part).artifacts:
        file = home / artifact.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(artifact.chunks()))


def merge(part: Part) -> None:
    """Do to the owner's files what apply.sh does in fragment mode."""
    for line in target.placements[part.placement].merge:
        subprocess.run(["sh", "-c", line], env={**os.environ, "NULLSENDER_HOME": str(HOME)}, check=True)


@contextmanager
def running(part: Part, *, first: str = "") -> Iterator[Running]:
    """Place a part, and the owner's line where it is a fragment, and run rspamd on it; `first` is Lua of the test's."""
    place(part)
    engine = HOME / "nullsender" / "engine.lua"
    engine.write_text(f"{first}\n{engine.read_text()}")
    if not part.standalone:
        merge(part)
    with rspamd_lab.boot(part, HOME) as log:
        yield Running(log)
