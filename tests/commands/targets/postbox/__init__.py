"""A server for tests: it can do everything, and writes each rule and statement on a line of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nullsender.capability import Capabilities, Loss, Way
from nullsender.diagnostic import Diagnostic
from nullsender.entryfile import expand
from nullsender.features import FEATURES
from nullsender.plan import Part
from nullsender.policy import CompiledFile
from nullsender.target import Artifact, Finding, Origin, Placement, Target, Verification

NO_HOLD = "there is no queue to hold it in"
WAYS = {feature: (Way(f"`{feature}` as it comes"),) for feature in FEATURES if feature != "quarantine into hold"}


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of the main file, and the files of recipients."""

    standalone: bool
    lines: tuple[tuple[str, str], ...]
    recipients: tuple[CompiledFile, ...]

    @property
    def placed(self) -> tuple[str, ...]:
        return tuple(id_ for id_, _ in self.lines)


def lower(part: Part) -> tuple[Lines, tuple[Diagnostic, ...]]:
    rules = ((step.rule.id, f"{step.stage.word} {step.rule.id} {step.rule.words}") for step in part.steps)
    statements = ((one.id, f"setting {one.words}") for one in part.statements)
    files = (file for served in part.site.served for file in served.sources if isinstance(file, CompiledFile))
    return Lines(part.standalone, (*rules, *statements), tuple(dict.fromkeys(files))), ()


def render(ir: Lines) -> tuple[Artifact, ...]:
    def rules() -> Iterator[bytes]:
        yield b"# rules\n"
        yield from (f"{line}\n".encode() for _, line in ir.lines)

    def recipients() -> Iterator[bytes]:
        for file in ir.recipients:
            yield from (f"{entry} OK\n".encode() for entry in expand_file(file))

    origins = tuple(Origin(number, id_) for number, (id_, _) in enumerate(ir.lines, 2))
    made = [Artifact(PurePosixPath("nullsender/rules"), rules, origins)]
    if ir.recipients:
        made.append(Artifact(PurePosixPath("nullsender/recipients"), recipients, mode=0o640))
    if ir.standalone:
        made.append(Artifact(PurePosixPath("main.conf"), lambda: iter([b"include nullsender/rules\n"])))
    return tuple(made)


def expand_file(file: CompiledFile) -> Iterator[str]:
    from nullsender.names import Entries

    return expand(Entries("recipients", file.kind, files=(file,)))


def verify(folder: Path, standalone: bool) -> Verification:  # noqa: ARG001  # the protocol's signature
    """Find fault with each line that holds a word of the environment's choice."""
    word = os.environ.get("POSTBOX_REFUSES")
    lines = (folder / "nullsender/rules").read_text().splitlines()
    findings = (
        Finding("nullsender/rules", number, f"I do not like `{word}`")
        for number, line in enumerate(lines, 1)
        if word and word in line
    )
    return Verification(("postbox -t",), ("postbox -x: not installed",), tuple(findings))


target = Target(
    name="postbox",
    title="Postbox",
    capabilities=Capabilities(
        versions=("1.0", "2.0"),
        ways={
            **WAYS,
            "discard": (Way("never silently", losses=frozenset({Loss.LOG})),),
            "word ndrs": (Way("only its own", needs=frozenset({"standalone"})),),
        },
        cannot={"quarantine into hold": NO_HOLD},
        accepts=("tube",),
    ),
    placements={"plain": Placement("/etc/postbox", (), (), (), (), ())},
    lower=lower,
    render=render,
    verify=verify,
    fixed_texts=lambda ir: {ir.placed[0]: "no relaying"},
)
