"""Play the tests of small policies to every deployment that they name."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import Stage
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


def played() -> Iterator[object]:
    for path in sorted(FOLDER.glob("*.ndr")):
        for deployment in deployments(path):
            for scenario in scenarios(path):
                if scenario.on in (None, deployment):
                    where = f"{path.stem}:{deployment}"
                    yield pytest.param(where, scenario, id=f"{where}-{scenario.name}")


def furnish(policy: str) -> None:
    for name, text in HOSTS.get(policy, {}).items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
        subprocess.run(["postmap", f"lmdb:{name}"], check=True)


@pytest.mark.parametrize(("deployment", "scenario"), list(played()))
def test_a_server_does_what_the_policy_says(stage: Stage, deployment: str, scenario: Scenario) -> None:
    policy, _, name = deployment.partition(":")
    path = FOLDER / f"{policy}.ndr"
    running = stage.deployment(path, name, listed=listings(scenarios(path)), prepare=lambda: furnish(policy))
    play(running, scenario)
