"""Put what was built for one deployment onto a fresh machine and boot it: as its owner would, or in a hurry."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nullsender import discover
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.emit import Output
from nullsender.frontend import Built
from nullsender.lab.deployed import Deployed
from nullsender.lab.lab import Lab
from nullsender.lab.listing import Listed
from nullsender.manifest import Request
from nullsender.plan import Plan
from nullsender.target import Lab as TargetLab
from nullsender.target import Placement
from nullsender.writing import write_tree

# The beginning of `apply.sh`, as far as lines of a placement may count on it.
_SHELL = "set -eu\numask 022\nLC_ALL=C\nexport LC_ALL\n"


def nothing() -> None:
    """Prepare nothing."""


@contextmanager
def applied(
    lab: Lab,
    built: Built,
    *,
    listed: Iterable[Listed] = (),
    prepare: Callable[[], None] = nothing,
    verify: bool = False,
) -> Iterator[Deployed]:
    """Install a deployment as its owner would, by `apply.sh` with all its checks, and boot it.

    `prepare` runs before that on the fresh machine: what the host has already. Raises ValueError where what was built
    is not good, and RuntimeError where a program does not accept it.
    """

    def install() -> None:
        with tempfile.TemporaryDirectory(prefix="nullsender-", dir="/run") as folder:
            out, (deployment,) = Path(folder, "out"), _plan(built).deployments
            request = Request("policy.ndr", built.outputs[0].part.standalone, (deployment.name,))
            result = write_tree(built, request, out, verify=verify, one_day=True)
            if has_errors(result.diagnostics):
                raise ValueError(_words(result.diagnostics))
            run("sh", str(out / deployment.name / "apply.sh"))

    with _booted(lab, built, listed, prepare, install) as running:
        yield running


@contextmanager
def placed(
    lab: Lab,
    built: Built,
    *,
    listed: Iterable[Listed] = (),
    prepare: Callable[[], None] = nothing,
) -> Iterator[Deployed]:
    """Write the files of a deployment straight to their places, unchecked, and boot it: for many, one after another.

    The machine is as fresh as ever: nothing of an earlier deployment, its queue or its caches is left on it.
    """

    def install() -> None:
        for output in built.outputs:
            _place(output)

    with _booted(lab, built, listed, prepare, install) as running:
        yield running


def run(*command: str, **environment: str) -> str:
    """Run a command that must succeed and return what it said."""
    done = subprocess.run(  # noqa: S603
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


@contextmanager
def _booted(
    lab: Lab, built: Built, listed: Iterable[Listed], prepare: Callable[[], None], install: Callable[[], None]
) -> Iterator[Deployed]:
    if built.policy is None or not built.good:
        raise ValueError(_words(built.diagnostics))
    (deployment,) = _plan(built).deployments
    labs = [(_lab_of(output), output) for output in built.outputs]
    lab.fresh((zone.domain for zone in built.policy.zones), listed)
    try:
        for target_lab, _ in labs:
            target_lab.furnish()
        lab.take_mail_of(deployment.parts[0].site.deliveries)
        lab.directories.let_in(built.policy)
        prepare()
        install()
        with ExitStack() as running:
            logs = [
                running.enter_context(target_lab.boot(output.part, Path(_placement(output).home)))
                for target_lab, output in reversed(labs)  # helpers first
            ]
            running.callback(lab.machine.end_programs)  # at once: whoever is killed need not be asked to stop
            yield Deployed(lab, built.policy, deployment, built.outputs, tuple(reversed(logs)))
    finally:
        lab.fresh()


def _plan(built: Built) -> Plan:
    if built.plan is None:
        raise ValueError(_words(built.diagnostics))
    return built.plan


def _place(output: Output) -> None:
    """Do for one component what `apply.sh` does, without a way back."""
    placement = _placement(output)
    home, settled = Path(placement.home), time.time() - 60  # some programs wait where a file has just been changed
    for artifact in output.emitted.artifacts:
        file = home / artifact.path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as stream:
            stream.writelines(artifact.chunks())
        file.chmod(artifact.mode)
        os.utime(file, (settled, settled))
    lines = placement.install if output.part.standalone else placement.merge
    if lines:
        run("sh", "-c", _SHELL + "\n".join(lines), NULLSENDER_HOME=placement.home)


def _lab_of(output: Output) -> TargetLab:
    found = discover.load(output.part.component).lab
    if found is None:
        raise ValueError(f"`{output.part.component}` has no lab")
    return found


def _placement(output: Output) -> Placement:
    if output.emitted.placement is None:
        raise ValueError(f"`{output.part.component}` runs on no host")
    return output.emitted.placement


def _words(diagnostics: Iterable[Diagnostic]) -> str:
    return "\n".join(f"{d.code} {d.message}" for d in diagnostics)
