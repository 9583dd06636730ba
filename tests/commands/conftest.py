"""Two targets of the tests' own, so that commands are tested without knowing a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nullsender_targets
from nullsender import discover, entryfile
from nullsender.commands import nullsender

HERE = Path(__file__).parent
Run = Callable[..., Result]

POLICY = """\
policy "test"
domains mine = example.org
addresses silent = noreply@example.org
recipients of mine from file "recipients.txt"
deliver mine to lmtp 127.0.0.1:24
reject nonexistent recipients
reject bounces to several recipients
reject bounces to silent
deploy mx1 to postbox 2.0
deploy mx2 to postbox 2.0 with strainer 3.1
"""


@pytest.fixture(autouse=True)
def _own_targets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nullsender_targets, "__path__", [str(HERE / "targets")])
    caches = (discover.names, discover.load)
    for cached in caches:
        cached.cache_clear()
    for name in ("GITHUB_ACTIONS", "NO_COLOR", "POSTBOX_REFUSES"):
        monkeypatch.delenv(name, raising=False)
    yield
    for cached in caches:
        cached.cache_clear()
    entryfile._spooled.cache_clear()  # its lists are named as seen from another working directory


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a policy and its recipients, which is the working directory."""
    (tmp_path / "policy.ndr").write_text(POLICY)
    (tmp_path / "recipients.txt").write_text("bob@example.org\nalice@example.org\nnoreply@example.org\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Run a command line in this process; the result has `exit_code`, `stdout` and `stderr`."""

    def run(*arguments: object) -> Result:
        entryfile._spooled.cache_clear()  # each run stands for a process of its own
        return CliRunner().invoke(nullsender, list(map(str, arguments)), standalone_mode=False, catch_exceptions=False)

    return run
