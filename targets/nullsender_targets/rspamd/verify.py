"""Let the real rspamd read what was generated. Its exit code says little: each new line on stderr is a finding."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from nullsender.target import Finding, Verification
from nullsender_targets.rspamd.placement import OWNERS_FILE, OWNERS_LINES

SECTION = "nullsender/nullsender.conf"
STOCK = Path("/etc/rspamd/rspamd.conf")
_SECONDS = 60
_LINE = re.compile(r"line:? (\d+)")


def verify(folder: Path, standalone: bool) -> Verification:
    """Run `rspamadm configtest` and `rspamadm configdump` over the files below `folder`."""
    program = shutil.which("rspamadm")
    if program is None:
        return Verification(not_run=("rspamadm configtest: rspamd is not installed",))
    if not standalone and not STOCK.exists():
        return Verification(not_run=(f"rspamadm configtest: {STOCK} is missing, beside which a fragment lies",))
    with TemporaryDirectory(prefix="nullsender-") as scratch:
        run = _Rspamadm(program, Path(scratch))
        local, main = (folder, folder / "rspamd.conf") if standalone else (_fragment(folder, Path(scratch)), STOCK)
        findings = (*run.configtest(local, main), *run.dumped(local, main))
    return Verification(ran=("rspamadm configtest", "rspamadm configdump"), findings=findings)


def _fragment(folder: Path, scratch: Path) -> Path:
    """Return a local configuration directory that holds what `merge` makes of an empty one."""
    local = scratch / "local"
    local.mkdir()
    (local / OWNERS_FILE).write_text("\n".join((*OWNERS_LINES, "")))
    (local / "nullsender").symlink_to((folder / "nullsender").absolute())
    return local


class _Rspamadm:
    """`rspamadm`, with folders of its own instead of the running daemon's."""

    def __init__(self, program: str, scratch: Path) -> None:
        self._program = program
        self._own = tuple(f"--var={name}={scratch}" for name in ("DBDIR", "RUNDIR", "LOGDIR"))
        self._nothing = scratch / "nothing"
        self._nothing.mkdir()

    def configtest(self, local: Path, main: Path) -> Iterator[Finding]:
        result = self._run(local, "configtest", "-c", str(main))
        known = set(self._run(self._nothing, "configtest", "-c", str(STOCK)).stderr.splitlines())
        for text in result.stderr.splitlines():
            if text.strip() and text not in known:
                yield _finding(text)
        if result.returncode and not result.stderr.strip():
            yield _finding(result.stdout.strip() or "rspamadm configtest failed")

    def dumped(self, local: Path, main: Path) -> Iterator[Finding]:
        section = self._run(local, "configdump", "-j", "-c", str(main), "nullsender")
        if '"rules"' not in section.stdout:
            yield _finding("rspamd does not see the section `nullsender`")
        scripts = self._run(local, "configdump", "-j", "-c", str(main), "lua").stdout
        for script in ("rules/rspamd.lua", "nullsender/engine.lua"):
            if script not in scripts:
                yield _finding(f"rspamd does not load {script}")

    def _run(self, local: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # the program that PATH names, with arguments of ours
            [self._program, *self._own, f"--var=LOCAL_CONFDIR={local.absolute()}", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )


def _finding(text: str) -> Finding:
    line = _LINE.search(text)
    return Finding(SECTION, int(line[1]) if line else None, text)
