from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nullsender.manifest import line_ranges
from nullsender.target import Origin


def test_lines_of_an_id_are_written_as_ranges() -> None:
    origins = [Origin(line, "a") for line in (9, 3, 4, 5, 3, 11, 12)] + [Origin(4, "b")]
    assert line_ranges(origins) == {"a": "3-5 9 11-12", "b": "4"}


@given(st.sets(st.integers(1, 60), min_size=1))
def test_ranges_say_the_same_lines_again(lines: set[int]) -> None:
    written = line_ranges(Origin(line, "x") for line in lines)["x"]
    read = set[int]()
    for run in written.split(" "):
        first, _, last = run.partition("-")
        read |= set(range(int(first), int(last or first) + 1))
    assert read == lines
