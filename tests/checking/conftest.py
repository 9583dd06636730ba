from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol

import pytest

from tests.checking.policies import TODAY, Checked, check_text


class Check(Protocol):
    def __call__(self, text: str, on: date = TODAY) -> Checked: ...


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Check a policy of some sets, served domains and two deployments, with the given statements behind."""
    return lambda text, on=TODAY: check_text(tmp_path, text, on)
