"""Let the real programs read what was generated, in a copy: whatever they say on stderr is a finding."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nullsender.target import Finding, Verification

_PLAIN = ("compatibility_level = 3.6", "myhostname = verify.invalid", "recipient_delimiter = +", "")
_PLACE = re.compile(r"(?:^|[\s/])(?P<file>[\w./-]+), line (?P<line>\d+):")
_SECONDS = 120


def verify(folder: Path, standalone: bool) -> Verification:
    """Run postconf, postfix check and postmap over a copy of the files below `folder`."""
    if shutil.which("postconf") is None or shutil.which("postmap") is None:
        return Verification(not_run=("postconf, postfix check, postmap: Postfix is not installed",))
    with TemporaryDirectory(prefix="nullsender-") as scratch:
        run = _Run(Path(scratch, "etc"))
        shutil.copytree(folder, run.home)
        if not standalone:
            run.stand_in_for_the_owner()
        run.let_settle()
        findings = [] if standalone else [*run.merged()]
        run.let_settle()
        findings += run.main_cf()
        if any("fatal:" in finding.text for finding in findings):  # no other program would say more
            return Verification(("postconf -n", "postconf -M"), findings=tuple(dict.fromkeys(findings)))
        findings += [*run.lists(), *run.tables()]
        ran, not_run = ["postconf -n", "postconf -M", "postmap", "postmap -q"], []
        if os.geteuid() == 0:
            findings += run.check()
            ran.append("postfix check")
        else:
            not_run.append("postfix check: only root may run it")
    return Verification(tuple(ran), tuple(not_run), tuple(dict.fromkeys(findings)))


@dataclass(frozen=True, slots=True)
class _Run:
    """The programs, with a configuration directory of their own."""

    home: Path

    def stand_in_for_the_owner(self) -> None:
        """Give a fragment something to be joined to."""
        (self.home / "main.cf").write_text("\n".join(_PLAIN))
        stock = Path("/etc/postfix/master.cf.proto")
        master = stock.read_text() if stock.exists() else "smtp inet n - n - - smtpd\n"
        (self.home / "master.cf").write_text(master)

    def let_settle(self) -> None:
        """Make the files look old: programs of Postfix wait until main.cf has not changed for two seconds."""
        for name in ("main.cf", "master.cf"):
            if (self.home / name).exists():
                os.utime(self.home / name, (0, 0))

    def lists(self) -> Iterator[Finding]:
        yield from self._said("nullsender/lists.sh", "sh", str(self.home / "nullsender/lists.sh"))

    def merged(self) -> Iterator[Finding]:
        yield from self._said("nullsender/merge.sh", "sh", str(self.home / "nullsender/merge.sh"))

    def main_cf(self) -> Iterator[Finding]:
        yield from self._said("main.cf", "postconf", "-c", str(self.home), "-n")
        yield from self._said("master.cf", "postconf", "-c", str(self.home), "-M")

    def check(self) -> Iterator[Finding]:
        with TemporaryDirectory(prefix="nullsender-queue-") as queue:
            copy = Path(queue, "etc")
            shutil.copytree(self.home, copy)
            for name in ("queue", "data"):
                Path(queue, name).mkdir()
            shutil.chown(Path(queue, "data"), "postfix")
            Path(queue).chmod(0o755)
            there = (
                f"queue_directory = {queue}/queue",
                f"data_directory = {queue}/data",
                "meta_directory = /etc/postfix",
            )
            self._do("postconf", "-c", str(copy), "-e", *there)
            os.utime(copy / "main.cf", (0, 0))
            done = self._do("postfix", "-c", str(copy), "check")
            yield from _findings("main.cf", done, queue)

    def tables(self) -> Iterator[Finding]:
        """Open every table, and look the first and the last key of each list up."""
        for path in sorted((self.home / "nullsender").rglob("*")):
            name = str(path.relative_to(self.home))
            if path.suffix in (".pcre", ".cidr"):
                yield from self._said(
                    name,
                    "postmap",
                    "-c",
                    str(self.home),
                    "-q",
                    "verify.invalid",
                    f"{path.suffix[1:]}:{path}",
                    miss=True,
                )
            elif path.suffix == ".lmdb":
                for key in _golden(path.with_suffix("") if path.name.count(".lmdb") else path):
                    yield from self._said(
                        name.removesuffix(".lmdb"),
                        "postmap",
                        "-c",
                        str(self.home),
                        "-q",
                        key,
                        f"lmdb:{str(path).removesuffix('.lmdb')}",
                    )

    def _said(self, path: str, *command: str, miss: bool = False) -> Iterator[Finding]:
        done = self._do(*command)
        yield from _findings(path, done, str(self.home))
        if done.returncode and not done.stderr.strip() and not miss:
            yield Finding(path, None, f"{' '.join(command[:1])} ended with {done.returncode}")

    def _do(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # programs that PATH names
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C", "MAIL_CONFIG": str(self.home)},
        )


def _findings(path: str, done: subprocess.CompletedProcess[str], scratch: str) -> Iterator[Finding]:
    for line in done.stderr.splitlines():
        text = line.replace(scratch + "/", "").strip()
        if not text or text.endswith(" differ"):  # Debian's copies for a chroot
            continue
        place = _PLACE.search(text)
        if place:
            yield Finding(place["file"], int(place["line"]), text)
        else:
            yield Finding(path, None, text)


def _golden(path: Path) -> list[str]:
    """Return the first and the last key of a list, without reading what is between."""
    with path.open("rb") as lines:
        first = lines.readline()
        lines.seek(max(0, path.stat().st_size - 2_000))
        last = (lines.readlines() or [first])[-1]
    keys = [line.decode().rsplit(" ", 1)[0] for line in (first, last) if b" " in line]
    return list(dict.fromkeys(keys))
