from __future__ import annotations

from pathlib import Path

import pytest

from tests.output.hosts import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    host.home.mkdir(parents=True)
    (host.home / "main.conf").write_text("the owner's\n")
    return host
