"""The engine's reader, run by rspamadm, reads messages of any shape as the evaluator's does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from random import Random

import pytest

from nullsender.message import read_message
from nullsender.session import Fields
from tests.evaluation.corpora import rows
from tests.targets.exim.bounces import BODIES

pytestmark = pytest.mark.live

SCRIPT = Path(__file__).parents[1] / "targets" / "rspamd" / "reading.lua"
ENGINE = resources.files("nullsender_targets.rspamd") / "engine"
MANY = 1500
LINES = (
    *("", "--b", "--b--", " ", "> x", "From a", "Content-Type: message/rfc822", "Content-Type: text/rfc822-headers"),
    *("Content-Type: multipart/report; report-type=delivery-status; boundary=b", "Content-Type:", "Action: delayed"),
    *('Content-Type: multipart/mixed; boundary="b"', "Content-Type: multipart/digest; boundary=b", "\x00", "\r"),
    *("Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "=", "=41=\xe4==4", "QUJD=D"),
    *("Received: from a by b.example", "message-id: <1@a.example>", "Content-Type: message/delivery-status"),
)


def mutated(source: Random) -> bytes:
    """Return a bounce in which some lines were left out, doubled, broken, indented, or replaced by others."""
    lines = f"X-Lab: 1\n{source.choice(BODIES)}".split("\n")
    for _ in range(source.randint(1, 5)):
        at = source.randrange(len(lines))
        line = lines[at]
        other = source.choice(LINES)
        lines[at : at + 1] = source.choice(
            ([], [line, line], [line[: len(line) // 2]], [f" {line}"], [line, other], [other]),
        )
        lines = lines or [""]
    return ("\r\n" if source.random() < 0.3 else "\n").join(lines).encode("latin-1", "replace")


def read_by_engine(messages: Iterable[bytes], folder: Path) -> list[tuple[str, ...]]:
    home = folder / "nullsender"
    home.mkdir()
    (home / "engine").symlink_to(str(ENGINE))
    paths = []
    for number, octets in enumerate(messages):
        paths.append(folder / f"{number}.eml")
        paths[-1].write_bytes(octets)
    done = subprocess.run(
        ["rspamadm", "lua", "-b", str(SCRIPT)],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "ENGINE": str(folder)},
    )
    assert "error" not in done.stderr.lower()
    return [tuple(line.split("\t")[1:]) for line in done.stdout.splitlines()]


def read_by_evaluator(octets: bytes) -> tuple[str, ...]:
    message = read_message(octets)
    return message.report or "-", str(message.delayed).lower(), printed(message.returned), printed(message.fields)


def printed(fields: Fields | None) -> str:
    def in_hex(text: str) -> str:
        return text.encode("utf-8", "surrogateescape").hex()

    return "-" if fields is None else f"[{','.join(f'{in_hex(n.lower())}:{in_hex(v)}' for n, v in fields)}]"


def differing(messages: list[bytes], folder: Path) -> list[bytes]:
    found = read_by_engine(messages, folder)
    assert len(found) == len(messages)
    return [one for one, read in zip(messages, found, strict=True) if read != read_by_evaluator(one)]


def test_broken_messages_are_read_alike(tmp_path: Path) -> None:
    source = Random(1)  # noqa: S311  # nothing secret
    messages = [*(f"X-Lab: 1\n{body}".encode() for body in BODIES), *(mutated(source) for _ in range(MANY))]
    assert differing(messages, tmp_path) == []


def test_messages_that_were_made_to_take_long_take_no_time(tmp_path: Path) -> None:
    report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2_000))
    messages = [
        f"X-A: a{' ' * 2_000_000}b\n{report}",
        f"{report}Content-Type: text/rfc822-headers\n\nReceived: {'a.' * 1_000_000}b\n".replace("\n", "\r\n"),
        f"{report}\n{'> ' * 1_000_000}\n" + "Received:\n\n" * 200_000,
        f"{report}Content-Type: text/rfc822-headers\n\n" + "Received: from a by b.example\n" * 100_000,
        f"{report}{deep}",
        f"{report}Content-Transfer-Encoding: quoted-printable\n\n{'=' * 3_000_000}",
        'Content-Type: multipart/report; x="' + "\\a" * 500_000 + "\n\n" + "--\n" * 500_000,
    ]
    assert differing([one.encode() for one in messages], tmp_path) == []


@pytest.mark.corpora
def test_real_mail_is_read_alike(tmp_path: Path) -> None:
    messages = [row.message.octets for row in rows() if row.message.octets]
    assert len(messages) > 1000
    assert differing(messages, tmp_path) == []
