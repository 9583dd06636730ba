"""A new target is a new folder: nothing else has to know of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("nullsender")
TARGET = """
from dataclasses import dataclass
from nullsender import features as f, layout as l, target as t
from nullsender.capability import Capabilities, Way
@dataclass(frozen=True)
class Words:
    placed: tuple[str, ...]
def lower(part): return Words(tuple(s.rule.id for s in part.steps) + tuple(s.id for s in part.statements)), ()
def render(ir): return (l.artifact("nullsender/rules.txt", l.Page("".join(f"{i}\\n" for i in ir.placed), ())),)
able = Capabilities(("1.0",), {feature: (Way("it writes it down"),) for feature in f.FEATURES})
place = {"paper": t.Placement("/etc/parchment", (), (), (), (), ())}
target = t.Target("parchment", "Parchment", able, place, lower, render, lambda *_: t.Verification(("read it",)))
"""
POLICY = """
policy "on parchment"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
reject bounces to several recipients
deploy mx to parchment 1.0
"""
RULES = ["relaying", "reject-nonexistent-recipients", "reject-bounces-to-several-recipients"]


def run(tmp_path: Path, package: Path) -> subprocess.CompletedProcess[str]:
    """Compile the policy with one more folder among the targets."""
    # The path of the package is what a new folder in the source tree extends; the temporary one stands in for it.
    program = (
        "import sys, nullsender_targets; nullsender_targets.__path__.append(sys.argv.pop(1));"
        "from nullsender.main import main; sys.exit(main())"
    )
    arguments = ["compile", "policy.ndr", "--out", "build", "--on", "2026-01-01"]
    return subprocess.run(
        [sys.executable, "-c", program, str(package.parent), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_dropped_beside_the_others_is_a_target(tmp_path: Path) -> None:
    package = tmp_path / "nullsender_targets" / "parchment"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(TARGET)
    (tmp_path / "policy.ndr").write_text(POLICY)
    done = run(tmp_path, package)
    assert done.returncode == 0, done.stdout + done.stderr
    rules = (tmp_path / "build/mx/parchment/nullsender/rules.txt").read_text().splitlines()
    assert rules == RULES


def test_a_folder_of_packages_is_a_family_of_targets(tmp_path: Path) -> None:
    package = tmp_path / "nullsender_targets" / "parchment"
    for member in ("scroll", "codex"):
        (package / member).mkdir(parents=True)
        (package / member / "__init__.py").write_text(TARGET.replace('"parchment"', f'"parchment-{member}"'))
    (package / "__init__.py").write_text("")
    (tmp_path / "policy.ndr").write_text(POLICY.replace("to parchment", "to parchment-codex"))
    done = run(tmp_path, package)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "build/mx/parchment-codex/nullsender/rules.txt").read_text().splitlines() == RULES


def test_a_target_without_a_place_on_a_host_has_no_script_that_installs_it(tmp_path: Path) -> None:
    package = tmp_path / "nullsender_targets" / "parchment"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(TARGET.replace('"Parchment", able, place,', '"Parchment", able, {},'))
    (tmp_path / "policy.ndr").write_text(POLICY)
    done = run(tmp_path, package)
    assert done.returncode == 0, done.stdout + done.stderr
    written = sorted(path.name for path in (tmp_path / "build").rglob("*.*"))
    assert written == ["manifest.json", "rules.txt"]


def test_the_same_policy_is_an_error_without_the_folder(tmp_path: Path) -> None:
    (tmp_path / "policy.ndr").write_text(POLICY)
    done = subprocess.run(
        [COMMAND, "compile", "policy.ndr", "--out", "build"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "parchment" in done.stdout + done.stderr
    assert not (tmp_path / "build").exists()
