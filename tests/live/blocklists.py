"""Real DNS block lists (RFC 5782): rbldnsd with the zones and listings a test wants, and its log of queries."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

from nullsender.lab.listing import Listed, Query

ADDRESS = ("127.0.0.1", 1053)  # the resolver of the machine passes the zones' queries on to it
_USER = "rbldns"


class BlockLists:
    """A running rbldnsd. `folder` must be one that other users may enter."""

    def __init__(self, folder: Path, zones: Iterable[str], listed: Iterable[Listed]) -> None:
        self.zones = tuple(sorted(zones))
        self._log = folder / "queries.log"
        listings = tuple(listed)
        self._log.touch()
        shutil.chown(self._log, _USER)
        data = [argument for zone in self.zones for argument in _zone_data(folder, zone, listings)]
        port = "/".join(map(str, ADDRESS))
        command = ["rbldnsd", "-n", "-f", "-u", _USER, "-b", port, "-w", str(folder), "-l", "+queries.log", *data]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._await_start()

    def queries(self) -> tuple[Query, ...]:
        """Return all questions that came since the start, in order."""
        lines = (line.split() for line in self._log.read_text().splitlines())
        return tuple(Query(name, kind) for _, _, name, kind, *_ in lines if name != "started.invalid")

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _await_start(self) -> None:
        """Ask until something is answered, be it a refusal."""
        question = b"\0\1\1\0\0\1\0\0\0\0\0\0\7started\7invalid\0\0\1\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.05)
            for _ in range(100):
                try:
                    asking.sendto(question, ADDRESS)
                    asking.recv(512)
                    return
                except OSError:
                    time.sleep(0.01)
                if self._process.poll() is not None:
                    break
        self._process.kill()
        said = self._process.communicate()[1].decode()
        raise RuntimeError(f"rbldnsd does not answer: {said}")


def _zone_data(folder: Path, zone: str, listings: tuple[Listed, ...]) -> list[str]:
    files = {"ip4set": folder / f"{zone}.v4", "ip6trie": folder / f"{zone}.v6"}
    for version, file in zip((4, 6), files.values(), strict=True):
        lines = [
            f"{entry.client} :{entry.code}:listed"
            for entry in listings
            if entry.zone == zone and ip_address(entry.client).version == version
        ]
        file.write_text("\n".join(["$TTL 1", *lines, ""]))
        file.chmod(0o644)
    return [f"{zone}:{kind}:{file.name}" for kind, file in files.items()]
