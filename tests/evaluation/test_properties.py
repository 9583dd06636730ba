from __future__ import annotations

from pathlib import Path

import pytest

from nullsender.testing.properties import Finding
from nullsender.testing.running import run_tests
from tests.evaluation.policies import END, SITE

SEVERAL, SILENT = "reject bounces to several recipients\n", "reject bounces to silent\n"
LOOP = 'header "X-Loop" matches /^ours/'
OUTSIDE = "and recipient in alice@example.org and not client in office\n"


def findings(folder: Path, text: str) -> tuple[Finding, ...]:
    (folder / "policy.ndr").write_text(SITE + text + END)
    run = run_tests(folder / "policy.ndr")
    assert run.diagnostics == ()
    return run.properties


@pytest.mark.parametrize(
    "text",
    [
        SEVERAL + SILENT + "always reject when sender is null and recipient in silent and not client in office\n",
        "never reject when sender in joe@partner.example and recipient in noreply@example.org\n",
        "use dnsbl bl.example in safe mode\nnever defer when client listed in bl.example\n",
        f"reject mail scoring 15 or more\nalways reject when scoring 15 or more {OUTSIDE}",
        f'discard mail when {LOOP} because "x"\nalways discard when {LOOP} {OUTSIDE}',
        f"reject ordinary mail failing dmarc\nnever accept when dmarc is quarantine and not sender is null {OUTSIDE}",
    ],
)
def test_a_property_that_holds_was_met_in_many_sessions(tmp_path: Path, text: str) -> None:
    (found,) = findings(tmp_path, text)
    assert found.counterexample is None
    assert found.met > 50


def test_a_property_that_does_not_hold_has_a_counterexample_without_anything_needless(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, SILENT + "always reject when sender is null and recipient in silent\n")
    assert found.counterexample is not None
    session = found.counterexample.session
    assert len(session.recipients) == 2 or session.client != "203.0.113.9"  # another recipient, or a trusted client
    assert (session.score, session.listed, session.login) == (0.0, frozenset(), None)


def test_the_sessions_of_tests_are_tried_too(tmp_path: Path) -> None:
    rule = 'reject mail when header "X-A" matches /^[0-9]{3}q\\w+$/ as odd\n'
    wanted = 'never reject when header "X-A" matches /^[0-9]{3}q\\w+$/\n'
    (unmet,) = findings(tmp_path, rule + wanted)
    assert (unmet.met, unmet.counterexample) == (0, None)
    shown = 'test "odd" { to anybody@catchall.example header "X-A" is "123qx" expect reject }\n'
    (found,) = findings(tmp_path, rule + wanted + shown)
    assert found.counterexample is not None
    assert found.counterexample.session.message.fields == (("X-A", "123qx"),)


def test_what_holds_for_one_deployment_is_tried_on_every_one(tmp_path: Path) -> None:
    rules = "reject bounces on mx2\ndeploy mx2 to exim 4.96\nnever reject when recipient in anybody@catchall.example\n"
    (found,) = findings(tmp_path, rules)
    assert found.counterexample is not None
    assert found.counterexample.deployment == "mx2"


def test_the_same_sessions_are_tried_every_time(tmp_path: Path) -> None:
    text = SEVERAL + "never reject when sender is null\n"
    assert findings(tmp_path, text) == findings(tmp_path, text)
