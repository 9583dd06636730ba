"""Play sessions to a running deployment, and say what was seen of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from nullsender import canonical, discover
from nullsender import condition as c
from nullsender.features import full_condition
from nullsender.lab.composing import MARK, asked_of, compose
from nullsender.lab.deployed import Deployed
from nullsender.lab.dialogue import PATIENCE, Attempt
from nullsender.lab.directories.asked import directories, plain
from nullsender.lab.listing import Listed
from nullsender.lab.publishing import author_of, cannot_publish, published
from nullsender.lab.replies import Reply
from nullsender.lab.sink import Received
from nullsender.lab.sources import Contents, is_at, is_confused, known_to, not_understood, places
from nullsender.lab.tagging import Tags
from nullsender.lists import sets_of
from nullsender.message import read_message
from nullsender.names import LiveFile
from nullsender.observation import RETURNED, Arrived, Ndr, Observed, Said
from nullsender.policy import Callout, CopyDoubleBounces, Greylist, Policy
from nullsender.scope import rules_of
from nullsender.session import Session
from nullsender.target import Lab as TargetLab

_PATIENCE = 20.0  # seconds until all that a session set off has come to rest
_AT_MOST = 0.5  # seconds that one session takes
_GONE = "550 5.1.1 there is nobody of that name"
_LATER = "451 4.3.0 ask again later"


class BrokenOffError(Exception):
    """A session came to no end: the server hung up, fell silent, or does not come to rest."""

    def __init__(self, why: str, spoken: tuple[str, ...], log: str) -> None:
        super().__init__(why)
        self.spoken = spoken
        self.log = log


@dataclass
class Player:
    """Brings the facts of sessions about and holds their dialogues, one after the other.

    `contents` are the entries of the files that servers read for sets, by path; one that is not named there is empty.
    `settled`: they are all files that there are, lists of recipients too, and no session changes them.
    """

    deployed: Deployed
    contents: Contents = field(default_factory=dict)
    settled: bool = False
    _written: dict[str, tuple[str, ...] | None] = field(default_factory=dict)

    def play(self, session: Session, *, lookups_fail: bool = False) -> Observed:
        """Play a session, wait until nothing moves any more, and return what was seen.

        Raises BrokenOffError where it comes to no end; what runs is then in no state to be played to.
        """
        mark, spoken = self.deployed.mark(), list[str]()
        try:
            self.prepare(session, lookups_fail=lookups_fail)
            self.go_before(session, lambda: self._attempt(session, []))
            mark = self.deployed.mark()
            id_, attempt = self._attempt(session, spoken)
        except TimeoutError as error:
            why = str(error) if spoken and spoken[-1].startswith("S:") else f"no reply within {PATIENCE:g} s"
            raise BrokenOffError(why, tuple(spoken), self.deployed.log_since(mark)) from error
        except (OSError, RuntimeError, ValueError) as error:  # hung up; a file was not taken; no reply of SMTP
            raise BrokenOffError(str(error), tuple(spoken), self.deployed.log_since(mark)) from error
        return self._seen(session, attempt, id_, mark, spoken)

    def _attempt(self, session: Session, spoken: list[str]) -> tuple[str, Attempt]:
        """Hold the dialogue and wait until nothing moves any more; return the message's id and the replies."""
        mark = self.deployed.mark()
        id_, octets = compose(session, asked_of(self.deployed.policy))
        tags = self._tags()
        sender = as_sent(session.sender)
        recipients = tuple(tags.sent(as_sent(recipient), session) for recipient in session.recipients)
        self._ask_ahead(recipients)
        attempt = self.deployed.lab.attempt(sender, recipients, octets, session.client, session.helo, spoken)
        self._rest(mark)
        return id_, attempt

    def _ask_ahead(self, recipients: Iterable[str]) -> None:
        asked = [plain(one) for one in recipients if _is_called(self.deployed.policy, one)]
        if asked:
            for target_lab in self._labs():
                target_lab.ask_ahead(asked)
            self.deployed.lab.sink.turned_away.clear()

    # --- facts --------------------------------------------------------------------------------------------------------
    def prepare(self, session: Session, *, lookups_fail: bool = False) -> None:
        """Bring about what the DNS, files and the place where mail ends say."""
        lab = self.deployed.lab
        lab.sink.clear()
        lab.be_asked(_callouts(self.deployed.policy))
        if _asks_quota(self.deployed.policy):
            lab.mailboxes.serve(plain(address) for address in session.full)
        lab.sink.refuse = lambda to: _refusal(to, session, self.deployed.policy)
        records = published(session, author_of(session))
        lab.resolver.texts, lab.resolver.failing = records.texts, records.failing
        lab.resolver.server = None  # listings change from session to session
        lab.resolver.nameless = set() if session.named else {session.client}
        lab.resolver.silent = set(session.silent)
        self._tags().furnish()
        lab.resolver.set_listed(Listed(zone, session.client, code) for zone, code in sorted(session.listed))
        if self.settled:
            self._settle()
            return
        if _callouts(self.deployed.policy):
            for target_lab in self._labs():
                target_lab.forget()
        spoken_of = (as_sent(address) for address in (session.sender, *session.recipients))
        lab.resolver.hosts.update(address.rpartition("@")[2].lower() for address in spoken_of)
        policy = self.deployed.policy
        missing = _missing(policy, session)
        for file, entries in _live_files(policy, session, self.contents).items():
            self._write(file, None if lookups_fail or file.path in missing else entries)
        known = known_to(policy, session, self.contents)
        lab.directories.hold({its: None if lookups_fail or its.place in missing else known[its] for its in known})

    def go_before(self, session: Session, play: Callable[[], object]) -> None:
        """Have happened what limits and greylisting remember of a session: its first try, and those like it before."""
        rules = rules_of(self.deployed.policy, self.deployed.plan.name)
        counted = [rule.limit.seconds for rule in rules if rule.limit]
        awaited = [rule.action.seconds for rule in rules if isinstance(rule.action, Greylist)]
        if not counted and not awaited:
            return
        for target_lab in self._labs():
            target_lab.forget()
        if awaited and not session.first_contact:
            play()
            for target_lab in self._labs():
                target_lab.let_pass(max((*counted, *awaited)) + 1)
        for _ in range(session.before if counted else 0):
            play()
        self.deployed.lab.sink.received.clear()
        self.deployed.lab.sink.turned_away.clear()

    def _settle(self) -> None:
        """Write all files once."""
        if self._written:
            return
        for file in live_files(self.deployed.policy):
            self._write(file, self.contents.get(file.path))
        self.deployed.lab.directories.hold(
            {its: self.contents.get(its.place) for its in directories(self.deployed.policy)}
        )

    def _write(self, file: LiveFile, entries: tuple[str, ...] | None) -> None:
        """Write a file as its owner would, or take it away; nothing where it is so already."""
        if file.path in self._written and self._written[file.path] == entries:
            return
        self._written[file.path] = entries
        write_file(Path(file.path), entries)
        for target_lab in self._labs():
            target_lab.changed(file)

    # --- what comes of it ---------------------------------------------------------------------------------------------
    def _rest(self, mark: tuple[str, ...]) -> None:
        """Wait until every component is at rest, seen twice: between two looks a report may begin its way."""
        deadline = time.monotonic() + _PATIENCE
        quiet = 0
        while quiet < 2:
            logged = self.deployed.log_since(mark)
            quiet = quiet + 1 if all(target_lab.at_rest(logged) for target_lab in self._labs()) else 0
            if time.monotonic() > deadline:
                raise TimeoutError(f"it does not come to rest within {_PATIENCE:g} s")
            if quiet < 2:
                time.sleep(0.002)

    def _seen(
        self, session: Session, attempt: Attempt, id_: str, mark: tuple[str, ...], spoken: Iterable[str]
    ) -> Observed:
        sink = self.deployed.lab.sink
        found = seen(session, attempt, id_, sink.received, self.deployed.policy)
        return replace(
            found,
            ill_signed=tuple(self._tags().wrong(found, session)),
            turned_away=tuple(sink.turned_away),
            held=any(id_.encode() in octets for target_lab in self._labs() for octets in target_lab.held()),
            log=self.deployed.log_since(mark),
            spoken=tuple(spoken),
        )

    def _tags(self) -> Tags:
        plan = self.deployed.plan
        return Tags(self.deployed.policy, plan.name, plan.dialect)

    def _labs(self) -> Iterator[TargetLab]:
        for output in self.deployed.outputs:
            target_lab = discover.load(output.part.component).lab
            assert target_lab is not None  # noqa: S101  # it was booted
            yield target_lab


def seen(session: Session, attempt: Attempt, id_: str, mails: Iterable[Received], policy: Policy) -> Observed:
    """Return what replies and arrived mail show of the message with that id."""
    arrived: list[Arrived] = []
    ndrs: list[Ndr] = []
    for mail in tuple(mails):
        fields = read_message(mail.octets).fields
        if (MARK, id_) in fields:
            arrived.append(Arrived(mail.protocol == "lmtp", mail.sender, mail.recipients, fields))
        elif id_.encode() in mail.octets or _returns_nothing(mail):
            ndrs += _reports(mail, session, policy)
    return Observed(
        recipients=tuple(
            (recipient, _said(reply))
            for recipient, (_, reply) in zip(session.recipients, attempt.recipients, strict=False)
        ),
        data=_said(attempt.data) if attempt.data else None,
        end=_said(attempt.end) if attempt.end else None,
        arrived=tuple(arrived),
        ndrs=tuple(ndrs),
    )


def as_sent(address: str) -> str:
    """Return an address as a client sends it that does not speak SMTPUTF8: the domain in A-labels (RFC 5890)."""
    local, at, host = address.rpartition("@")
    return address if address.isascii() else f"{local}{at}{canonical.domain(host)}"


def _said(reply: Reply) -> Said:
    return Said(reply.code, reply.enhanced, reply.text)


def _reports(mail: Received, session: Session, policy: Policy) -> Iterator[Ndr]:
    """Yield a report to each of its recipients; copies for those who did not send the message stay at home."""
    settings = (statement.setting for statement in policy.statements)
    copied = [setting.address.lower() for setting in settings if isinstance(setting, CopyDoubleBounces)]
    for recipient in mail.recipients:
        bare = recipient.partition("@")[0].lower()
        to_sender = _plain(session.sender) in (_plain(recipient), bare)
        at_home = mail.protocol == "lmtp" or bare == "postmaster" or recipient.lower() in copied
        yield Ndr(recipient, to_sender or not at_home, _returned(mail))


def _returns_nothing(mail: Received) -> bool:
    """Tell whether it is a report in which no message can be found again."""
    report = mail.sender == "" and mail.message.get_content_type() == "multipart/report"
    return report and MARK.encode() not in mail.octets and not _returned(mail)


def _returned(mail: Received) -> tuple[str, ...]:
    kinds = (part.get_content_type() for part in mail.message.walk())
    return tuple(kind for kind in kinds if kind in RETURNED)


def _plain(address: str) -> str:
    return (*canonical.forms(address, ""), address.lower())[0]


# --- where mail ends --------------------------------------------------------------------------------------------------
def _refusal(recipient: str, session: Session, policy: Policy) -> str | None:
    """Return how the place where mail ends refuses a recipient: a next hop also whom its domain does not have."""
    forms = canonical.forms(recipient, policy.delimiters)
    if not session.absent.isdisjoint(forms):
        return _GONE
    named = {form for one in session.recipients for form in canonical.forms(one, policy.delimiters)}
    unknown = session.known.isdisjoint(forms) and not any(form.startswith("postmaster@") for form in forms)
    if not unknown or named.isdisjoint(forms) or not _is_called(policy, forms[0]):
        return None
    return _GONE if session.unanswered.isdisjoint(forms) else _LATER


def _asks_quota(policy: Policy) -> bool:
    atoms = (atom for rule in policy.rules for _, atom in c.literals(full_condition(rule)))
    return any(isinstance(atom, c.RecipientFull) for atom in atoms)


def _callouts(policy: Policy) -> tuple[Callout, ...]:
    return tuple(source for served in policy.served for source in served.sources if isinstance(source, Callout))


def _is_called(policy: Policy, recipient: str) -> bool:
    """Tell whether the next hop says if somebody exists."""
    asking = [served for served in policy.served if any(isinstance(source, Callout) for source in served.sources)]
    return any(is_at(served.domains, form) for form in canonical.forms(recipient, "")[:1] for served in asking)


# --- files that servers read ------------------------------------------------------------------------------------------
def write_file(path: Path, entries: tuple[str, ...] | None) -> None:
    """Write a file that servers read, or take it away; one that says the same already is left alone."""
    text = None if entries is None else "".join(f"{entry} -\n" for entry in entries)
    if text is not None and path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)


def live_files(policy: Policy) -> tuple[LiveFile, ...]:
    """Return every file that servers read for a policy: those of sets and those of recipients."""
    sources = (source for served in policy.served for source in served.sources)
    of_sets = (file for entries in sets_of(policy) for file in entries.live)
    return tuple(dict.fromkeys((*of_sets, *(source for source in sources if isinstance(source, LiveFile)))))


def _live_files(policy: Policy, session: Session, contents: Contents) -> dict[LiveFile, tuple[str, ...]]:
    """Return every such file of the policy with its entries: those of sets, and whom a session says to be known."""
    found = {file: contents.get(file.path, ()) for entries in sets_of(policy) for file in entries.live}
    for served in policy.served:
        for source in (source for source in served.sources if isinstance(source, LiveFile)):
            known = tuple(address for address in sorted(session.known) if is_at(served.domains, address))
            found[source] = tuple(dict.fromkeys((*found.get(source, ()), *known)))
    return found


def cannot_play(session: Session, policy: Policy, *, lookups_fail: bool) -> str | None:
    """Say why the facts of a session cannot be brought about, None where they can."""
    if session.login is not None:
        return "a whole server of the lab offers no login"
    if not all(address.rpartition("@")[0].isascii() for address in (session.sender, *session.recipients)):
        return "an address beyond ASCII needs SMTPUTF8, which the lab does not speak"
    if any(rule.limit and rule.limit.seconds < session.before * _AT_MOST for rule in policy.rules):
        return "so many messages take longer than the time in which a limit counts them"
    if why := cannot_publish(session):
        return why
    if session.batv not in (None, "missing") and not all(map(Tags(policy, "").may_be_signed, session.recipients)):
        return "only an address that the policy signs can have a tag"
    failing = _missing(policy, session)
    for recipient in session.recipients:
        if why := not_understood(policy, recipient):
            return why
        asked = set(places(policy, recipient))
        fails = _fails(policy, session, recipient)
        if is_confused(policy, session, recipient):
            return "a directory knows this address, too, since it is not asked for all of it"
        if fails and not asked and not _is_called(policy, recipient) and _is_listed(policy, recipient):
            return "a list that was compiled is always there"
        if not fails and not asked.isdisjoint(failing):
            return "the lookup of one address cannot be made to fail while its neighbour's is answered"
    if not lookups_fail and any(file.path in failing for entries in sets_of(policy) for file in entries.live):
        return "a file that is asked for recipients cannot be missing while it is asked for a set"
    return None


def _is_listed(policy: Policy, recipient: str) -> bool:
    """Tell whether lists say if a recipient exists."""
    forms = canonical.forms(recipient, "")[:1]
    return any(is_at(served.domains, form) and not served.anyone for form in forms for served in policy.served)


def _missing(policy: Policy, session: Session) -> frozenset[str]:
    """Return the files that have to be missing for the lookups of a session to fail."""
    failing = (recipient for recipient in session.recipients if _fails(policy, session, recipient))
    return frozenset(place for recipient in failing for place in places(policy, recipient))


def _fails(policy: Policy, session: Session, recipient: str) -> bool:
    return not session.unanswered.isdisjoint(canonical.forms(recipient, policy.delimiters))
