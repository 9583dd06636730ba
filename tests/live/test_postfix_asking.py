"""The lab has verify(8) ask the next hop before a session does, and loses no question, however slow the machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullsender_targets.postfix.lab import lab as postfix
from tests.live.deployment import deployed
from tests.live.lab import Lab

pytestmark = pytest.mark.live

POLICY = Path(__file__).parent / "directories/called.ndr"
CLEANUP = Path("/usr/lib/postfix/sbin/cleanup")
SLOW = '#!/bin/bash\nsleep 1.5\nexec -a cleanup "{real}" "$@"\n'


@contextmanager
def slow_to_start(folder: Path) -> Iterator[None]:
    """Let cleanup(8), to which verify(8) gives its probes, take longer to start than a hundred questions take."""
    real, slow = folder / "cleanup", folder / "slow"
    real.write_bytes(CLEANUP.read_bytes())
    slow.write_text(SLOW.format(real=real))
    for program in (real, slow):
        program.chmod(0o755)
    subprocess.run(["mount", "--bind", str(slow), str(CLEANUP)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(CLEANUP)], check=True)


def test_a_probe_is_not_lost_while_cleanup_starts(lab: Lab, tmp_path: Path) -> None:
    with slow_to_start(tmp_path), deployed(lab, POLICY, "pf") as running:
        lab.sink.refuse = lambda _: "550 5.1.1 there is nobody of that name"
        postfix.ask_ahead(["ghost@example.org"])
        with running.lab.dialogue() as session:
            session.mail("joe@partner.example")
            reply = session.rcpt("ghost@example.org")
        assert (reply.code, reply.enhanced) == (550, "5.1.1")
