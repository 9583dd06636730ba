"""What is read of real mail, held against an index that others made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.evaluation.corpora import Row, rows

pytestmark = pytest.mark.corpora

REPORTS = {
    "arf": "feedback-report",
    "challenge": "delivery-status",  # where it has the structure of one
    "delay-dsn": "delivery-status",
    "dsn-structured": "delivery-status",
    "mdn": "disposition-notification",
    "success-dsn": "delivery-status",
    "tlsrpt": "tlsrpt",
}
NULL = {"null": True, "null-mbox": True, "addr": False, "addr-mbox": False}


def report(row: Row) -> tuple[object, object]:
    """Compare the report-type with the kind; a challenge that is no report has none."""
    kind = row.said["kind"]
    expected = None if kind == "challenge" and row.said["structured"] == "n" else REPORTS.get(kind)
    return expected, row.message.report


def returned(row: Row) -> tuple[object, object]:
    """Compare what came back by the lines that tell whose it was; nothing and nothing telling are the same."""
    names = {name.lower() for name, _ in row.message.returned or ()}
    said = row.said["ret_mid"] == "y", row.said["ret_received"] == "y"
    return said, ("message-id" in names, "received" in names)


def delayed(row: Row) -> tuple[object, object]:
    return row.said["action"] == "delayed", row.message.delayed


def null_sender(row: Row) -> tuple[object, object]:
    """Compare whether the sender is null, where the index has it on record; a MAILER-DAEMON may be either."""
    empty = row.sender == ""
    return NULL.get(row.said["sender"], empty), empty


# Where the index and the reader differ, and why: each reason with its rows.
OTHER = "the index has the rows of messages from one mailbox at one another's"
OUTER = "the outermost type is no multipart/report with a report-type"
FOLDS = "the index does not read on at a line that has lost its indentation"
SUMMARY = "the index does not count a summary of the message, which has its Message-ID"
FORWARDED = "a bounce that a person forwarded, so that its own header comes first"
DIALOGUE = "no message, but an SMTP session with one, or a message whose header is broken on purpose"
NO_PATH = "its Return-Path is `<null>`, and it comes from MAILER-DAEMON"
BOUNCE = "a bounce, if the index calls it ordinary"
DIFFERENCES: dict[Callable[[Row], tuple[object, object]], dict[str, str]] = {
    report: {
        OTHER: """
            exim-59f906ddff1a exim-b52643326609 exim-d67f81e197f8 exim-1513d9d28be5 exim-6ceb950c2de1
            exim-64e5093c7027 exim-fcf354b3689a exim-4d1a3af2f03c exim-166744e20153
        """,
        OUTER: """
            flufl-edb11c9bdb41 flufl-d0c1dcc4588e flufl-313e5047173d sisimai-dd433e651b18 sisimai-14d540b11760
            sisimai-28608cd431d3 sisimai-92b690881354 sisimai-dfdbb5f6d171 sisimai-225af8b2bc7c sisimai-44c1fee309ee
            sisimai-2cee97cfedca php-bounce-handler-2c63e7a122e5 php-bounce-handler-f7929d74ea10
            php-bounce-handler-6966f501bf95 php-bounce-handler-2f7b580b2b5f sisimai-8fd5132ab6b4 sisimai-e96c01ea758c
            sisimai-3a34b21bd0d3 sisimai-bb8966aa05f5
        """,
    },
    returned: {
        OTHER: """
            exim-59f906ddff1a exim-b52643326609 exim-d67f81e197f8 exim-1513d9d28be5 exim-6ceb950c2de1
            exim-64e5093c7027 exim-fcf354b3689a exim-4d1a3af2f03c exim-166744e20153 exim-e113f3bef9bc
            exim-1a2414ac341e exim-c50858a2dafe exim-82b22f06dc30
        """,
        FOLDS: """
            sisimai-f2c6224b5cd1 sisimai-261e7fda9bca sisimai-74854029e6a3 sisimai-b30a050c4c87 sisimai-5c5d948a411b
        """,
        SUMMARY: "sisimai-d908455cdf79",
        FORWARDED: "sisimai-9cf1e8000347",
        DIALOGUE: "exim-8d36bb5c1c03 exim-d6548868e3e7 spamassassin-2560b8f6ce85 rspamd-9a7b0f428260",
    },
    delayed: {OTHER: "exim-78d7bfcd0402"},
    null_sender: {
        OTHER: """
            exim-09839e1ec28f exim-1513d9d28be5 exim-a321f70db332 exim-61f5f4804140 exim-41a1e4ef94f4
            exim-b18bfce9bf73 exim-c50858a2dafe exim-74730b5b7f4d exim-b2ff4cf79b3b exim-82b22f06dc30
            exim-60fc34e1b03e exim-23bd7183e5d4 exim-0611a3a01e27 exim-0ae44d75d292 exim-30368c4d1fc1
            exim-91880d749f62 exim-166744e20153
        """,
        NO_PATH: "sisimai-866e7e103eb6",
    },
}
BOUNCES_AFTER_ALL = {
    OTHER: "exim-c50858a2dafe exim-82b22f06dc30 exim-166744e20153",
    DIALOGUE: "exim-8d36bb5c1c03 exim-d6548868e3e7 spamassassin-2560b8f6ce85 rspamd-9a7b0f428260",
    BOUNCE: "sisimai-1948938b8014",
}


def names(reasons: dict[str, str]) -> set[str]:
    return {name for rows in reasons.values() for name in rows.split()}


@pytest.mark.parametrize("compare", DIFFERENCES, ids=lambda compare: str(compare.__name__))
def test_real_mail_is_read_as_its_index_says(compare: Callable[[Row], tuple[object, object]]) -> None:
    compared = {row.name: compare(row) for row in rows()}
    assert {name for name, (said, read) in compared.items() if said != read} == names(DIFFERENCES[compare])


def test_ordinary_mail_is_no_bounce_that_returns_something() -> None:
    """A forwarded message has not come back: its sender is not null, and it is no report."""
    ordinary = (row for row in rows() if row.said["label"] in {"plain", "spam"} and row.message.returned is not None)
    found = {row.name for row in ordinary if row.sender == "" or row.message.report is not None}
    assert found == names(BOUNCES_AFTER_ALL)


def test_every_recorded_recipient_is_an_address() -> None:
    recipients = [recipient for row in rows() for recipient in row.recipients]
    assert len(recipients) > len(rows()) / 2
    assert [one for one in recipients if one.count("@") < 1 or one.strip("<>,; ") != one] == []
