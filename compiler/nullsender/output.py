"""The tree of generated files: which there are, and how it is written: whole and at once, or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby, zip_longest
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from nullsender import apply
from nullsender.diagnostic import Diagnostic
from nullsender.emit import Output
from nullsender.target import Artifact, Origin

MANIFEST = "manifest.json"
DUE = "due"  # the folder in a deployment's with what holds from a coming day on
OURS = "nullsender"  # the folder below a component's home that fragment mode never leaves; the manifest's first key
_KEPT = (".installed.", ".applied.", ".apply.", ".team.", ".tree.")  # files of apply.sh
_PART = re.compile(r"[A-Za-z0-9_+=@,.-]+")  # of a path: needs no quoting anywhere


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """One file of the tree, at its path from the top."""

    path: PurePosixPath
    chunks: Callable[[], Iterator[bytes]]
    mode: int = 0o644
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """What was written: the file, its digest in hex and its octets."""

    file: GeneratedFile
    sha256: str
    size: int


class OutputError(Exception):
    """The tree cannot be written; nothing was changed."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def generated(
    outputs: Sequence[Output], calendar: apply.Calendar = apply.ALWAYS
) -> tuple[tuple[GeneratedFile, ...], tuple[Diagnostic, ...]]:
    """Return every file but the manifest, sorted by path, and what is wrong with the paths that targets gave.

    Those of a coming day stand in a folder of its own in each deployment's.
    """
    files: dict[PurePosixPath, GeneratedFile] = {}
    found: list[Diagnostic] = []
    for deployment, group in groupby(outputs, key=lambda output: output.part.deployment):
        its = tuple(group)
        home = PurePosixPath(deployment, *((DUE, calendar.since.isoformat()) if calendar.since else ()))
        for output in its:
            folder = home / output.part.component
            for one in output.emitted.artifacts:
                wrong = _wrong_with(one.path, output.part.standalone, folder / one.path in files)
                if wrong:
                    found.append(
                        Diagnostic("NS604", f"`{output.part.component}` gave a file `{one.path}`: {wrong}", None)
                    )
                files[folder / one.path] = _at(folder, one)
        if any(output.emitted.placement for output in its):
            script = _at(home, apply.script(deployment, its, calendar))
            files[script.path] = script
    return tuple(files[path] for path in sorted(files)), tuple(found)


@contextmanager
def staged(out: Path) -> Iterator[Staging]:
    """Give a folder beside `out` to write into; it takes the place of `out` on `commit`, and else goes without a trace.

    Raises OutputError where `out` holds something that is not a tree of ours, and where it cannot be written.
    """
    goal = Path(os.path.realpath(out))
    refused = _refused(out, goal)
    if refused:
        raise OutputError(refused)
    folder = None
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=f".{goal.name}-", dir=goal.parent))
        folder.chmod(0o755)
        yield Staging(folder, goal)
    except OSError as error:
        raise OutputError(_unwritable(out, error)) from error
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Staging:
    """A tree that is being written."""

    folder: Path
    goal: Path

    def write(self, files: Iterable[GeneratedFile]) -> tuple[WrittenFile, ...]:
        """Write files, in memory that does not grow with them."""
        return write_files(self.folder, files)

    def commit(self) -> None:
        """Put the tree in the place of the one that is there, by renaming."""
        if not self.goal.exists() or not any(self.goal.iterdir()):
            self.folder.rename(self.goal)
            return
        old = Path(mkdtemp(prefix=f".{self.goal.name}-old-", dir=self.goal.parent))
        self.goal.rename(old)
        try:
            self.folder.rename(self.goal)
        except BaseException:
            old.rename(self.goal)
            raise
        shutil.rmtree(old, ignore_errors=True)


def write_files(folder: Path, files: Iterable[GeneratedFile]) -> tuple[WrittenFile, ...]:
    """Write files below a folder, in memory that does not grow with them."""
    return tuple(_write(folder, file) for file in files)


def _write(folder: Path, file: GeneratedFile) -> WrittenFile:
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = sha256(), 0
    with path.open("wb") as stream:
        for chunk in file.chunks():
            stream.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    path.chmod(file.mode)
    return WrittenFile(file, digest.hexdigest(), size)


def read_manifest(tree: Path) -> dict[str, object] | None:
    """Return the manifest of a tree, None where there is none of ours."""
    try:
        manifest = json.loads((tree / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) and OURS in manifest else None


def tree_files(tree: Path) -> tuple[PurePosixPath, ...]:
    """Return the path of every file of a tree but the manifest, sorted."""
    found = (PurePosixPath(path.relative_to(tree)) for path in tree.rglob("*") if path.is_symlink() or path.is_file())
    return tuple(sorted(path for path in found if path != PurePosixPath(MANIFEST)))


def reader(path: Path) -> Callable[[], Iterator[bytes]]:
    """Return a function that streams a file."""

    def chunks() -> Iterator[bytes]:
        with path.open("rb") as stream:
            while block := stream.read(1 << 16):
                yield block

    return chunks


def same_bytes(one: Callable[[], Iterator[bytes]], other: Callable[[], Iterator[bytes]]) -> bool:
    """Tell whether two streams hold the same, however they come."""
    return all(a == b for a, b in zip_longest(_blocks(one), _blocks(other)))


def _blocks(chunks: Callable[[], Iterator[bytes]], size: int = 1 << 16) -> Iterator[bytes]:
    """Yield the same bytes in blocks of one size."""
    rest = b""
    for chunk in chunks():
        rest += chunk
        while len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
    if rest:
        yield rest


def _at(folder: PurePosixPath, one: Artifact) -> GeneratedFile:
    return GeneratedFile(folder / one.path, one.chunks, one.mode, one.origins)


def _wrong_with(path: PurePosixPath, standalone: bool, taken: bool) -> str | None:
    parts = path.parts
    if path.is_absolute() or not parts or ".." in parts:
        return "not a path below its own folder"
    if not all(map(_PART.fullmatch, parts)):
        return "a path of letters, digits and `_+=@,.-` is wanted"
    if parts[-1].startswith(_KEPT) or parts[:2] == (OURS, ".before"):
        return "a name that apply.sh keeps for itself"
    if taken:
        return "there is one of that name already"
    if not standalone and (parts[0] != OURS or len(parts) == 1):
        return f"in fragment mode everything is below `{OURS}/`"
    return None


def _refused(out: Path, goal: Path) -> Diagnostic | None:
    """Return why the tree may not be written to `goal`: what is there belongs to somebody else."""
    try:
        if not goal.exists() or (goal.is_dir() and not any(goal.iterdir())):
            return None
        manifest = read_manifest(goal) if goal.is_dir() else None
        if manifest is None:
            what = "a directory that nullsender did not write" if goal.is_dir() else "no directory"
            return Diagnostic(
                "NS602", f"`{out}` is {what}", None, help="name a directory that does not exist or is empty"
            )
        listed = manifest.get("files")
        known = set(listed) if isinstance(listed, dict) else set[str]()
        foreign = next((path for path in tree_files(goal) if str(path) not in known), None)
    except OSError as error:
        return _unwritable(out, error)
    if foreign is None:
        return None
    return Diagnostic(
        "NS602",
        f"`{out}` holds `{foreign}`, which nullsender did not write",
        None,
        note="the directory is replaced as a whole",
        help="move the file away, or name another directory",
    )


def _unwritable(out: Path, error: OSError) -> Diagnostic:
    return Diagnostic("NS601", f"cannot write `{out}`: {(error.strerror or str(error)).lower()}", None)
