"""A computer of one's own inside the running process: private files, a private network, and an internet around it.

The kernel gives the process new mount, network and host name namespaces, so nothing that is done here reaches the
host. /etc, /var and /usr/sbin are overlays whose changes live in memory and are thrown away by `renew`; /run is empty
but for that memory. What is in memory ends with the last process that sees it: there is nothing to be cleaned up.

Programs that cannot be installed beside others may be unpacked below a folder, a tree, and shine through.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from nullsender.lab import kernel
from nullsender.lab.network import IPV4, Network

HOSTNAME = "mx1.example.org"
_PRIVATE = ("etc", "var", "usr/sbin")
_FILES = {
    "etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n",
    "etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n{IPV4} {HOSTNAME} {HOSTNAME.partition('.')[0]}\n",
    "etc/hostname": f"{HOSTNAME}\n",
    "etc/mailname": f"{HOSTNAME}\n",
}
_RUN = Path("/run")
_MEMORY = _RUN / "nullsender-memory"


class Machine:
    """The namespaces of this process. Made once and for good: there is no way back to the host."""

    def __init__(self, trees: tuple[Path, ...] = ()) -> None:
        os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
        tempfile.gettempdir()  # stays what it was for this process
        os.environ["TMPDIR"] = str(_RUN / "tmp")
        self.trees = trees
        self.lasting = _MEMORY / "lasting"  # what `renew` leaves alone, as it does the programs that are kept
        self._kept: set[int] = set()
        kernel.adopt_orphans()
        kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_HOSTNAME | kernel.NEW_MEMORY)
        kernel.make_mounts_private()
        kernel.set_hostname(HOSTNAME)
        self._network = Network()
        kernel.mount("tmpfs", str(_RUN), "mode=755")
        self._layer = _MEMORY / "layer"
        _write_layer(self._layer)
        self._mounted: list[str] = []
        self.renew()

    def world(self) -> AbstractContextManager[None]:
        """Make the sockets and processes that are opened inside the block belong to the internet."""
        return self._network.world()

    def renew(self) -> None:
        """End every program that was started here, and put all files back to what they were."""
        self._clear()
        changes = Path(tempfile.mkdtemp(prefix="changes-", dir=_MEMORY))
        for folder in _PRIVATE:
            self._overlay(folder, changes / folder.replace("/", "-"))
        for folder in ("lock", "tmp"):
            (_RUN / folder).mkdir()
            (_RUN / folder).chmod(0o1777)

    def keep(self, process: int) -> None:
        """Let a program and what it starts run on whatever is renewed, until the machine is closed."""
        self._kept.add(process)

    def let_go(self, process: int) -> None:
        """Keep a program no longer: it has ended."""
        self._kept.discard(process)

    def end_programs(self) -> None:
        """Kill every program that was started here and is not kept."""
        deadline = time.monotonic() + 10
        while doomed := descendants(os.getpid(), self._kept):
            for process in doomed:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(process, os.WNOHANG)
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes {sorted(doomed)} do not end")
            time.sleep(0.002)
        for program in _programs():  # whoever started one and forgot it would be warned that it still runs
            program.poll()

    def close(self) -> None:
        """End every program and give the memory back."""
        self._kept.clear()
        self._clear()
        kernel.unmount(str(_RUN))

    def _clear(self) -> None:
        self.end_programs()
        while self._mounted:
            kernel.unmount(self._mounted.pop())
        for path in (*_MEMORY.glob("changes-*"), *(path for path in _RUN.iterdir() if path != _MEMORY)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _overlay(self, folder: str, changes: Path) -> None:
        below = [self._layer / folder, Path("/", folder), *(tree / folder for tree in self.trees)]
        (changes / "upper").mkdir(parents=True)
        shutil.copymode(f"/{folder}", changes / "upper")
        (changes / "work").mkdir()
        lower = ":".join(str(path) for path in below if path.is_dir())
        kernel.mount("overlay", f"/{folder}", f"lowerdir={lower},upperdir={changes}/upper,workdir={changes}/work")
        self._mounted.append(f"/{folder}")


def descendants(root: int, without: Container[int] = ()) -> set[int]:
    """Return the ids of all processes below `root`, but for those `without` which it is to be, and what is below."""
    children: dict[int, list[int]] = {}
    for process in (entry for entry in Path("/proc").iterdir() if entry.name.isdigit()):
        with suppress(OSError):  # it has just ended
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if int(process.name) not in without:
                children.setdefault(parent, []).append(int(process.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return found


def _programs() -> Iterator[subprocess.Popen[bytes]]:
    return (program for program in gc.get_objects() if type(program) is subprocess.Popen)


def _write_layer(layer: Path) -> None:
    """Write the files in which the machine differs from the host."""
    for folder in _PRIVATE:
        (layer / folder).mkdir(parents=True)
    for name, text in _FILES.items():
        (layer / name).write_text(text)
