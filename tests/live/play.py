"""Play a scenario to a running deployment and compare what the server does with what is expected."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import localtime
from itertools import count

from nullsender import syntax as s
from nullsender.lab.dialogue import Attempt
from nullsender.lab.playing import as_sent
from nullsender.lab.replies import Reply
from nullsender.lab.sink import Received
from nullsender.policy import Into
from tests.live.deployment import Deployed
from tests.live.scenario import Scenario

SCORE_HEADER = "X-Lab-Score"  # the filter's own score, as far as the lab is concerned
_CLASS = {"reject": 5, "defer": 4}
_numbers = count(1)


def play(deployed: Deployed, scenario: Scenario) -> Attempt:
    """Hold the dialogue, and raise AssertionError where an expectation is not met."""
    lab = deployed.lab
    lab.sink.clear()
    lab.resolver.nameless = {scenario.client} if scenario.nameless else set()
    lab.resolver.silent = set(scenario.silent)
    mark = deployed.mark()
    message = compose(scenario)
    try:
        attempt = lab.attempt(
            as_sent(scenario.sender), scenario.recipients, message.as_bytes(), scenario.client, scenario.helo
        )
        for expected in scenario.expectations:
            _compare(deployed, scenario, attempt, str(message["Message-ID"]), expected, mark)
    except (AssertionError, OSError) as error:
        error.add_note(f"What was logged:\n{deployed.log_since(mark)}")
        raise
    return attempt


def compose(scenario: Scenario) -> EmailMessage:
    """Return a message with the headers that the scenario names, and a Message-ID that is seen once."""
    message = EmailMessage()
    given = {name.lower() for name, _ in scenario.headers}
    fields = [
        ("From", as_sent(scenario.sender) or "MAILER-DAEMON@partner.example"),
        ("To", ", ".join(scenario.recipients)),
        ("Subject", scenario.name),
        ("Date", localtime()),
        ("Message-ID", f"<{next(_numbers)}@client.example>"),
    ]
    for name, value in (*(field for field in fields if field[0].lower() not in given), *scenario.headers):
        message[name] = value
    if scenario.score is not None:
        message[SCORE_HEADER] = f"{scenario.score:g}"
    message.set_content("Hello.\n")
    return message


def _compare(
    deployed: Deployed,
    scenario: Scenario,
    attempt: Attempt,
    id_: str,
    expected: s.ExpectVerdict,
    mark: tuple[str, ...],
) -> None:
    recipients = tuple(word.text for word in expected.mailboxes) or scenario.recipients
    verdict = expected.verdict.text
    if verdict in _CLASS:
        for recipient in recipients:
            _refused(deployed, _settling(attempt, recipient, expected), expected)
        if expected.by:
            signs = deployed.marks(expected.by.text)
            assert deployed.logged(signs, mark), f"not in the log: {signs}"
    else:
        assert attempt.accepted, f"expected {verdict}, the server said {attempt.last}"
        for recipient in recipients:
            assert attempt.of(recipient).positive, f"{recipient}: {attempt.of(recipient)}"
        _after_acceptance(deployed, recipients, id_, expected)
    for rule in expected.reporting:
        assert deployed.logged(f"[{rule.text}]", mark), f"the report of {rule.text} is not in the log"


def _settling(attempt: Attempt, recipient: str, expected: s.ExpectVerdict) -> Reply:
    """Return the reply that settled the matter for a recipient, at the moment at which it is expected."""
    at_rcpt = attempt.of(recipient)
    if expected.stage is None:
        return at_rcpt if not at_rcpt.positive else attempt.last
    if expected.stage.text == "rcpt":
        return at_rcpt
    assert at_rcpt.positive, f"refused at rcpt already: {at_rcpt}"
    return attempt.last


def _refused(deployed: Deployed, reply: Reply, expected: s.ExpectVerdict) -> None:
    assert reply.code // 100 == _CLASS[expected.verdict.text], f"expected {expected.verdict.text}, got {reply}"
    if expected.code:
        assert reply.code == int(expected.code.text), f"expected {expected.code.text}, got {reply}"
    if expected.enhanced:
        assert reply.enhanced == expected.enhanced.text, f"expected {expected.enhanced.text}, got {reply}"
    if expected.by:
        id_ = expected.by.text
        assert any(mark in reply.text for mark in deployed.marks(id_)), f"expected [{id_}], got {reply}"
        promised = deployed.replies(id_)
        assert promised is None or (reply.code, reply.enhanced) in promised, f"expected {promised}, got {reply}"
        words = deployed.rule(id_).reply.text
        assert words is None or words in reply.text, f"expected {words!r}, got {reply}"


def _after_acceptance(deployed: Deployed, recipients: tuple[str, ...], id_: str, expected: s.ExpectVerdict) -> None:
    sink, verdict = deployed.lab.sink, expected.verdict.text
    if verdict == "discard":
        assert not sink.comes(lambda mail: mail.id == id_, seconds=1)
        return
    quarantine = deployed.policy.quarantine
    if verdict == "quarantine" and quarantine.into is Into.HOLD:
        assert not sink.comes(lambda mail: mail.id == id_, seconds=1)
        return
    wanted = [quarantine.address or ""] if verdict == "quarantine" and quarantine.into is Into.ADDRESS else recipients
    for recipient in wanted:
        mail = sink.wait(lambda mail: mail.id == id_ and recipient in mail.recipients)  # noqa: B023  # called at once
        junk = verdict == "quarantine" and quarantine.into is Into.JUNK
        assert (str(mail.message["X-Spam"]).strip() == "Yes") == junk, mail.octets.decode(errors="replace")
        for header in expected.tagged:
            _carries(mail, header.value)


def _carries(mail: Received, header: str) -> None:
    name, _, value = header.partition(":")
    assert [str(v).strip() for v in mail.message.get_all(name, [])] == [value.strip()], mail.octets.decode()
