from __future__ import annotations

from pathlib import Path

import pytest

from nullsender.reading import LARGEST, LONGEST_LINE, decode, read_source
from tests.language.texts import said


def codes(octets: bytes) -> list[str]:
    return said(decode("policy.ndr", octets)[1])


def test_a_byte_order_mark_is_dropped() -> None:
    source, found = decode("policy.ndr", b'\xef\xbb\xbfpolicy "x"')
    assert source is not None
    assert (source.text, found) == ('policy "x"', ())


def test_tabs_and_both_kinds_of_line_ends_are_kept() -> None:
    source, _ = decode("policy.ndr", b"a\tb\r\nc\n")
    assert source is not None
    assert source.text == "a\tb\r\nc\n"


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (b"a\x00b", "U+0000"),
        (b"a\x1b[31mb", "U+001B"),
        (b"a\rb", "U+000D"),
        (b"a\x7fb", "U+007F"),
        ("a\u0085b".encode(), "U+0085"),
        ("a\u202eb".encode(), "U+202E"),
        ("a\u2067b".encode(), "U+2067"),
        ("a\u2028b".encode(), "U+2028"),
    ],
)
def test_control_characters_are_refused_where_they_stand(octets: bytes, shown: str) -> None:
    source, (found,) = decode("policy.ndr", octets)
    assert source is None
    assert found.code == "NS103"
    assert shown in found.message
    assert found.span is not None
    assert (found.span.first.line, found.span.first.column) == (1, 2)


def test_what_is_not_utf8_is_shown_with_line_and_octet() -> None:
    source, (found,) = decode("policy.ndr", 'policy "x"\n# ä caf'.encode() + b"\xe9 au lait\n")
    assert source is None
    assert (found.code, "0xe9" in found.message) == ("NS102", True)
    assert found.span is not None
    assert (found.span.first.line, found.span.first.column) == (2, 8)


@pytest.mark.parametrize("octets", [b"\xff", b"abc\xe9", b"\xc3", b"\n\n\xff\xfe"])
def test_an_octet_that_is_not_utf8_has_a_place_at_the_ends_of_files_too(octets: bytes) -> None:
    assert [d.code for d in decode("policy.ndr", octets)[1]] == ["NS102"]
    assert codes(octets)[0].startswith("NS102 \ufffd")


def test_a_file_of_twice_the_size_that_is_read_is_refused_without_reading_it() -> None:
    assert codes(b"#\n" * LARGEST) == ["NS104 : `policy.ndr` is larger than 16 MB"]


def test_a_line_of_50_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "policy.ndr"
    path.write_bytes(b"x" * 50_000_000)
    source, (found,) = read_source(path)
    assert (source, found.code) == (None, "NS104")


def test_a_line_longer_than_anybody_writes_is_refused_where_it_stands() -> None:
    source, (found,) = decode("policy.ndr", b"# first\n" + b"x" * (LONGEST_LINE + 1) + b"\n")
    assert source is None
    assert found.code == "NS104"
    assert found.span is not None
    assert found.span.first.line == 2


def test_a_missing_file_a_folder_and_an_impossible_name_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.ndr", tmp_path, tmp_path / "a\0b", tmp_path / ("x" * 5000)):
        source, (found,) = read_source(path)
        assert (source, found.code) == (None, "NS101")


def test_a_source_has_the_name_that_the_user_gave() -> None:
    source, _ = decode("some/where.ndr", b"")
    assert source is not None
    assert source.name == "some/where.ndr"
