"""Play the tests of small policies to every deployment that they name."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab
from tests.live.play import play
from tests.live.scenario import Scenario, deployments, listings, scenarios

pytestmark = pytest.mark.live

FOLDER = Path(__file__).parent / "policies"
# What the host of a policy has already: files that the server itself reads, as its owner makes them.
HOSTS = {
    "sources": {
        "/etc/mail/people": "emil@live.example.org -\n",
        "/etc/mail/more": "frida@example.org -\n",
    }
}


def played() -> Iterator[tuple[str, str, Scenario]]:
    for path in sorted(FOLDER.glob("*.ndr")):
        for deployment in deployments(path):
            where = f"{path.stem}:{deployment}"
            for scenario in scenarios(path):
                if scenario.on in (None, deployment):
                    yield where, where, scenario


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Deployed]:
    policy, _, name = request.param.partition(":")
    path = FOLDER / f"{policy}.ndr"
    with deployed(lab, path, name, listed=listings(scenarios(path)), prepare=lambda: furnish(policy)) as it:
        yield it


def furnish(policy: str) -> None:
    for name, text in HOSTS.get(policy, {}).items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
        subprocess.run(["postmap", f"lmdb:{name}"], check=True)


@pytest.mark.parametrize(
    ("running", "deployment", "scenario"),
    list(played()),
    indirect=["running"],
    scope="module",
    ids=lambda value: value.name if isinstance(value, Scenario) else value,
)
def test_a_server_does_what_the_policy_says(running: Deployed, deployment: str, scenario: Scenario) -> None:
    assert deployment.endswith(f":{running.plan.name}")
    play(running, scenario)
