"""Deploy a policy in the lab by its path and the name of a deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from nullsender.frontend import Built, build
from nullsender.lab import stage
from nullsender.lab.deployed import Deployed as Deployed
from nullsender.lab.deploying import applied, nothing
from nullsender.lab.deploying import run as run
from nullsender.lab.listing import Listed
from tests.live.lab import Lab

TODAY = date(2026, 1, 1)
COMMAND = str(Path(sys.executable).with_name("nullsender"))


@contextmanager
def deployed(
    lab: Lab,
    policy: Path,
    name: str,
    *,
    standalone: bool = True,
    listed: Iterable[Listed] = (),
    prepare: Callable[[], None] = nothing,
    verify: bool = False,
) -> Iterator[Deployed]:
    """Compile, apply and boot one deployment on a fresh machine. `prepare` runs before: what the host has already."""
    built = compiled(policy, name, standalone=standalone)
    with applied(lab, built, listed=listed, prepare=prepare, verify=verify) as running:
        yield running


class Stage(stage.Stage):
    """Holds one deployment running until another one is asked for."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._own_lab = lab

    def deployment(
        self,
        policy: Path,
        name: str,
        *,
        listed: tuple[Listed, ...] = (),
        prepare: Callable[[], None] = nothing,
        verify: bool = False,
    ) -> Deployed:
        """Return the deployment, standalone, booted if it is not running."""
        boot = deployed(self._own_lab, policy, name, listed=listed, prepare=prepare, verify=verify)
        return self.hold((policy, name), lambda: boot)


def compiled(policy: Path, name: str, *, standalone: bool = True) -> Built:
    return build(policy, TODAY, standalone=standalone, only=(name,))


def compile_tree(policy: Path, name: str, out: Path, *, standalone: bool, verify: bool) -> None:
    """Write the tree of one deployment by the command line."""
    options = ["--mode", "standalone" if standalone else "fragment", "--on", TODAY.isoformat(), "--deployment", name]
    run(COMMAND, "compile", str(policy), "--out", str(out), *options, "--verify" if verify else "--no-verify")
