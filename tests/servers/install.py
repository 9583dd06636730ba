"""Install the real servers that the live tests speak to, as root on Debian; do nothing where they are there.

The host keeps running what it ran: no service is started or enabled, and no package is removed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.packages import (
    INSTALLED,
    LAB,
    SERVICES,
    UNPACKED,
    UNPACKED_PROGRAMS,
    UNWANTED,
    libraries_of,
)

_NO_START = Path("/usr/sbin/policy-rc.d")  # asked by packages before they start a service; 101 forbids it
_PRESEED = "postfix postfix/main_mailer_type select Internet Site\npostfix postfix/mailname string localhost\n"


def main() -> int:
    """Install what is missing. Exit code 0 when all is there in the end, 1 when not."""
    os.environ.update(DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8")
    try:
        wanted = [name for name, file in INSTALLED.items() if not Path(file).exists()]
        if wanted:
            _install(wanted)
        for name, packages in UNPACKED.items():
            if not all((LAB / name / program).is_file() for program in UNPACKED_PROGRAMS[name]):
                _unpack(name, packages)
            _complete(name)
    except subprocess.CalledProcessError as error:
        print(f"{error}\n{error.stdout or ''}{error.stderr or ''}", file=sys.stderr)
        return 1
    return 0


def _install(packages: Iterable[str]) -> None:
    packages = sorted(packages)
    print(f"installing {', '.join(packages)}", flush=True)
    _know_packages(packages)
    new = [service for package, service in SERVICES.items() if package in packages]
    with _nothing_starts():
        if "postfix" in packages and shutil.which("debconf-set-selections"):
            subprocess.run(["debconf-set-selections"], input=_PRESEED, text=True, check=True)
        _run("apt-get", "install", "--yes", "--no-install-recommends", "--no-remove", "--no-upgrade", *packages)
    for service in new:
        _disable(service)


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Forbid packages to start services; what forbids it already stays."""
    if _NO_START.exists():
        yield
        return
    _NO_START.write_text("#!/bin/sh\nexit 101\n")
    _NO_START.chmod(0o755)
    try:
        yield
    finally:
        _NO_START.unlink()


def _disable(service: str) -> None:
    """Keep a service that was just installed from starting with the host."""
    units = (f"{service}.service", f"{service}.socket")
    for command in (["deb-systemd-helper", "disable", *units], ["update-rc.d", service, "disable"]):
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True)


def _unpack(name: str, packages: tuple[str, ...]) -> None:
    print(f"unpacking {', '.join(packages)}", flush=True)
    _know_packages(packages)
    LAB.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LAB) as folder:
        _run("apt-get", "-o", "APT::Sandbox::User=root", "download", *packages, cwd=folder)
        tree = Path(folder, "tree")
        tree.mkdir()
        libraries: set[str] = set()
        for package in sorted(Path(folder).glob("*.deb")):
            _run("dpkg-deb", "--extract", str(package), str(tree))
            libraries.update(_libraries(_run("dpkg-deb", "--field", str(package), "Pre-Depends", "Depends")))
        (tree / "libraries").write_text("".join(f"{library}\n" for library in sorted(libraries)))
        shutil.rmtree(LAB / name, ignore_errors=True)
        tree.rename(LAB / name)


def _complete(name: str) -> None:
    """Install the libraries that the programs of an unpacked tree need, where the loader does not find them all."""
    programs = [LAB / name / program for program in UNPACKED_PROGRAMS[name]]
    if not _not_found(programs, LAB / name):
        return
    if not (LAB / name / "libraries").exists():
        _unpack(name, UNPACKED[name])
    _install((LAB / name / "libraries").read_text().split())
    if lost := _not_found(programs, LAB / name):
        raise subprocess.CalledProcessError(1, "ldd", "\n".join(lost))


def _libraries(fields: str) -> Iterator[str]:
    """Yield the libraries among dependencies; of alternatives the first."""
    for dependency in re.sub(r"(?m)^[\w-]+:", ",", fields).split(","):
        found = re.match(r"lib[\w.+-]+", dependency.strip())
        if found and found[0] not in UNWANTED:
            yield found[0]


def _not_found(programs: Iterable[Path], tree: Path) -> list[str]:
    beside = ":".join(libraries_of(tree))
    said = "\n".join(_run("env", f"LD_LIBRARY_PATH={beside}", "ldd", str(program)) for program in programs)
    return [line.strip() for line in said.splitlines() if "not found" in line]


def _know_packages(packages: Iterable[str]) -> None:
    """Fetch apt's lists where it does not know the packages: bare images come without."""
    known = subprocess.run(["apt-cache", "policy", *packages], capture_output=True, text=True, check=False).stdout
    candidates = re.findall(r"Candidate: (\S+)", known)
    if len(candidates) < len(list(packages)) or "(none)" in candidates:
        _run("apt-get", "update")


def _run(*command: str, cwd: str | None = None) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout


if __name__ == "__main__":
    sys.exit(main())
