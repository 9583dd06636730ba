"""Put live tests onto a machine of their own, and leave them out by name where there cannot be one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from nullsender.lab.machine import Machine
from tests.live.deployment import Stage
from tests.live.grouping import group, scheduler
from tests.live.lab import Lab, furnish
from tests.live.prerequisites import missing
from tests.servers.packages import unpacked_trees

_LEFT_OUT = pytest.StashKey[dict[str, int]]()
_WHY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write expected files anew, to be read as a diff")


@pytest.fixture(scope="session")
def update_goldens(pytestconfig: pytest.Config) -> bool:
    """Whether expected files are written anew instead of compared."""
    return bool(pytestconfig.getoption("update_goldens"))


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """The computer on which live tests run; the process stays on it until it ends."""
    machine = Machine(unpacked_trees())
    furnish()
    yield machine
    machine.close()


@pytest.fixture(scope="session")
def lab(machine: Machine) -> Iterator[Lab]:
    """The machine with its resolver and the internet around it; in the end it is left empty."""
    lab = Lab(machine)
    yield lab
    lab.close()


@pytest.fixture(scope="session")
def stage(lab: Lab) -> Iterator[Stage]:
    """The place on the machine where one deployment runs at a time."""
    stage = Stage(lab)
    yield stage
    stage.close()


@pytest.fixture(autouse=True)
def _on_the_machine(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("live"):
        request.getfixturevalue("machine")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = {}
    if os.environ.get("CI") == "true" and (reason := missing()):
        raise pytest.UsageError(f"the live tests cannot run: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    live = [item for item in items if item.get_closest_marker("live")]
    groups = list(dict.fromkeys(group(item.nodeid) for item in live))
    live.sort(key=lambda item: groups.index(group(item.nodeid)))
    items[:] = [*(item for item in items if item not in live), *live]
    if live and (reason := missing()):
        config.stash[_WHY] = reason
        counts: dict[str, int] = Counter(item.nodeid.partition("::")[0] for item in live)
        config.stash[_LEFT_OUT] = counts
        config.hook.pytest_deselected(items=live)
        del items[-len(live) :]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None and _WHY in session.config.stash:  # a worker of xdist: the controller knows no tests
        counts: dict[str, int] = session.config.stash[_LEFT_OUT]
        output["left out"] = (session.config.stash[_WHY], dict(counts))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    reported = getattr(node, "workeroutput", {}).get("left out")
    if reported:
        node.config.stash[_WHY] = reported[0]
        node.config.stash[_LEFT_OUT] = reported[1]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[_LEFT_OUT]
    if left_out:
        terminalreporter.section(f"left out: {sum(left_out.values())} live tests, because {config.stash[_WHY]}")
        for name, count in sorted(left_out.items()):
            terminalreporter.line(f"{count:5} in {name}")
