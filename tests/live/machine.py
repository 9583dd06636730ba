"""A computer of one's own inside the running process: private files, a private network, and an internet around it.

The kernel gives the process new mount, network and host name namespaces, so nothing that a test or a server does
reaches the host. /etc, /var and /usr/sbin are overlays whose changes live in memory and are thrown away by `renew`;
/run is empty. Programs that cannot be installed beside the others are unpacked below `.lab/NAME` and shine through.

The network has two sides. On the machine stand the servers; the other side, `world`, is the rest of the internet: it
holds every address there is, so a client may come from any and mail to any address arrives there.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from tests.live import kernel
from tests.servers.packages import LAB, unpacked_trees

HOSTNAME = "mx1.example.org"
IPV4, IPV6 = "203.0.113.25", "fd00::25"
_PRIVATE = ("etc", "var", "usr/sbin")
_FILES = {
    "etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n",
    "etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n{IPV4} {HOSTNAME} {HOSTNAME.partition('.')[0]}\n",
    "etc/hostname": f"{HOSTNAME}\n",
    "etc/mailname": f"{HOSTNAME}\n",
}
_USERS = {"Debian-exim": ("var/spool/exim4", "var/log/exim4")}  # what the package's postinst would make


class Machine:
    """The namespaces of this process. Made once and for good: there is no way back to the host."""

    def __init__(self) -> None:
        os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
        kernel.adopt_orphans()
        kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_HOSTNAME)
        kernel.make_mounts_private()
        kernel.set_hostname(HOSTNAME)
        self._world, self._inside = _network()
        self._memory = LAB / "memory"  # the folder stays empty for everybody else
        self._memory.mkdir(parents=True, exist_ok=True)
        kernel.mount("tmpfs", str(self._memory), "mode=755")
        self._layer = self._memory / "layer"
        _furnish(self._layer)
        self._mounted: list[str] = []
        self.renew()

    @contextmanager
    def world(self) -> Iterator[None]:
        """Make the sockets and processes that are opened inside the block belong to the internet."""
        kernel.setns(self._world, kernel.NEW_NETWORK)
        try:
            yield
        finally:
            kernel.setns(self._inside, kernel.NEW_NETWORK)

    def renew(self) -> None:
        """End every program that was started here, and put all files back to what they were."""
        self._end_programs()
        while self._mounted:
            kernel.unmount(self._mounted.pop())
        changes = Path(tempfile.mkdtemp(prefix="changes-", dir=self._memory))
        for folder in _PRIVATE:
            self._overlay(folder, changes / folder.replace("/", "-"))
        kernel.mount("tmpfs", "/run", "mode=755")
        self._mounted.append("/run")
        Path("/run/lock").mkdir(mode=0o1777)

    def close(self) -> None:
        """End every program and give the memory back."""
        self._end_programs()
        while self._mounted:
            kernel.unmount(self._mounted.pop())
        kernel.unmount(str(self._memory))

    def _overlay(self, folder: str, changes: Path) -> None:
        below = [self._layer / folder, Path("/", folder), *(tree / folder for tree in unpacked_trees())]
        (changes / "upper").mkdir(parents=True)
        shutil.copymode(f"/{folder}", changes / "upper")
        (changes / "work").mkdir()
        lower = ":".join(str(path) for path in below if path.is_dir())
        kernel.mount("overlay", f"/{folder}", f"lowerdir={lower},upperdir={changes}/upper,workdir={changes}/work")
        self._mounted.append(f"/{folder}")

    def _end_programs(self) -> None:
        deadline = time.monotonic() + 10
        while doomed := descendants(os.getpid()):
            for process in doomed:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(process, os.WNOHANG)
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes {sorted(doomed)} do not end")
            time.sleep(0.005)
        for program in gc.get_objects():  # whoever started one and forgot it would be warned that it still runs
            if type(program) is subprocess.Popen:
                program.poll()


def descendants(root: int) -> set[int]:
    """Return the ids of all processes below `root`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting.extend(below)
    return found


@cache
def the_machine() -> Machine:
    """Return the machine of this process, made at the first call."""
    return Machine()


def _network() -> tuple[int, int]:
    """Make both sides of the network and return the descriptors of the internet's and the machine's namespace."""
    kernel.unshare(kernel.NEW_NETWORK)
    world = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    kernel.unshare(kernel.NEW_NETWORK)
    inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    _ip(
        "link set lo up",
        f"link add eth0 type veth peer name net0 netns /proc/{os.getpid()}/fd/{world}",
        *_side("eth0", IPV4, IPV6),
        "route add default via 203.0.113.1 dev eth0 onlink",
        "-6 route add default via fd00::1 dev eth0 onlink",
    )
    kernel.setns(world, kernel.NEW_NETWORK)
    _ip(
        "link set lo up",
        *_side("net0", "203.0.113.1", "fd00::1"),
        f"route add {IPV4} dev net0",
        f"-6 route add {IPV6} dev net0",
        "route add local default dev lo table main",
        "-6 route add local default dev lo table main",
    )
    Path("/proc/sys/net/ipv6/ip_nonlocal_bind").write_text("1")
    kernel.setns(inside, kernel.NEW_NETWORK)
    return world, inside


def _side(link: str, ipv4: str, ipv6: str) -> tuple[str, ...]:
    return (
        f"link set {link} addrgenmode none",
        f"link set {link} up",
        f"addr add {ipv4}/32 dev {link}",
        f"-6 addr add {ipv6}/128 dev {link} nodad",
        f"-6 addr add fe80::{ipv6.rpartition(':')[2]}/64 dev {link} nodad",  # neighbours ask from it
    )


def _ip(*commands: str) -> None:
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)


def _furnish(layer: Path) -> None:
    """Write the files in which the machine differs from the host, and the users of the unpacked programs."""
    for folder in _PRIVATE:
        (layer / folder).mkdir(parents=True)
    for name, text in _FILES.items():
        (layer / name).write_text(text)
    for name in ("passwd", "group"):
        shutil.copy(f"/etc/{name}", layer / "etc" / name)
    for number, (user, folders) in enumerate(_USERS.items(), 970):
        if user + ":" in (layer / "etc/passwd").read_text():
            continue
        with (layer / "etc/group").open("a") as group:
            group.write(f"{user}:x:{number}:\n")
        with (layer / "etc/passwd").open("a") as passwd:
            passwd.write(f"{user}:x:{number}:{number}::/{folders[0]}:/usr/sbin/nologin\n")
        for folder in folders:
            (layer / folder).mkdir(parents=True)
            os.chown(layer / folder, number, number)
