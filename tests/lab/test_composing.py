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


def test_a_field_that_rules_ask_for_is_not_made_up() -> None:
    _, usual = compose(Session(("alice@example.org",)))
    _, asked = compose(Session(("alice@example.org",)), {"message-id"})
    _, given = compose(Session(("alice@example.org",), message=Message((("Message-ID", "<1@a>"),))), {"message-id"})
    assert [octets.lower().count(b"\nmessage-id: ") for octets in (usual, asked, given)] == [1, 0, 1]
