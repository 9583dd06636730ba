"""Hold the script that reads what bounces return to the evaluator's reader, for messages of any shape."""

from __future__ import annotations

import subprocess
from importlib import resources
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullsender.asking import _WORD, _needs_no_original, _values
from nullsender.message import read_message
from nullsender.mime import decoded, header
from tests.evaluation.corpora import Row, rows
from tests.targets.exim.bounces import BODIES

SCRIPT = resources.files("nullsender_targets.exim") / "scripts" / "returned.pl"
ID = "1xWMWy-0000Rh-1z"
PIECES = (
    "\n",
    "\n\n",
    "--b\n",
    "--b--",
    "Received:",
    "message-id: <1@a.example>\n",
    "> ",
    " ",
    "=",
    "base64",
    "From ",
    "\r",
)


def wanted(octets: bytes) -> str:
    """Return what the script has to say of a message."""
    message = read_message(octets)
    lines = [value for name in ("Received", "Message-ID") for value in _values(message.returned or (), name)]
    if not lines or _needs_no_original(message):
        return "nothing"
    labels = [word.lower().split(".") for line in lines for word in _WORD.findall(line)]
    names = {".".join(word[first:]) for word in labels for first in range(len(word))}
    return "\n".join(("!report" if message.report else "!bounce", *sorted(names)))


def said(octets: bytes, spool: Path) -> str:
    """Return what the script says, with its names sorted."""
    text = decoded(octets)
    body = header(text)[1]
    head = text.removesuffix(body)
    (spool / "input").mkdir(exist_ok=True)
    (spool / "input" / f"{ID}-D").write_bytes(f"{ID}-D\n{body}".encode("utf-8", "surrogateescape"))
    command = ("/usr/bin/perl", str(SCRIPT), str(spool), ID)
    done = subprocess.run(
        [*map(str.encode, command), head.encode("utf-8", "surrogateescape")],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == b""
    first, *names = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    return "\n".join((first, *sorted(names)))


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_bounces_of_many_shapes_are_read_alike(number: int, spool: Path) -> None:
    octets = f"X-Lab: 1\n{BODIES[number]}".encode()
    assert said(octets, spool) == wanted(octets)


@settings(max_examples=150)
@given(st.sampled_from(BODIES), st.randoms(use_true_random=False), st.integers(1, 4))
def test_whatever_happens_to_a_bounce_is_read_alike(spool: Path, body: str, random: Random, times: int) -> None:
    for _ in range(times):
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.choice(("", *PIECES)) + body[at + random.choice((0, 0, 1, 20)) :]
    octets = f"X-Lab: 1\n{body}".encode()
    assert said(octets, spool) == wanted(octets.replace(b"\r\n", b"\n"))


def test_a_large_message_takes_little_time(spool: Path) -> None:
    for line in ("a" * 70, "Received: x", "--b", "> ", "=41" * 20, ""):
        octets = BODIES[0].replace("Ignored.", f"{line}\n" * 50_000).encode()
        assert said(octets, spool)


@pytest.mark.corpora
def test_real_mail_is_read_alike(spool: Path) -> None:
    assert [row.name for row in rows() if not _alike(row, spool)] == []


def _alike(row: Row, spool: Path) -> bool:
    octets = row.message.octets or b""
    return said(octets, spool) == wanted(octets)
