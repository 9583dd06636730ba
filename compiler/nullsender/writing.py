"""From what was built to a tree on disk: written beside its place, verified there, and put there when it is good."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nullsender import discover
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.frontend import Built
from nullsender.manifest import Request, manifest, spans
from nullsender.output import MANIFEST, GeneratedFile, OutputError, generated, staged
from nullsender.verification import Verified
from nullsender.verification import verify as run_programs


@dataclass(frozen=True, slots=True)
class Result:
    """All diagnostics, and remarks for people on what was done."""

    diagnostics: tuple[Diagnostic, ...]
    remarks: tuple[str, ...] = ()


def write_tree(built: Built, request: Request, out: Path, *, verify: bool) -> Result:
    """Write the files of what was built to `out`. Where there is an error, `out` stays as it is."""
    if not built.good or built.policy is None or built.plan is None:
        return Result(built.diagnostics)
    files, wrong = generated(built.outputs)
    if wrong:
        return Result((*built.diagnostics, *wrong))
    checked = Verified((), (), ())
    try:
        with staged(out) as staging:
            written = staging.write(files)
            text = manifest(request, built.policy, built.plan, built.outputs, written).encode()
            staging.write([GeneratedFile(PurePosixPath(MANIFEST), lambda: iter([text]))])
            if verify:
                checked = run_programs(staging.folder, built.outputs, discover.load, spans(built.policy))
            found = (*built.diagnostics, *checked.diagnostics)
            remarks = (
                *(f"verified {line}" for line in checked.ran),
                *(f"not verified {line}" for line in checked.not_run),
            )
            if has_errors(found):
                return Result(found, remarks)
            staging.commit()
    except OutputError as error:
        return Result((*built.diagnostics, error.diagnostic))
    names = ", ".join(deployment.name for deployment in built.plan.deployments)
    return Result(found, (*remarks, f"wrote {len(written) + 1} files for {names} to {out}"))
