"""Beside an owner's configuration SPF and DMARC are what they are, whatever his modules leave out."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender.lab.composing import compose
from nullsender.lab.publishing import author_of, published
from nullsender.message import read_message
from nullsender.session import Session
from nullsender_targets.rspamd.placement import placements
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import part, rule
from tests.targets.rspamd.running import HOME, Running, merge, place, running

pytestmark = pytest.mark.live

RULES = (
    *(rule(f"spf-{one}", p.Reject(), c.SpfIs(one), report_only=True) for one in ("pass", "fail", "none", "error")),
    *(
        rule(f"dmarc-{one}", p.Reject(), c.DmarcIs(one), report_only=True)
        for one in ("pass", "reject", "none", "error")
    ),
)
MAIL = Session(("alice@example.org",), "joe@partner.example", "198.51.100.9")
PRIVATE = "10.1.2.3"


@contextmanager
def beside(lab: Lab, **files: str) -> Iterator[Running]:
    lab.fresh()
    for name, text in files.items():
        (HOME / "local.d" / f"{name}.conf").write_text(text)
    with running(part(*RULES, standalone=False)) as it:
        yield it


def results(lab: Lab, rspamd: Running, session: Session) -> set[str]:
    records = published(session, author_of(session))
    lab.resolver.texts, lab.resolver.failing = records.texts, records.failing
    _, octets = compose(session)
    body = octets.partition(b"\n\n")[2].decode().replace("\n", "\r\n")
    mail = Mail(session.sender, session.recipients, session.client, headers=read_message(octets).fields, body=body)
    log = rspamd.log_of(mail)
    return {one.id for one in RULES if f"would reject [{one.id}]" in log}


def session(spf: str = "none", dmarc: str = "none", client: str = MAIL.client) -> Session:
    return Session(MAIL.recipients, MAIL.sender, client, spf=spf, dmarc=dmarc)


def test_results_are_those_of_the_stock_modules(lab: Lab) -> None:
    with beside(lab) as rspamd:
        assert results(lab, rspamd, session("fail", "reject")) == {"spf-fail", "dmarc-reject"}
        assert results(lab, rspamd, session("pass", "pass")) == {"spf-pass", "dmarc-pass"}
        assert results(lab, rspamd, session("error", "error")) == {"spf-error", "dmarc-error"}
        assert results(lab, rspamd, session()) == {"spf-none", "dmarc-none"}
        # what the module of DMARC skips stays open
        assert results(lab, rspamd, session("fail", "reject", PRIVATE)) == {"spf-fail"}


RECORDS = {
    "v=spf1 redirect=nothing.invalid": "error",
    "v=spf1 include:silent.example -all": "error",
    "v=spf1 a:silent.example -all": "fail",  # it has no address; only its TXT fails
    "v=spf1": "error",
    "v=spf1 ip4:198.51.100.9 include:silent.example -all": "pass",
    "v=spf1 ip4:198.51 -all": "fail",  # rspamd passes over what it cannot read
    "spf1 -all": "none",
}


def test_records_are_read_as_rspamd_reads_them(lab: Lab) -> None:
    with beside(lab) as rspamd:
        lab.resolver.failing = frozenset({"silent.example"})
        for record, result in RECORDS.items():
            lab.resolver.texts = {"partner.example": record}
            log = rspamd.log_of(Mail(MAIL.sender, client=MAIL.client))
            assert re.findall(r"would reject \[spf-(\w+)\]", log) == [result], record


def test_spf_is_asked_whatever_the_owner_leaves_out(lab: Lab) -> None:
    with beside(lab, spf='whitelist = ["198.51.100.0/24"];\n') as rspamd:
        assert "spf-fail" in results(lab, rspamd, session("fail"))


def test_rules_on_dmarc_need_its_module(lab: Lab) -> None:
    lab.fresh()
    (HOME / "local.d" / "dmarc.conf").write_text("enabled = false;\n")
    place(part(*RULES, standalone=False))
    merge(part(*RULES, standalone=False))
    check = placements["debian"].sound[0]
    done = subprocess.run(["sh", "-c", f"set -eu\n{check}"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "nullsender: rules ask for DMARC, and rspamd's module for it is off" in done.stderr
    with beside(lab, dmarc="enabled = false;\n") as rspamd:
        assert results(lab, rspamd, session("fail", "reject")) == {"spf-fail"}
