"""Show Exim messages of odd shapes, and hold it to what the evaluator reads in their header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nullsender.agreement import disagreements
from nullsender.evaluator import evaluate
from nullsender.lab.playing import Player
from nullsender.lists import read_lists
from nullsender.message import read_message
from nullsender.session import Session
from tests.live.deployment import Deployed, deployed
from tests.live.lab import Lab
from tests.targets.exim.bounces import BODIES

pytestmark = pytest.mark.live

POLICY = r"""
policy "content"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
tag "X-Empty: yes" mail when header "X-Kind" matches /^$/
tag "X-Filled: yes" mail when header "x-kind" matches /./
tag "X-Odd: yes" mail when header "X-KIND" matches /^odd$/
tag "X-Two: yes" mail when header "X-Kind" matches /^odd\s+even$/i
tag "X-Spans: yes" mail when header "X-Kind" matches /odd[^x]*even/
tag "X-Octets: yes" mail when header "X-Kind" matches /\xc3\xbc$/
tag "X-Umlaut: yes" mail when header "X-Kind" matches /grün/
tag "X-Braces: yes" mail when header "X-Kind" matches /^\$\{?[{}]*\\N"'$/
tag "X-Plain: yes" mail when not header "X-Kind" matches /odd/
tag "X-Through: yes" mail when header "Received" matches /^from .*partner/
tag "X-Not-Through: yes" mail when not header "Received" matches /exim/i
tag "X-Strange: yes" mail when header "X-{$}\\N" matches /strange/
tag "X-DSN: yes" mail when report is delivery-status
tag "X-Receipt: yes" mail when report is disposition-notification
tag "X-No-DSN: yes" mail when not report is delivery-status
hosts ours = liar.example, *.liars.example
tag "X-Forged: yes" forged bounces of ours
accept forged bounces of ours
tag "X-Genuine: yes" mail at content
deploy ex to exim 4.96
"""
HEADERS = (
    *(
        "X-Kind:",
        "X-Kind: ",
        "X-Kind:\n ",
        "X-Kind: odd",
        "x-KIND:odd",
        "X-Kind: odd ",
        "X-Kind:\todd\n",
        "X-Other: odd",
    ),
    *("X-Kind: odd\n even", "X-Kind: odd\n\tEVEN", "X-Kind: odd\nX-Kind: even", "X-Kind:\nX-Kind: odd\nX-Kind:"),
    *("X-Kind: odd\nX-Other: 1\nX-Kind: x\n even", "X-Kind: =odd", "X-Kind: =?utf-8?q?odd?=", "X-Kind: gr\xfcn"),
    *(
        "X-Kind: gr\xfc",
        "X-Kind: ${\\N\"'",
        "X-Kind: $\\N\"'",
        "X-Kind: odd\x0b",
        "X-Kinds: odd",
        "X-Kind-X: odd",
        "X-Kind : odd",
    ),
    *("X-Kind: " + "long " * 300 + "odd", "X-{$}\\N: strange", "X-Kind: odd; even", "X-Kind: odd:even"),
    "Received: from mx.partner.example by b.example\n with ESMTP; Thu, 01 Jan 2026 00:00:00 +0000",
    "Received: from a by b (Exim 4.96) id 1; Thu, 01 Jan 2026 00:00:00 +0000",
)
TYPES = (
    "multipart/report; report-type=delivery-status; boundary=b",
    "Multipart/Report ;\n  boundary=b ;\n\tREPORT-TYPE = \"Delivery-Status\"",
    "multipart/report; boundary=b; report-type=delivery-status-2",
    "multipart/report; boundary=\"report-type=delivery-status\"",
    "multipart/report; x=\"a;report-type=delivery-status\"; report-type=disposition-notification",
    "multipart/report; report-type=disposition-notification; report-type=delivery-status",
    "multipart/report; report-type=; report-type=delivery-status",
    'multipart/report; report-type=""; report-type=delivery-status',
    'multipart/report; report-type="delivery\\-status"',
    "multipart/report; report-type=delivery-status(comment)",
    "multipart/reports; report-type=delivery-status",
    "multipart/report report-type=delivery-status",
    "multipart/mixed; report-type=delivery-status",
    "multipart/report;report-type=delivery-status;",
    "multipart/report",
    "multipart/report\nContent-Type: text/plain; report-type=delivery-status",
    "text/plain\nContent-Type: multipart/report; report-type=delivery-status",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    policy = tmp_path_factory.mktemp("content") / "policy.ndr"
    policy.write_text(POLICY)
    with deployed(lab, policy, "ex") as ex:
        yield ex


def otherwise(running: Deployed, message: str | bytes, sender: str = "joe@partner.example") -> list[str]:
    """Return what of a message is not decided as the evaluator decides it."""
    octets = message.encode().replace(b"\n", b"\r\n") if isinstance(message, str) else message
    session = Session(("alice@example.org",), sender, message=read_message(octets))
    seen = Player(running).play(session)
    policy, (session,) = read_lists(running.policy, [session])
    verdict = evaluate(policy, session, running.plan.name)
    return list(map(str, disagreements(verdict, seen, policy, running.plan, running.signs(), session)))


@pytest.mark.parametrize("header", HEADERS)
def test_fields_are_read_as_the_evaluator_reads_them(running: Deployed, header: str) -> None:
    assert otherwise(running, f"From: joe@partner.example\n{header}\nSubject: a test\n\nHello.\n") == []


@pytest.mark.parametrize("value", TYPES)
def test_types_of_reports_are_read_as_the_evaluator_reads_them(running: Deployed, value: str) -> None:
    assert otherwise(running, f"From: joe@partner.example\nContent-Type: {value}\n\n--b\n\nHello.\n--b--\n") == []


@pytest.mark.parametrize("sender", ["", "joe@partner.example"])
@pytest.mark.parametrize("number", range(len(BODIES)))
def test_what_came_back_is_read_as_the_evaluator_reads_it(running: Deployed, number: int, sender: str) -> None:
    assert otherwise(running, BODIES[number], sender) == []


def test_a_rule_on_a_header_too_long_to_be_seen_does_not_apply_where_it_cannot_tell(running: Deployed) -> None:
    fields = "".join(f"X-Long: {'a' * 900}\n" for _ in range(80))
    found = otherwise(running, f"From: joe@partner.example\nX-Kind: odd\n{fields}X-{{$}}\\N: strange\n\nHello.\n")
    unseen = {"X-Strange": "yes", "X-Genuine": "yes", "X-Not-Through": "yes", "X-No-DSN": "yes"}
    assert sorted(found) == sorted(f"tag of the message: expected `{k}: {v}`, got no `{k}`" for k, v in unseen.items())


def test_a_script_that_cannot_run_defers_what_may_be_a_bounce_and_recovers(running: Deployed) -> None:
    script = Path("/etc/exim4/nullsender/returned.pl")
    written, message = script.read_text(), BODIES[1].encode()
    for broken in (None, "die 'broken';\n", "kill 9, $$;\n", "exit 0;\n"):
        script.unlink()
        if broken:
            script.write_text(broken)
        last = running.lab.attempt("", ["alice@example.org"], message).last
        assert (last.code, last.rule) == (451, None if "kill" in (broken or "") else "returned"), broken
        assert running.lab.attempt("joe@partner.example", ["alice@example.org"], b"Subject: x\n\nx\n").accepted
        script.write_text(written)
        assert otherwise(running, BODIES[1], "") == []
