"""Exim and Pigeonhole answer drawn mail for somebody who is away where the reference says that they may."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from nullsender.answering import LIST_FIELDS, PRECEDENCES, SENDERS, SUPPRESSED, is_ordinary
from tests.live.deployment import Deployed, run
from tests.live.lab import Lab
from tests.targets.dovecot.mailbox import mailbox, reachable
from tests.targets.exim.debian import debian
from tests.targets.exim.site import site

pytestmark = pytest.mark.live

Mail = tuple[str, tuple[tuple[str, str], ...]]
SEED, COUNT = 1, 150
STATEMENT = "answer automatically only ordinary mail"
_CHANGES: tuple[Callable[[str], str], ...] = (
    *(str, str, str.upper, str.title),
    *('"{}"'.format, "prvs=0123abcdef={}".format, "x{}".format, "{}x".format),
)
_WORDS = ("joe", "ann", "x", "owner", "request", "17", "owners-x", "bouncer")
_HARMLESS = (
    *(("Auto-Submitted", value) for value in ("no", "No", "NO; by=a-person", "no (a person)")),
    *(("Precedence", value) for value in ("first-class", "special-delivery")),
    *(("X-Auto-Response-Suppress", value) for value in ("DR, RN", "None")),
    *(("List-Of-Things", "<1>"), ("X-List-Id", "<1>")),
)
_TELLING = (
    *(("Auto-Submitted", value) for value in ("auto-generated", "auto-replied (vacation)", "nothing", "none")),
    *(("Precedence", value) for value in (*PRECEDENCES, "Bulk")),
    *(("X-Auto-Response-Suppress", value) for value in (*SUPPRESSED, "oof, DR")),
    *((name, "<https://list.example>") for name in LIST_FIELDS),
)


def drawn() -> tuple[Mail, ...]:
    """Return mails of which none is like another, and in which no field stands twice."""
    dice = random.Random(SEED)  # noqa: S311
    return tuple(dict.fromkeys((_sender(dice), tuple(_fields(dice))) for _ in range(COUNT)))


def _sender(dice: random.Random) -> str:
    if not dice.randrange(10):
        return ""
    word = dice.choice(_WORDS)
    local = word if dice.randrange(3) else dice.choice(SENDERS).replace("*", word)
    return f"{dice.choice(_CHANGES)(local)}@partner.example"


def _fields(dice: random.Random) -> Iterator[tuple[str, str]]:
    names = set[str]()
    for _ in range(dice.randrange(3)):
        name, value = dice.choice(_HARMLESS if dice.randrange(3) else _TELLING)
        if name not in names:
            names.add(name)
            yield dice.choice((name, name.lower())), value


MAILS = drawn()


def written(mail: Mail, folder: Path) -> str:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "joe@partner.example", "alice@example.org", "a test"
    for name, value in mail[1]:
        made[name] = value
    made.set_content("hello\n")
    (folder / "mail").write_bytes(made.as_bytes())
    return str(folder / "mail")


def test_what_is_drawn_is_answered_often_and_often_not() -> None:
    ordinary = sum(is_ordinary(*mail) for mail in MAILS)
    assert len(MAILS) / 4 < ordinary < len(MAILS) * 3 / 4


@pytest.fixture(scope="module", name="_exim")
def exim(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("answers")
    with site(lab, folder, STATEMENT, standalone=False, prepare=lambda: debian(split=True)) as running:
        yield running


@pytest.mark.usefixtures("_exim")
def test_exims_routers_ask_what_the_reference_asks(tmp_path: Path) -> None:
    wrong = []
    for mail in MAILS:
        said = run("exim4", "-bem", written(mail, tmp_path), "-f", f"<{mail[0]}>", "NULLSENDER_ANSWERS").strip()
        if (said == "true") is not is_ordinary(*mail):
            wrong.append((mail, said))
    assert wrong == [], "\n".join(map(repr, wrong))


def test_pigeonhole_answers_nothing_else(tmp_path: Path) -> None:
    """It does not answer either where `Auto-Submitted` is there and not just `no`.

    `sieve-test` takes no null sender: whom the delivery agent leaves without an answer stands in the live tests.
    """
    wrong = []
    with reachable(tmp_path.name) as folder:
        mailbox(folder, tmp_path, "only ordinary mail")
        where = ["-c", str(folder / "dovecot.conf"), "-e", "-s", str(folder / "answers.sieve")]
        for mail in (mail for mail in MAILS if mail[0]):
            envelope = ["-f", mail[0], "-r", "alice@example.org", "-a", "alice@example.org"]
            said = run("sieve-test", *where, *envelope, str(folder / "away.sieve"), written(mail, folder))
            stricter = any(name.lower() == "auto-submitted" and value.lower() != "no" for name, value in mail[1])
            if ("vacation action: sent vacation response" in said) is not (is_ordinary(*mail) and not stricter):
                wrong.append((mail, said))
    assert wrong == [], "\n".join(map(repr, wrong))
