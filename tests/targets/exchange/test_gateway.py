"""The example of a gateway: two deployments that cover one policy."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from nullsender.commands import nullsender

EXAMPLE = Path(__file__).parents[3] / "examples" / "gateway.ndr"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(nullsender, arguments, standalone_mode=False, catch_exceptions=False)
    return done.return_value, done.output


def test_its_tests_decide_every_rule() -> None:
    code, output = run("test", str(EXAMPLE), "--min", "100")
    assert (code, "0 failed" in output) == (0, True), output


def test_the_two_deployments_leave_no_rule_undecided(tmp_path: Path) -> None:
    code, output = run("compile", str(EXAMPLE), "--out", str(tmp_path / "out"), "--no-verify")
    assert code == 0, output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    gateway, tenant = manifest["deployments"]["gw1"], manifest["deployments"]["tenant"]
    decided = {name: {p["id"] for p in of["placed"]} for name, of in manifest["deployments"].items()}
    assert gateway["gaps"] == []
    assert {gap["decided by"] for gap in tenant["gaps"]} == {"gw1"}
    left = {gap["id"] for gap in tenant["gaps"]}
    assert left <= decided["gw1"]
    assert left & decided["tenant"] == set()
    assert set(manifest["statements"]) <= decided["gw1"] | decided["tenant"]
    assert {p["id"]: p["losses"] for p in gateway["placed"] if p["losses"]} == {}
    assert tenant["components"]["exchange-online"]["home"] is None


def test_only_the_host_gets_a_script_that_installs(tmp_path: Path) -> None:
    run("compile", str(EXAMPLE), "--out", str(tmp_path / "out"), "--no-verify")
    assert (tmp_path / "out/gw1/apply.sh").exists()
    there = sorted(str(p.relative_to(tmp_path / "out/tenant")) for p in (tmp_path / "out/tenant").rglob("*.*"))
    names = ("apply.ps1", "audit.ps1", "engine.ps1", "policy.ps1", "recipients.txt", "undo.ps1")
    assert there == [f"exchange-online/nullsender/{name}" for name in names]
