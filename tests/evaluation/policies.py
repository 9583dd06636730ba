"""Small policies, and sessions with them, for tests of the evaluator."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from nullsender.evaluator import evaluate
from nullsender.frontend import read_policy
from nullsender.lists import read_lists
from nullsender.policy import Policy
from nullsender.session import Session
from nullsender.verdict import Verdict

SITE = """policy "site"
domains   mine   = example.org, example.net
networks  office = 192.0.2.0/24
addresses silent = noreply@example.org, newsletter@example.org
recipients of mine from live file "/etc/mail/people"
recipients of catchall.example are anyone
subaddresses begin with +
trust clients in office
keep abuse reachable
"""
END = "\ndeploy mx1 to postfix 3.7 with rspamd 3.4\n"
KNOWN = frozenset(f"{name}@example.org" for name in ("alice", "bob", "noreply", "newsletter", "abuse"))


@cache
def policy(rules: str, on: date = date(2026, 1, 1)) -> Policy:
    """Return the policy of the site with some rules."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "policy.ndr")
        path.write_text(SITE + rules + END)
        found, wrong = read_policy(path, on)
    assert found is not None, [d.message for d in wrong]
    return found


def decide(rules: str, *recipients: str, lookups: bool = True, deployment: str = "mx1", **facts: Any) -> Verdict:
    """Return the verdict on a session; alice, bob, noreply, newsletter and abuse exist."""
    session = Session(recipients or ("alice@example.org",), known=KNOWN)
    read, (ready,) = read_lists(policy(rules), [replace(session, **facts)], live=lookups)
    return evaluate(read, ready, deployment)


def words(verdict: Verdict) -> tuple[str, ...]:
    """Return what became of each recipient: `accept`, `reject 550 at rcpt by RULE`."""
    shown = []
    for recipient, _ in verdict.recipients:
        decision = verdict.of(recipient)
        code = f" {decision.reply.code}" if decision.reply and decision.outcome.refuses else ""
        where = f" at {decision.stage.word} by {decision.rule}" if decision.stage else ""
        shown.append(f"{decision.outcome.value}{code}{where}")
    return tuple(shown)
