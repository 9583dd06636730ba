"""A server for tests that can do everything and obeys nothing: it takes all mail but what would be relayed.

It hangs up when it hears of a recipient `hang-up`, and is never at rest again after one called `restless`.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nullsender import layout
from nullsender.capability import Capabilities, Way
from nullsender.diagnostic import Diagnostic
from nullsender.features import FEATURES
from nullsender.plan import Part
from nullsender.target import Artifact, Lab, Placement, Target, Verification


@dataclass(frozen=True, slots=True)
class Words:
    placed: tuple[str, ...]


def lower(part: Part) -> tuple[Words, tuple[Diagnostic, ...]]:
    return Words((*(step.rule.id for step in part.steps), *(one.id for one in part.statements))), ()


def render(ir: Words) -> tuple[Artifact, ...]:
    return (layout.artifact("nullsender/rules", layout.Page("".join(f"{id_}\n" for id_ in ir.placed), ())),)


@dataclass
class ParrotLab(Lab):
    lines: list[str] = field(default_factory=list)

    def missing(self) -> str | None:
        return None

    def at_rest(self, logged: str) -> bool:
        return "restless" not in logged

    @contextmanager
    def boot(self, part: Part, home: Path) -> Iterator[Callable[[], str]]:  # noqa: ARG002  # the protocol's signature
        self.lines.append("booted")
        server = _Server(("", 25), _Session)
        server.lines = self.lines
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield lambda: "".join(f"{line}\n" for line in self.lines)
        finally:
            server.shutdown()
            server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    lines: list[str]


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 parrot")
        for line in self.rfile:
            text = line.decode().strip()
            self.server.lines.append(f"heard {text}")
            if text == "QUIT" or "hang-up" in text:
                return
            if "elsewhere.example" in text:
                self.server.lines.append("[relaying]")
                self._say("554 5.7.1 no [relaying]")
            elif text == "DATA":
                self._say("354 go ahead")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self._say("250 2.0.0 taken")
            else:
                self._say("250 2.1.0 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


target = Target(
    name="parrot",
    title="Parrot",
    capabilities=Capabilities(("1.0",), {feature: (Way("it says so"),) for feature in FEATURES}),
    placements={"plain": Placement("/etc/parrot", (), (), (), (), ())},
    lower=lower,
    render=render,
    verify=lambda folder, standalone: Verification(),  # noqa: ARG005  # the protocol's signature
    lab=ParrotLab(),
)
