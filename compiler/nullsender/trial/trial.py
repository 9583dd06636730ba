"""From the tests of a policy and the deployments somebody chose to cases, on a machine of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nullsender import discover
from nullsender.diagnostic import Diagnostic
from nullsender.lab.directories.serving import lacking
from nullsender.lab.lab import opened
from nullsender.policy import Component, Deployment
from nullsender.testing.cases import Case
from nullsender.testing.running import Run
from nullsender.trial.playing import Tell, play_round, untested
from nullsender.trial.rounds import rounds

_UNPACK = """\
where it conflicts with a package that is installed, unpack it instead and name the folder with `--tree`:
apt-get download PACKAGE; dpkg -x PACKAGE*.deb DIR"""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the tests; where a program is `missing`, nothing was played."""

    cases: tuple[Case, ...] = ()
    missing: tuple[Diagnostic, ...] = ()


def try_deployments(
    path: Path, run: Run, deployments: tuple[Deployment, ...], trees: tuple[Path, ...], tell: Tell
) -> Trial:
    """Play the tests of a run to deployments, each booted with its own files. The process must be alone (`lab.alone`).

    Programs that are not installed are looked for in `trees`, folders with unpacked packages.
    """
    compiled = {one: rounds(path, run, one) for one in deployments}  # before the machine hides where the policy may be
    with opened(trees) as lab:
        missing = (*_missing(deployments), *_without_directories(run, trees))
        if missing:
            return Trial(missing=missing)
        found: list[Case] = []
        for deployment, its in compiled.items():
            cases = [case for one in its for case in play_round(lab, one, tell)]
            found += (case for _, case in sorted(cases, key=lambda numbered: numbered[0]))
            found += () if its else (untested(deployment),)
        return Trial(tuple(found))


def cannot_be_made(reason: str) -> Diagnostic:
    """Say why no machine can be made here on which servers would be booted."""
    return Diagnostic("NS813", f"servers cannot be booted here: {reason}", None)


def _missing(deployments: Iterable[Deployment]) -> tuple[Diagnostic, ...]:
    components = {one.name: one for deployment in deployments for one in (deployment.server, *deployment.helpers)}
    return tuple(found for one in components.values() if (found := _lacks(one)))


def _without_directories(run: Run, trees: tuple[Path, ...]) -> Iterator[Diagnostic]:
    for source, reason in lacking(run.policies[0][1], trees):
        yield Diagnostic("NS813", f"`{source.system}` cannot be booted here", source.span, note=reason, help=_UNPACK)


def _lacks(component: Component) -> Diagnostic | None:
    lab = discover.load(component.name).lab
    if lab is None:
        return Diagnostic("NS813", f"`{component.name}` cannot be booted: its target has no lab", component.span)
    reason = lab.missing()
    if reason is None:
        return None
    return Diagnostic("NS813", f"`{component.name}` cannot be booted here", component.span, note=reason, help=_UNPACK)
