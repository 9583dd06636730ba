from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nullsender_targets.redis import target
from nullsender_targets.redis.placement import FILE
from tests.targets.redis.parts import part


def configuration() -> str:
    (artifact,) = target.emit(part()).artifacts
    assert str(artifact.path) == FILE
    return b"".join(artifact.chunks()).decode()


def test_it_listens_on_the_loopback_and_nowhere_else() -> None:
    lines = configuration().splitlines()
    assert [line for line in lines if line.startswith(("bind", "port", "unixsocket"))] == [
        "bind 127.0.0.1",
        "port 11336",
    ]


def test_a_disk_that_is_full_does_not_stop_it_and_its_memory_has_an_end() -> None:
    assert "stop-writes-on-bgsave-error no\n" in configuration()
    assert "maxmemory 256mb\n" in configuration()


def test_it_is_the_same_beside_another_redis_of_the_host() -> None:
    fragment = replace(part(), standalone=False)
    assert target.lower(fragment) == target.lower(part())


def test_where_redis_is_not_installed_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    verification = target.verify(tmp_path, True)
    assert (verification.ran, verification.findings) == ((), ())
    assert verification.not_run == ("redis-server, listening nowhere: redis is not installed",)
