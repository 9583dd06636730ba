"""Put live tests onto a machine of their own, and leave out by name what cannot run here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from nullsender.lab.machine import Machine
from tests.evaluation import corpora
from tests.live.deployment import Stage
from tests.live.grouping import group, scheduler
from tests.live.lab import Lab, furnish
from tests.live.prerequisites import missing
from tests.servers.packages import unpacked_trees

# How long an example takes says nothing on a machine that is busy.
hypothesis.settings.register_profile("nullsender", deadline=None)
hypothesis.settings.load_profile("nullsender")

# What says why the tests of a mark cannot run here.
_MISSING: dict[str, Callable[[], str | None]] = {"live": missing, "corpora": corpora.missing}
_LEFT_OUT = pytest.StashKey[dict[str, tuple[str, dict[str, int]]]]()  # by mark: why, and how many of each file


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write expected files anew, to be read as a diff")
    parser.addoption("--write-cases", type=Path, help="a folder for sessions that went otherwise, such as tests/cases")


@pytest.fixture(scope="session")
def update_goldens(pytestconfig: pytest.Config) -> bool:
    """Whether expected files are written anew instead of compared."""
    return bool(pytestconfig.getoption("update_goldens"))


@pytest.fixture(scope="session")
def write_cases(pytestconfig: pytest.Config) -> Path | None:
    """Where to write down what a campaign finds, None where it is only shown."""
    folder: Path | None = pytestconfig.getoption("write_cases")
    return folder


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
    if os.environ.get("CI") == "true" and corpora.VARIABLE in os.environ and (reason := corpora.missing()):
        raise pytest.UsageError(f"the tests of real mail cannot run: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    live = [item for item in items if item.get_closest_marker("live")]
    groups = list(dict.fromkeys(group(item.nodeid) for item in live))
    live.sort(key=lambda item: groups.index(group(item.nodeid)))
    items[:] = [*(item for item in items if item not in live), *live]
    for mark, why in _MISSING.items():
        marked = [item for item in items if item.get_closest_marker(mark)]
        if marked and (reason := why()):
            config.stash[_LEFT_OUT][mark] = reason, dict(Counter(item.nodeid.partition("::")[0] for item in marked))
            config.hook.pytest_deselected(items=marked)
            items[:] = [item for item in items if not item.get_closest_marker(mark)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:  # a worker of xdist: the controller knows no tests
        output["left out"] = session.config.stash[_LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[_LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measured = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    for report in measured:
        for name, figures in report.user_properties:
            terminalreporter.line(f"{name}: {figures} ({report.nodeid.partition('::')[2]})")
    for mark, (reason, counts) in config.stash[_LEFT_OUT].items():
        terminalreporter.section(f"left out: {sum(counts.values())} {mark} tests, because {reason}")
        for name, count in sorted(counts.items()):
            terminalreporter.line(f"{count:5} in {name}")
