"""Play many messages at a time, several in a session, and say what was seen of each."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock

from nullsender import discover
from nullsender.lab.composing import MARK, compose
from nullsender.lab.deployed import Deployed
from nullsender.lab.dialogue import Attempt, Dialogue
from nullsender.lab.lab import Lab
from nullsender.lab.playing import seen as seen_of
from nullsender.lab.sink import Received, nobody
from nullsender.message import read_message
from nullsender.observation import Observed
from nullsender.policy import Policy
from nullsender.session import Session

CLIENTS = 16  # so many speak at a time
_ID = re.compile(rb"\b%s: (lab-\d+)" % MARK.encode())
_BLANK = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_CLIENT = re.compile(r"(?<=\[)[0-9a-f.:]+(?=\])|(?<=ip: )[0-9a-f.:]+")
_TASK = re.compile(r"(?<= )\w{6}-\w{6}-\w\w\b|(?<=: )[0-9A-F]{9,}(?=:)|(?<=<)\w{6}(?=>;)|(?<=qid: <)\w+(?=>)")
_HEADER = re.compile(rb"(?:[!-9;-~]+[ \t]*:.*\n(?:[ \t].*\n)*)*")
_FLUSH = {"postfix": ("postqueue", "-f"), "exim": ("exim4", "-qff")}
_WAITING = {"postfix": ("postqueue", "-p"), "exim": ("exim4", "-bp")}
_LATE = 2  # times that a recipient is deferred who is deferred at all
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One message. `mail` and `rcpt` are parameters of those commands, said where the server knows DSN (RFC 3461).

    `exact` is false where no address is written as it may be: then it is only to do no harm.
    """

    kind: str
    session: Session
    mail: str = ""
    rcpt: str = ""
    exact: bool = True
    id: str = ""
    octets: bytes = b""

    def composed(self) -> Shot:
        id_, octets = compose(self.session)
        return replace(self, id=id_, octets=octets)


Volley = tuple[Shot, ...]  # what one client sends in one session


@dataclass(slots=True)
class Seen:
    """What became of one message: the dialogue, None where the server hung up, its copies, and reports of it."""

    attempt: Attempt | None = None
    copies: list[Received] = field(default_factory=list)
    reports: list[Received] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fallout:
    """All that was seen: of each message by its id, and mail that is of none."""

    seen: dict[str, Seen]
    strange: tuple[Received, ...]
    turned_away: frozenset[str]
    logs: Mapping[str, str]  # what was logged of each client
    seconds: float
    policy: Policy

    def observed(self, shot: Shot) -> Observed:
        """Return what was seen of one message, but for warnings of delay; the log is that of its client."""
        seen = self.seen[shot.id]
        assert seen.attempt is not None, f"the server hung up in {shot.session}"
        mails = (*seen.copies, *(mail for mail in seen.reports if not is_warning(mail)))
        return replace(
            seen_of(shot.session, seen.attempt, shot.id, mails, self.policy),
            turned_away=tuple(to for to in shot.session.recipients if to.lower() in self.turned_away),
            log=self.logs.get(shot.session.client, ""),
        )


def is_warning(mail: Received) -> bool:
    return mail.sender == "" and read_message(mail.octets).delayed


Refusal = Callable[[str], str | None]  # the reply that a recipient is refused with, None where he is not


def fire(running: Deployed, volleys: Iterable[Volley], refuse: Refusal, spurn: Refusal = nobody) -> Fallout:
    """Let all clients speak, wait until nothing moves any more, and return what came of it."""
    began = time.monotonic()
    lab, volleys, mark = running.lab, tuple(volleys), running.mark()
    lab.sink.clear()
    lab.sink.refuse, lab.sink.spurn = _late(refuse), spurn
    seen = {shot.id: Seen() for volley in volleys for shot in volley}
    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(_speak, lab, volley, seen) for volley in volleys]:
            done.result()
    _rest(running, mark)
    strange = tuple(mail for mail in lab.sink.received if not _belongs(mail, seen))
    turned_away = frozenset(to.lower() for to in lab.sink.turned_away)
    seconds = time.monotonic() - began
    clients = frozenset(shot.session.client for volley in volleys for shot in volley)
    return Fallout(seen, strange, turned_away, _logs(running.log_since(mark), clients), seconds, running.policy)


def _logs(log: str, clients: frozenset[str]) -> dict[str, str]:
    """Part a log by clients: a line names one, or a message or task that a line with a client names as well."""
    lines = [(line, clients.intersection(_CLIENT.findall(line)), _TASK.findall(line)) for line in log.splitlines()]
    of = {task: client for _, named, tasks in lines for client in named for task in tasks}
    parted: dict[str, list[str]] = {}
    for line, named, tasks in lines:
        for client in named.union(of[task] for task in tasks if task in of):
            parted.setdefault(client, []).append(line)
    return {client: "\n".join(found) for client, found in parted.items()}


def _late(refuse: Refusal) -> Refusal:
    """Defer recipients who are called late, until they were tried often enough."""
    tried, lock = Counter[str](), Lock()

    def answer(recipient: str) -> str | None:
        if not recipient.startswith("late-"):
            return refuse(recipient)
        with lock:
            tried[recipient] += 1
            return "451 4.3.0 later" if tried[recipient] <= _LATE else None

    return answer


def _speak(lab: Lab, volley: Volley, seen: dict[str, Seen]) -> None:
    first = volley[0].session
    try:
        with lab.dialogue(first.client, first.helo) as dialogue:
            for shot in volley:
                seen[shot.id].attempt = _attempt(dialogue, shot)
    except ConnectionError:  # it is seen that there is no attempt
        return


def _attempt(dialogue: Dialogue, shot: Shot) -> Attempt:
    dsn = "DSN" in dialogue.welcome.lines
    sender = dialogue.mail(shot.session.sender, shot.mail if dsn else "")
    if not sender.positive:
        return Attempt(sender, (), None, None)
    replies = tuple((to, dialogue.rcpt(to, shot.rcpt if dsn else "")) for to in shot.session.recipients)
    data = end = None
    if any(reply.positive for _, reply in replies):
        data = dialogue.say("DATA")
        end = dialogue.message(shot.octets) if data.positive else None
    if end is None:
        dialogue.say("RSET")
    return Attempt(sender, replies, data, end)


def _rest(running: Deployed, mark: tuple[str, ...]) -> None:
    """Wait until the queue is empty; what is deferred is tried again at once, as hours later it would be."""
    labs = [discover.load(output.part.component).lab for output in running.outputs]
    began = flushed = time.monotonic()
    quiet = 0
    while quiet < 2:
        now = time.monotonic()
        logged = running.log_since(mark)
        quiet = quiet + 1 if all(lab is not None and lab.at_rest(logged) for lab in labs) else 0
        if now - flushed > 2.5:
            flushed = now
            subprocess.run(_FLUSH[running.outputs[0].part.component], check=True)
        assert now - began < _PATIENCE, f"it does not come to rest:\n{_waiting(running)}\n{logged[-4000:]}"
        time.sleep(0.05)


def _waiting(running: Deployed) -> str:
    """Return how the server lists what still waits in its queue."""
    listed = subprocess.run(_WAITING[running.outputs[0].part.component], capture_output=True, text=True, check=True)
    return listed.stdout[-4000:]


def _belongs(mail: Received, seen: dict[str, Seen]) -> bool:
    """Put a mail to the message that it is, or that it speaks of."""
    blank = _BLANK.search(mail.octets)
    for found in _ID.finditer(mail.octets):
        of = seen.get(found[1].decode())
        if of is not None:
            own = blank is None or found.start() <= blank.start()
            (of.copies if own else of.reports).append(mail)
            return True
    return False


def changes(shot: Shot, mail: Received, *, added: frozenset[str], dropped: frozenset[str]) -> str | None:
    """Say in what a copy differs from what was sent, but for header fields that may come or go, None where in nothing.

    Line ends are those of SMTP: CRLF, and one after the last line.
    """
    (sent, body), (got, end) = _parted(_lines(shot.octets)), _parted(mail.octets)
    if body != end:
        return f"a body of {len(body)} octets became one of {len(end)}"
    there = iter(got)
    for one in sent:
        if _name(one) not in dropped and not any(one == other for other in there):
            return f"the header lost {one!r}"
    more = {_name(one) for one in set(got).difference(sent)} - added
    return f"the header gained {more}" if more else None


def _lines(octets: bytes) -> bytes:
    lines = re.sub(rb"\r?\n", b"\r\n", octets)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _parted(octets: bytes) -> tuple[list[bytes], bytes]:
    """Part the fields from the body, which begins, as servers see it, with the first line that is of no field."""
    found = _HEADER.match(octets)
    assert found is not None
    return re.split(rb"\r\n(?![ \t])", found[0].removesuffix(b"\r\n")), octets[found.end() :].removeprefix(b"\r\n")


def _name(one: bytes) -> str:
    return one.partition(b":")[0].strip().lower().decode("utf-8", "replace")
