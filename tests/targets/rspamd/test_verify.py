from __future__ import annotations

from pathlib import Path

import pytest

from nullsender_targets.rspamd import target
from tests.targets.rspamd.parts import EXAMPLE, part
from tests.targets.rspamd.running import place


def test_where_rspamd_is_not_installed_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    place(part(*EXAMPLE), tmp_path)
    verification = target.verify(tmp_path, True)
    assert (verification.ran, verification.findings) == ((), ())
    assert verification.not_run == ("rspamadm configtest: rspamd is not installed",)


def test_a_finding_names_the_line_that_rspamd_names() -> None:
    from nullsender_targets.rspamd.verify import _finding

    said = "ucl parser error: error while parsing /x/nullsender.conf: line: 35, column: 11 - 'delimiter is missing'"
    assert _finding(said).line == 35
    assert _finding("no such question: x").line is None
