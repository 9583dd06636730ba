"""The message of a session is written as its file has it, but for what is no part of it."""

from __future__ import annotations

import pytest

from nullsender.lab.composing import compose
from nullsender.session import Message, Session

MESSAGE = b"From: joe@partner.example\r\nSubject: a test\r\n\r\nFrom here on\r\n"


@pytest.mark.parametrize(
    "line", [b"", b"From joe@partner.example Thu Jan  1 00:00:00 2026\n", b">From a\r\nFrom b\r\n"]
)
def test_a_file_goes_out_as_it_is_but_for_the_lines_of_mbox(line: bytes) -> None:
    id_, octets = compose(Session(("alice@example.org",), message=Message(octets=line + MESSAGE), score=8.5))
    assert octets == f"X-Lab-Id: {id_}\nX-Lab-Score: 8.5\n".encode() + MESSAGE
