"""The two sides of the network: the machine, and the rest of the internet, which holds every address there is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nullsender.lab import kernel

IPV4, IPV6 = "203.0.113.25", "fd00::25"  # the machine's own
_FAR_IPV4, _FAR_IPV6 = "203.0.113.1", "fd00::1"


class Network:
    """Both namespaces. The process that makes them stays on the machine's side."""

    def __init__(self) -> None:
        kernel.unshare(kernel.NEW_NETWORK)
        self._world = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        kernel.unshare(kernel.NEW_NETWORK)
        self._inside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _ip(
            "link set lo up",
            f"link add eth0 type veth peer name net0 netns /proc/{os.getpid()}/fd/{self._world}",
            *_side("eth0", IPV4, IPV6),
            f"route add default via {_FAR_IPV4} dev eth0 onlink",
            f"-6 route add default via {_FAR_IPV6} dev eth0 onlink",
        )
        with self.world():
            _ip(
                "link set lo up",
                *_side("net0", _FAR_IPV4, _FAR_IPV6),
                f"route add {IPV4} dev net0",
                f"-6 route add {IPV6} dev net0",
                "route add local default dev lo table main",
                "-6 route add local default dev lo table main",
            )
            Path("/proc/sys/net/ipv6/ip_nonlocal_bind").write_text("1")

    @contextmanager
    def world(self) -> Iterator[None]:
        """Make the sockets and processes that are opened inside the block belong to the internet."""
        kernel.setns(self._world, kernel.NEW_NETWORK)
        try:
            yield
        finally:
            kernel.setns(self._inside, kernel.NEW_NETWORK)


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
        subprocess.run(["ip", *command.split()], check=True)  # noqa: S603, S607  # /sbin/ip wherever PATH has it
