"""Let the real compiler of Sieve read the script."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from nullsender.target import Finding, Verification
from nullsender_targets.dovecot.render import SCRIPT

_SAID = re.compile(r"^\S*?answers: line (\d+): (.*)$", re.MULTILINE)


def verify(folder: Path, standalone: bool) -> Verification:  # noqa: ARG001  # the same beside a whole server
    """Run `sievec` over the script below `folder`, if there is one."""
    if not (folder / SCRIPT).exists():
        return Verification()
    program = shutil.which("sievec")
    if program is None:
        return Verification(not_run=("sievec: Pigeonhole is not installed",))
    with TemporaryDirectory(prefix="nullsender-") as scratch:
        settings = Path(scratch, "dovecot.conf")
        settings.write_text("mail_location = maildir:~/Maildir\nssl = no\n")
        command = [program, "-c", str(settings), str(folder / SCRIPT), str(Path(scratch, "answers.svbin"))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return Verification(ran=("sievec",), findings=tuple(_findings(done)))


def _findings(done: subprocess.CompletedProcess[str]) -> Iterator[Finding]:
    said = done.stdout + done.stderr
    found = [Finding(SCRIPT, int(line), text) for line, text in _SAID.findall(said)]
    yield from found
    if done.returncode != 0 and not found:
        yield Finding(SCRIPT, None, said.strip() or f"exit code {done.returncode}")
