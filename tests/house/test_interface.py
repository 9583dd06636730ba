from datetime import date
from pathlib import Path

import nullsender

EDGE = Path(__file__).parents[2] / "examples" / "edge.ndr"


def test_every_public_name_can_be_had() -> None:
    assert all(getattr(nullsender, name) for name in nullsender.__all__)


def test_a_program_can_compile_a_policy() -> None:
    built = nullsender.build(EDGE, date(2026, 1, 1), standalone=False)
    assert built.good
    assert {output.part.deployment for output in built.outputs} == {"mx1", "mx2"}
