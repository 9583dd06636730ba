"""Have the real programs look at a written tree, and lead what they say back to the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nullsender.diagnostic import Diagnostic, Label
from nullsender.emit import Output
from nullsender.source import Span
from nullsender.target import AnyTarget, Finding, Origin, Verification


@dataclass(frozen=True, slots=True)
class Verified:
    """What ran and what could not, each with the component's folder, and what was found."""

    ran: tuple[str, ...]
    not_run: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def verify(
    tree: Path, outputs: Sequence[Output], load: Callable[[str], AnyTarget], spans: Mapping[str, Span]
) -> Verified:
    """Run every component's programs over its folder, side by side; `spans` are the places of rules in the policy."""

    def one(output: Output) -> Verification:
        part = output.part
        return load(part.component).verify(tree / part.deployment / part.component, part.standalone)

    with ThreadPoolExecutor() as pool:
        results = tuple(zip(outputs, pool.map(one, outputs), strict=True))
    return Verified(
        tuple(f"{_folder(output)}: {what}" for output, said in results for what in said.ran),
        tuple(f"{_folder(output)}: {what}" for output, said in results for what in said.not_run),
        tuple(d for output, said in results for d in _diagnostics(output, said.findings, spans)),
    )


def _diagnostics(output: Output, findings: Sequence[Finding], spans: Mapping[str, Span]) -> Iterator[Diagnostic]:
    origins = {str(artifact.path): artifact.origins for artifact in output.emitted.artifacts}
    for finding in findings:
        line = f":{finding.line}" if finding.line is not None else ""
        ids = _made_by(origins.get(finding.path, ()), finding.line)
        places = [spans[id_] for id_ in ids if id_ in spans]
        yield Diagnostic(
            "NS603",
            f"`{output.part.component}` refuses `{_folder(output)}/{finding.path}{line}`: {finding.text.strip()}",
            places[0] if places else None,
            labels=tuple(Label(place, "and from here") for place in places[1:]),
            note="the line was generated from here" if places else None,
        )


def _made_by(origins: Sequence[Origin], line: int | None) -> tuple[str, ...]:
    """Return the ids of a line, or those of the last marked line above it: programs often name the line after."""
    if line is None:
        return ()
    nearest = max((origin.line for origin in origins if origin.line <= line), default=None)
    return tuple(dict.fromkeys(origin.id for origin in origins if origin.line == nearest))


def _folder(output: Output) -> str:
    return f"{output.part.deployment}/{output.part.component}"
