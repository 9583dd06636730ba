from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from nullsender import difference
from nullsender.difference import Change, Chunks, Kind, compare, summary


def chunks(text: str, size: int = 7) -> Chunks:
    octets = text.encode()

    def give() -> Iterator[bytes]:
        return (octets[at : at + size] for at in range(0, len(octets), size))

    return give


def changes(old: dict[str, str], new: dict[str, str]) -> list[Change]:
    return list(compare({k: chunks(v) for k, v in old.items()}, {k: chunks(v, 3) for k, v in new.items()}))


def test_equal_files_are_no_difference_however_they_are_cut() -> None:
    found = changes({"a": "one\ntwo\n", "b": ""}, {"a": "one\ntwo\n", "b": ""})
    assert found == []
    assert summary(found) == "no difference"


def test_a_changed_an_added_and_a_removed_file() -> None:
    found = changes({"a": "1\n2\n3\n", "gone": "x\n"}, {"a": "1\nzwei\n3\n", "new": "y\nz"})
    assert "".join(line for change in found for line in change.shown) == (
        "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+zwei\n 3\n"
        "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "--- /dev/null\n+++ b/new\n@@ -0,0 +1,2 @@\n+y\n+z\n\\ No newline at end of file\n"
    )
    assert [change.kind for change in found] == [Kind.CHANGED, Kind.REMOVED, Kind.ADDED]
    assert summary(found) == "1 file changed, 1 added, 1 removed; 5 lines"


def test_lines_that_look_like_headers_are_counted_too() -> None:
    (found,) = changes({"a": "-- x\n++ y\n"}, {"a": "@@ z\n"})
    assert found.lines == 3


def test_octets_that_are_no_text_are_spelt_out() -> None:
    (found,) = compare({"a": lambda: iter([b"\xff\n"])}, {"a": chunks("y\n")})
    assert "-\\xff\n" in found.shown


def test_long_files_are_compared_as_sets_of_lines() -> None:
    lines = [f"user{n}@example.org OK\n" for n in range(difference.MOST_LINES + 2)]
    (found,) = changes({"a": "".join(lines)}, {"a": "".join([*lines[:7], *lines[8:], "new\n", "new\n"])})
    assert found.shown == ("--- a/a\n", "+++ b/a\n", "-user7@example.org OK\n", "+new\n", "+new\n")
    assert found.lines == 3


def test_of_many_lines_only_some_are_shown_and_all_are_counted() -> None:
    lines = "".join(f"{n}\n" for n in range(difference.MOST_LINES + 1))
    (found,) = changes({}, {"a": lines})
    assert found.lines == difference.MOST_LINES + 1
    assert found.shown[-1] == f"@@ and {difference.MOST_LINES + 1 - difference.MOST_SHOWN} more lines with + @@\n"


def test_the_same_lines_in_another_order_are_said_to_be_so() -> None:
    lines = [f"{n}\n" for n in range(difference.MOST_LINES + 1)]
    (found,) = changes({"a": "".join(lines)}, {"a": "".join(reversed(lines))})
    assert found.shown[2:] == ("@@ the same lines in another order @@\n",)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_shown_lines_lead_from_the_old_text_to_the_new_one(old: list[str], new: list[str]) -> None:
    found = changes({"f": "".join(f"{x}\n" for x in old)}, {"f": "".join(f"{x}\n" for x in new)})
    assert bool(found) is (old != new)
    body = [line.rstrip("\n") for change in found for line in change.shown[2:]]
    taken = Counter(line[1:] for line in body if line.startswith("-"))
    given_back = Counter(line[1:] for line in body if line.startswith("+"))
    assert Counter(old) + given_back == Counter(new) + taken
    assert sum(change.lines for change in found) == (taken + given_back).total()
