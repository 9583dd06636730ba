"""Which deployments of a policy somebody means: by their names, by the server, or by the stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nullsender.policy import Deployment, Policy
from nullsender.suggest import did_you_mean

ALL = "all"


def choose(policy: Policy, names: Iterable[str]) -> tuple[Deployment, ...]:
    """Return the deployments that some names mean, in the order of the policy; a ValueError says which means none."""
    wanted = set[str]()
    for name in names:
        found = {one.name for one in policy.deployments if name == ALL or name in (one.name, *_called(one))}
        if not found:
            raise ValueError(_no_such(policy, name))
        wanted |= found
    return tuple(one for one in policy.deployments if one.name in wanted)


def stack_of(deployment: Deployment) -> str:
    """Return the programs of a deployment as one word, the server first."""
    return "+".join((deployment.server.name, *(helper.name for helper in deployment.helpers)))


def _called(deployment: Deployment) -> Iterator[str]:
    """Yield what a deployment is called after: its server, and all its programs together."""
    yield from (deployment.server.name, stack_of(deployment))


def _no_such(policy: Policy, name: str) -> str:
    there = (ALL, *dict.fromkeys(word for one in policy.deployments for word in (one.name, *_called(one))))
    guess = did_you_mean(name, there) or f"there are {', '.join(there)}"
    return f"the policy deploys nothing that is called {name!r}; {guess}"
