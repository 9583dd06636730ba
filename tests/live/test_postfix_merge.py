"""A fragment joins main.cf and master.cf, and leaves them as they were."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.deployment import compile_tree, run
from tests.live.lab import Lab
from tests.targets.postfix.owner import HOME, POLICY, furnish

pytestmark = pytest.mark.live

MERGE = HOME / "nullsender/merge.sh"


def state() -> tuple[str, str]:
    return run("postconf", "-n"), run("postconf", "-M")


@pytest.fixture
def furnished(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """Give a machine with an owner's Postfix, and the fragment lying there but not merged."""
    lab.fresh()
    furnish()
    compile_tree(POLICY, "mx", tmp_path / "out", standalone=False, verify=False)
    yield tmp_path / "out/mx"
    lab.fresh()


def test_applying_twice_changes_nothing(furnished: Path) -> None:
    run("sh", str(furnished / "apply.sh"))
    once = state()
    assert "nothing has changed" in run("sh", str(furnished / "apply.sh"))
    run("sh", str(MERGE))
    assert state() == once


def test_undoing_brings_the_owners_configuration_back(furnished: Path) -> None:
    before = state()
    run("sh", str(furnished / "apply.sh"))
    assert state() != before
    assert run("postconf", "-h", "nullsender_site_recipient_restrictions").strip() == "permit_mynetworks, owners_class"
    assert run("postconf", "-h", "smtpd_restriction_classes").startswith("owners_class, nullsender_")
    run("sh", str(MERGE), "undo")
    assert state() == before
    assert run("postconf", "-h", "bounce_size_limit").strip() == "77000"


def test_what_postfix_refuses_is_put_back(furnished: Path) -> None:
    before = (HOME / "main.cf").read_bytes(), (HOME / "master.cf").read_bytes()
    script = furnished / "postfix/nullsender/main.cf.change"
    script.write_text(script.read_text() + "set nonsense_parameter = yes\n")
    done = subprocess.run(["sh", str(furnished / "apply.sh")], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "unused parameter: nonsense_parameter=yes" in done.stderr
    assert ((HOME / "main.cf").read_bytes(), (HOME / "master.cf").read_bytes()) == before
