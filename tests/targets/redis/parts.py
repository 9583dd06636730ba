"""Redis' part of a plan, made by hand, and a Redis that runs on it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nullsender.plan import Link, Part
from nullsender_targets.redis import target
from nullsender_targets.redis.lab import lab as redis_lab
from tests.targets.rspamd import parts

HOME = Path("/etc/redis")


def part() -> Part:
    link = Link("redis", "redis", target.capabilities.offers["redis"])
    return replace(parts.part(), component="redis", version=(7, 0), links=(link,))


@contextmanager
def beside_redis() -> Iterator[None]:
    """Run Redis on the machine of the live tests."""
    for artifact in target.emit(part()).artifacts:
        (HOME / artifact.path).parent.mkdir(exist_ok=True)
        (HOME / artifact.path).write_bytes(b"".join(artifact.chunks()))
    for line in target.placements["debian"].merge:
        subprocess.run(["sh", "-c", line], env={**os.environ, "NULLSENDER_HOME": str(HOME)}, check=True)
    with redis_lab.boot(part(), HOME):
        yield
