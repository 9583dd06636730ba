"""Put a deployment of a policy onto the machine as its owner would: compile, apply, boot."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path

from nullsender import discover
from nullsender.capability import Loss
from nullsender.emit import Output
from nullsender.frontend import Built, build
from nullsender.plan import DeploymentPlan
from nullsender.policy import Policy, Rule
from tests.live.blocklists import Listed
from tests.live.lab import Lab

TODAY = date(2026, 1, 1)
COMMAND = str(Path(sys.executable).with_name("nullsender"))


@dataclass(frozen=True, slots=True)
class Deployed:
    """A running deployment, and what the compiler says of it."""

    lab: Lab
    policy: Policy
    plan: DeploymentPlan
    outputs: tuple[Output, ...]
    logs: tuple[Callable[[], str], ...]

    def log(self) -> str:
        """Return what all components have logged so far."""
        return self.log_since(())

    def mark(self) -> tuple[str, ...]:
        """Return the logs as they are, so that what comes later can be told from it."""
        return tuple(log() for log in self.logs)

    def rule(self, id_: str) -> Rule:
        return next(rule for rule in self.policy.rules if rule.id == id_)

    def replies(self, id_: str) -> tuple[tuple[int, str], ...] | None:
        """Return the codes that may come from a rule; None where the plan promises no more than their class.

        Where the rule writes none, a component may say what it always says.
        """
        reply = self.rule(id_).reply
        placed = [one for one in self.plan.placed if one.id == id_]
        if any(Loss.CODE in one.losses for one in placed):
            return None
        native = (discover.load(one.component).capabilities.native_replies for one in placed)
        others = () if reply.code_written else (pair for pairs in native for pair in pairs)
        return (reply.code, reply.enhanced), *others

    def marks(self, id_: str) -> tuple[str, ...]:
        """Return the texts by which logs and replies show a rule: its id, or what stands for it."""
        fixed = (output.emitted.fixed_texts.get(id_) for output in self.outputs)
        return (f"[{id_}]", *(text for text in fixed if text))

    def logged(self, text: str | tuple[str, ...], mark: tuple[str, ...] = (), seconds: float = 10) -> bool:
        """Tell whether a log says the text, or one of the texts, after `mark`, waiting a while for it."""
        texts = (text,) if isinstance(text, str) else text
        deadline = time.monotonic() + seconds
        while not any(one in self.log_since(mark) for one in texts):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def log_since(self, mark: tuple[str, ...]) -> str:
        """Return what the logs say that they did not say at `mark`."""
        return "\n".join(log.removeprefix(old) for log, old in zip_longest(self.mark(), mark, fillvalue=""))


@contextmanager
def deployed(
    lab: Lab,
    policy: Path,
    name: str,
    *,
    standalone: bool = True,
    listed: Iterable[Listed] = (),
    prepare: Callable[[], None] = lambda: None,
    verify: bool = False,
) -> Iterator[Deployed]:
    """Compile, apply and boot one deployment on a fresh machine. `prepare` runs before: what the host has already."""
    built = build(policy, TODAY, standalone=standalone, only=(name,))
    if built.policy is None or built.plan is None or not built.good:
        raise ValueError("\n".join(f"{d.code} {d.message}" for d in built.diagnostics))
    lab.fresh((zone.domain for zone in built.policy.zones), listed)
    try:
        prepare()
        with tempfile.TemporaryDirectory(prefix="nullsender-live-") as folder:
            compile_tree(policy, name, Path(folder, "out"), standalone=standalone, verify=verify)
            run("sh", str(Path(folder, "out", name, "apply.sh")))
        with ExitStack() as running:
            yield _booted(lab, built, running)
    finally:
        lab.fresh()


class Stage:
    """Holds one deployment running until another one is asked for, so that it is booted once for many dialogues."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._asked: object = None
        self._running = ExitStack()
        self._held: Deployed | Exception | None = None

    def deployment(
        self,
        policy: Path,
        name: str,
        *,
        listed: tuple[Listed, ...] = (),
        prepare: Callable[[], None] = lambda: None,
        verify: bool = False,
    ) -> Deployed:
        """Return the deployment, standalone, booted if it is not running; what went wrong once is not tried again."""
        if self._asked != (policy, name):
            self.close()
            try:
                booting = deployed(self._lab, policy, name, listed=listed, prepare=prepare, verify=verify)
                self._held = self._running.enter_context(booting)
            except Exception as error:
                self._held = error
            self._asked = (policy, name)
            self._lab.leaving = self.close
        assert self._held is not None
        if isinstance(self._held, Exception):
            raise self._held
        return self._held

    def close(self) -> None:
        self._asked = self._lab.leaving = None
        self._running.close()


def compile_tree(policy: Path, name: str, out: Path, *, standalone: bool, verify: bool) -> None:
    """Write the tree of one deployment by the command line."""
    options = ["--mode", "standalone" if standalone else "fragment", "--on", TODAY.isoformat(), "--deployment", name]
    run(COMMAND, "compile", str(policy), "--out", str(out), *options, "--verify" if verify else "--no-verify")


def run(*command: str) -> str:
    """Run a command that must succeed and return what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def _booted(lab: Lab, built: Built, running: ExitStack) -> Deployed:
    assert built.policy is not None
    assert built.plan is not None
    (plan,) = built.plan.deployments
    logs: list[Callable[[], str]] = []
    for output in reversed(built.outputs):  # helpers first
        target_lab = discover.load(output.part.component).lab
        if target_lab is None:
            raise ValueError(f"`{output.part.component}` has no lab")
        logs.append(running.enter_context(target_lab.boot(output.part, Path(output.emitted.placement.home))))
    return Deployed(lab, built.policy, plan, built.outputs, tuple(reversed(logs)))
