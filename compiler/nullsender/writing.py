"""From what was built to a tree on disk: written beside its place, verified there, and put there when it is good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from nullsender import discover
from nullsender.coming import Later, Whole, as_of, whole
from nullsender.diagnostic import Diagnostic, has_errors
from nullsender.frontend import Built
from nullsender.manifest import Request, manifest, spans
from nullsender.output import MANIFEST, GeneratedFile, OutputError, generated, staged, write_files
from nullsender.verification import Verified
from nullsender.verification import verify as run_programs


@dataclass(frozen=True, slots=True)
class Result:
    """All diagnostics, and remarks for people on what was done."""

    diagnostics: tuple[Diagnostic, ...]
    remarks: tuple[str, ...] = ()


def write_tree(built: Built, request: Request, out: Path, *, verify: bool, one_day: bool = False) -> Result:
    """Write the files of what was built to `out`. Where there is an error, `out` stays as it is.

    `one_day`: without those of coming days, for which the policy is read again.
    """
    if not built.good or built.policy is None or built.plan is None:
        return Result(built.diagnostics)
    if one_day:
        tree = Whole(*generated(built.outputs))
    else:
        tree = whole(Path(request.path), built, standalone=request.standalone, only=request.only)
    if has_errors(tree.diagnostics):
        return Result((*built.diagnostics, *tree.diagnostics))
    checked = Verified((), (), ())
    try:
        with staged(out) as staging:
            written = staging.write(tree.files)
            held = [one.day for one in tree.later]
            text = manifest(request, built.policy, built.plan, built.outputs, written, held).encode()
            staging.write([GeneratedFile(PurePosixPath(MANIFEST), lambda: iter([text]))])
            if verify:
                checked = run_programs(staging.folder, built.outputs, discover.load, spans(built.policy))
            of_later = tuple(d for one in tree.later if verify for d in _verified(one))
            found = (*built.diagnostics, *checked.diagnostics, *of_later)
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


def _verified(later: Later) -> Iterator[Diagnostic]:
    """Yield what the real programs say of a coming day's files, which stand whole in a folder of their own for it."""
    with TemporaryDirectory(prefix="nullsender-") as folder:
        write_files(Path(folder), generated(later.built.outputs)[0])
        places = spans(later.built.policy) if later.built.policy else {}
        said = run_programs(Path(folder), later.built.outputs, discover.load, places)
        yield from (as_of(later.day, diagnostic) for diagnostic in said.diagnostics)
