"""The manifest of a tree: what it was made from, where each rule went, and which rule made which line."""

from __future__ import annotations

import json
import os.path
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nullsender.capability import Loss
from nullsender.emit import Output
from nullsender.output import OURS, WrittenFile
from nullsender.plan import DeploymentPlan, Plan
from nullsender.policy import Policy
from nullsender.source import Span
from nullsender.target import Origin

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: the policy's path as given, the mode, and the deployments wanted (none means all)."""

    path: str
    standalone: bool
    only: tuple[str, ...] = ()


def manifest(
    request: Request,
    policy: Policy,
    plan: Plan,
    outputs: Sequence[Output],
    written: Sequence[WrittenFile],
    held: Sequence[date] = (),
) -> str:
    """Return the text of `manifest.json`; it depends on the policy, the date and the options alone.

    `held` are the coming days for which the tree holds files.
    """
    value = {
        OURS: FORMAT,
        "policy": {"name": policy.name, "file": os.path.basename(request.path), "sha256": policy.digest},  # noqa: PTH119
        "date": policy.on_date.isoformat(),
        "due": policy.recompile_by.isoformat() if policy.recompile_by else None,
        "dates": [day.isoformat() for day in held],
        "mode": "standalone" if request.standalone else "fragment",
        "only": list(request.only),
        "deployments": {
            d.name: _deployment(d, [o for o in outputs if o.part.deployment == d.name]) for d in plan.deployments
        },
        "statements": _statements(policy, request.path),
        "files": {str(one.file.path): _file(one) for one in written},
    }
    return json.dumps(value, indent=2) + "\n"


def spans(policy: Policy) -> dict[str, Span]:
    """Return where the policy says each rule and statement."""
    found = {rule.id: rule.span for rule in policy.rules} | {one.id: one.span for one in policy.statements}
    return dict(sorted(found.items()))


def line_ranges(origins: Iterable[Origin]) -> dict[str, str]:
    """Return the lines of each id as `3-7 9`, sorted."""
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for origin in origins:
        lines[origin.id].add(origin.line)
    return {id_: " ".join(_runs(sorted(numbers))) for id_, numbers in sorted(lines.items())}


def _deployment(deployment: DeploymentPlan, outputs: Sequence[Output]) -> dict[str, object]:
    return {
        "components": {
            o.part.component: {
                "version": ".".join(map(str, o.part.version)),
                "placement": o.part.placement,
                "home": o.emitted.placement.home if o.emitted.placement else None,
                "fixed texts": dict(sorted(o.emitted.fixed_texts.items())),
            }
            for o in outputs
        },
        "placed": [
            {
                "id": placed.id,
                "component": placed.component,
                "stage": placed.stage.word if placed.stage else None,
                "losses": [loss.name.lower() for loss in Loss if loss in placed.losses],
                "how": list(placed.sentences),
            }
            for placed in deployment.placed
        ],
        "gaps": [{"id": gap.id, "decided by": gap.decided_by} for gap in deployment.gaps],
    }


def _statements(policy: Policy, policy_path: str) -> Mapping[str, str]:
    """Return file and line of each rule and statement, the file as seen from the policy's own folder."""
    folder = os.path.dirname(policy_path) or "."  # noqa: PTH120
    return {
        id_: f"{os.path.relpath(span.source.name, folder)}:{span.first.line}" for id_, span in spans(policy).items()
    }


def _file(one: WrittenFile) -> dict[str, object]:
    value: dict[str, object] = {"sha256": one.sha256, "size": one.size, "mode": f"{one.file.mode:04o}"}
    if one.file.origins:
        value["lines"] = line_ranges(one.file.origins)
    return value


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    start = previous = numbers[0]
    for number in [*numbers[1:], 0]:
        if number != previous + 1:
            yield f"{start}-{previous}" if start != previous else f"{start}"
            start = number
        previous = number
