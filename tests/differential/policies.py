"""Texts of policies over all that a stack claims, with rules that meet each other and fire often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from hypothesis import strategies as st

from nullsender.features import ATOMS, FEATURES
from tests.differential import words as w
from tests.differential.directories import DOWN, KNOWING
from tests.differential.stacks import Stack, able

Texts = st.SearchStrategy[str]
SUBJECTS = ("bounces", "bounces", "ordinary mail", "ordinary mail", "mail", "outgoing mail")
_LAST = 10  # rules


@dataclass(frozen=True, slots=True)
class Can:
    """What policies are drawn for: features that are claimed; `late` where nothing is decided before the message."""

    features: frozenset[str]
    late: bool = False

    def __contains__(self, feature: str) -> bool:
        return feature in self.features


EVERYTHING = Can(frozenset(FEATURES))


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy as its statements, one a line; sets are defined where they are used."""

    statements: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join((*self.lines, ""))

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines: the policy's name, the sets, the statements."""
        unquoted = re.sub(r'"[^"]*"', "", "\n".join(self.statements))
        used = set(re.findall(r"[\w-]+", unquoted))
        return 'policy "drawn"', *(text for name, text in w.SETS.items() if name in used), *self.statements

    def without(self, numbers: set[int]) -> Draft:
        """Return the draft without the statements that stand on those lines (counted from 1)."""
        first = len(self.lines) - len(self.statements) + 1
        return Draft(tuple(s for n, s in enumerate(self.statements, first) if n not in numbers))


def drafts(stack: Stack | None, *, named: bool = False) -> st.SearchStrategy[Draft]:
    """Return policies for a stack, None for the whole language. `named`: every rule has a name."""
    return _draft(stack, Can(able(stack), stack.late) if stack else EVERYTHING, named)


@st.composite
def _draft(draw: st.DrawFn, stack: Stack | None, can: Can, named: bool) -> Draft:
    deploys = stack.deploys if stack else "postfix"
    statements = [*draw(recipients(can)), *draw(site(can))]
    statements += draw(st.lists(st.sampled_from(_settings(can)), max_size=3, unique_by=_kind_of_setting))
    for number in range(draw(st.integers(2, _LAST))):
        statements.append(draw(rule(can, f"r{number}" if named or draw(st.booleans()) else None)))
    behind = " behind two" if "upstream clients in gates" in statements and draw(_one_in(6)) else ""
    return Draft((*statements, f"deploy one to {deploys}{behind}", f"deploy two to {deploys}"))


# --- the site ---------------------------------------------------------------------------------------------------------
_PEOPLE = 'file "people.txt"'
_LIVE, _GONE = 'live file "/etc/mail/people"', 'live file "/etc/mail/vanished"'
_WHOLE = (_PEOPLE, _PEOPLE, f"{_PEOPLE}, {_LIVE}", f"{_LIVE}, {_PEOPLE}", f"{_PEOPLE}, {_GONE}", _LIVE)
_HOP = "callout to 198.51.100.250:25"
_CALLED = (_HOP, f"{_PEOPLE}, {_HOP}", f"{_PEOPLE}, {_HOP}")
_SECOND = ("are anyone", f"from {_LIVE}", f"from {_GONE}", f"from {_PEOPLE}")


@st.composite
def recipients(draw: st.DrawFn, can: Can) -> list[str]:
    """Draw who lives here, and where their mail goes."""
    asked = draw(st.sampled_from(_systems(can))) if draw(_one_in(5)) else None
    called = "recipients from callout" in can and draw(_one_in(5))
    whole = draw(st.sampled_from(_CALLED if called else _asked(asked) if asked else _WHOLE))
    smtp = "smtp 198.51.100.250:25" if draw(_one_in(4)) else "lmtp 127.0.0.1:24"
    if draw(st.booleans()):
        return [f"recipients of mine from {whole}", f"deliver mine to {smtp}"]
    others = (f"from {KNOWING[asked]}", f"from {DOWN[asked]}") if asked else ()
    second = draw(st.sampled_from(_SECOND + others))
    of = draw(st.sampled_from(("example.net", "example.net, *.example.net")))
    return [
        f"recipients of example.org from {whole}",
        f"recipients of {of} {second}",
        "deliver example.org to lmtp 127.0.0.1:24",
        f"deliver {of} to {smtp}",
    ]


def _systems(can: Can) -> list[str | None]:
    """Return the systems of directories that can be asked; SQLite, which costs nothing to start, most often."""
    able = [system for system in KNOWING if f"recipients from {system}" in can]
    return [*(["sqlite"] * 3 if "sqlite" in able else []), *able] or [None]


def _asked(system: str) -> tuple[str, ...]:
    knowing, down = KNOWING[system], DOWN[system]
    return knowing, f"{_PEOPLE}, {knowing}", f"{_LIVE}, {down}", f"{_GONE}, {knowing}", down


@st.composite
def site(draw: st.DrawFn, can: Can) -> list[str]:
    """Draw who is trusted, who stands in front, who is kept, and what becomes of nobody's mail."""
    chosen = ["trust clients in office", "trust clients in 192.0.2.0/25 on two"][: draw(st.sampled_from((1, 1, 1, 2)))]
    chosen += [f"trust clients in {draw(st.sampled_from(_LIVING))}"] if draw(_one_in(8)) else []
    chosen += ["upstream clients in gates"] if draw(_one_in(4)) else []
    chosen += [f"subaddresses begin with {draw(st.sampled_from(('+', '+', '+-', '+=')))}"] if draw(_most) else []
    chosen += [draw(st.sampled_from(_KEEPS))] if draw(_most) else []
    chosen += [f"split mail by {draw(st.sampled_from(_CLASSES))}"] if "split mail" in can and draw(_one_in(4)) else []
    chosen += [f"quarantine into {draw(st.sampled_from(_PLACES))}"] if draw(_most) else []
    chosen += [draw(st.sampled_from(_EXISTENCE))] if draw(st.booleans()) else []
    if "sign mail with batv" in can:
        chosen += ['sign mail from mine with batv keys "/etc/nullsender/batv.keys"']
    if "rewrite with srs" in can and draw(_one_in(4)):
        chosen += ['rewrite forwarded mail with srs keys "/etc/nullsender/srs.keys" as srs.example.org']
    return chosen


_LIVING = ("living", "living", "lost")
_KEEPS = ("keep abuse reachable", "keep abuse, hostmaster@example.org reachable")
_CLASSES = ("chosen", "silent, chosen", "example.net", "mixed, silent")
_PLACES = ("junk", "hold", "jail@example.org")
_EXISTENCE = (
    "reject nonexistent recipients",
    'reject nonexistent recipients with 550 5.1.1 "no such mailbox"',
    "defer nonexistent recipients to silent as trial",
    "reject nonexistent recipients to example.net with 551 5.1.6 as moved",
    "reject nonexistent recipients when recipient in silent or not recipient in mine as nobody",
    "defer nonexistent recipients",
)


def _settings(can: Can) -> list[str]:
    return [text for feature, text in _SETTINGS if feature in can]


def _kind_of_setting(text: str) -> tuple[str, bool, bool]:
    return text.split()[0], "through" in text, "bounces" in text


_SETTINGS = (
    ("send ndrs only to trusted senders", "send ndrs only to trusted senders"),
    ("send ndrs only to trusted senders without a copy", "send ndrs only to trusted senders without a copy"),
    ("send ndrs to anyone", "send ndrs to anyone"),
    ("send ndrs to nobody", "send ndrs to nobody"),
    ("send ndrs to nobody without a copy", "send ndrs to nobody without a copy"),
    ("send ndrs only to senders passing spf or dmarc", "send ndrs only to senders passing spf or dmarc"),
    (
        "send ndrs only to senders passing spf or dmarc without a copy",
        "send ndrs only to senders passing spf or dmarc without a copy",
    ),
    ("return headers only", "return headers only"),
    ("return everything", "return everything"),
    ("return everything up to", "return everything up to 50 KB"),
    ("return nothing", "return nothing"),
    ("give up mail", "give up mail after 5d"),
    ("give up bounces", "give up bounces after 1d"),
    ("warn about delay", "warn about delay after 4h"),
    ("copy double bounces", "copy double bounces to hostmaster@example.org"),
    ("word ndrs", 'word ndrs by file "words.txt"'),
    ("send ndrs through", "send ndrs through 203.0.113.25 as ndr.example.org"),
    ("answer automatically", "answer automatically only ordinary mail"),
)


# --- rules ------------------------------------------------------------------------------------------------------------
@st.composite
def rule(draw: st.DrawFn, can: Can, name: str | None) -> str:
    """Draw one rule, block list or limit."""
    kind = draw(st.sampled_from(_kinds(can)))
    if kind == "list":
        mode = draw(st.sampled_from([text for feature, text in _MODES if feature in can]))
        head, subject = f"use dnsbl {draw(st.sampled_from(w.ZONES))} in {mode} mode", "mail"
    elif kind == "limit":
        subject = draw(st.sampled_from(SUBJECTS))
        counter = draw(st.sampled_from([per for per in _COUNTERS if f"limit per {per}" in can]))
        counts = f"{draw(st.integers(1, 3))} per {draw(st.sampled_from(_PERIODS))} per {counter}"
        head = f"limit {subject} to {counts}"
    else:
        subject, head = draw(plain(can))
    action = head.split()[0]
    modifiers = [draw(modifier) for modifier in draw(_modifiers(can, subject, action))]
    if action == "discard" or "backscatterer" in head:
        modifiers.append('because "it has to be"')
    if action == "greylist":
        modifiers.append("for 5m")
    return " ".join((head, *modifiers, *([f"as {name}"] if name else [])))


@st.composite
def plain(draw: st.DrawFn, can: Can) -> tuple[str, str]:
    """Draw of whom a rule speaks, and its words up to the modifiers."""
    action = draw(st.sampled_from([text for feature, text in _ACTIONS if feature in can]))
    action = f"{action} {draw(st.sampled_from(w.POINTS))}" if action == "score" else action
    action = f'{action} "{draw(st.sampled_from(w.FIELDS))}"' if action == "tag" and draw(st.booleans()) else action
    about = draw(st.sampled_from(_GREYLISTED if action == "greylist" else [a for f, a in _ABOUT if f in can]))
    if about == "clients listed in":
        return "mail", f"{action} clients listed in {draw(st.sampled_from(w.ZONES))}"
    if about == "forged bounces of":
        return "mail", f"{action} forged bounces of {draw(st.sampled_from(w.FORGED))}"
    narrowings = [draw(text) for text in draw(_narrowings(can, about))]
    return about, " ".join((action, about, *narrowings))


def _kinds(can: Can) -> list[str]:
    return ["plain"] * 5 + ["list"] * ("client listed" in can) + ["limit"] * ("limit per recipient" in can)


_ACTIONS = (
    *(("reject", "reject"),) * 4,
    *((word, word) for word in ("defer", "defer", "quarantine", "quarantine", "tag", "score")),
    *(("discard", "discard"), ("greylist", "greylist")) * 2,
    *(("reject", "accept"),) * 2,
)
_ABOUT = (
    *(("sender is null", subject) for subject in SUBJECTS),
    ("client listed", "clients listed in"),
    ("forged bounces", "forged bounces of"),
    ("recipients over quota", "recipients over quota"),
)
_GREYLISTED = ["ordinary mail", "mail"]
_MODES = (("client listed", "safe"), ("client listed", "reject"), ("tag", "tag"), ("score", "scoring 4"))
_PERIODS = ("minute", "hour", "day", "10m")
_COUNTERS = ("recipient", "client", "sender", "domain", "login")


def _judges_tags(can: Can) -> bool:
    """Tell whether tags can be asked for without more ado: receipts and answers of programs are left out by itself."""
    return all(feature in can for feature in ("batv", "header matches", "report is"))


def _narrowings(can: Can, subject: str) -> st.SearchStrategy[list[Texts]]:
    of_senders = subject in ("ordinary mail", "outgoing mail")
    some: list[Texts] = [st.sampled_from(w.RECIPIENTS).map("to {}".format)] * 2
    some += [st.just("to several recipients")] if "several recipients" in can else []
    some += [st.sampled_from(w.SENDERS).map("from {}".format)] * 2 if of_senders else []
    some += [st.sampled_from(w.SCORES).map("scoring {} or more".format)] if "scoring" in can else []
    some += [st.sampled_from(("failing spf", "failing dmarc"))] if "spf" in can and of_senders else []
    some += [st.just("without a valid batv tag")] if _judges_tags(can) and subject == "bounces" else []
    return st.lists(st.sampled_from(some), max_size=1) | st.lists(st.sampled_from(some), max_size=2, unique_by=id)


@st.composite
def _modifiers(draw: st.DrawFn, can: Can, subject: str, action: str) -> list[Texts]:
    condition = conditions(can, subject)
    chosen = [condition.map("when {}".format)] if draw(st.booleans()) else []
    chosen += [condition.map("except {}".format)] if draw(_one_in(4)) else []
    chosen += (
        [st.sampled_from(_REPLIES[action]).map("with {}".format)] if action in _REPLIES and draw(_one_in(3)) else []
    )
    when = ("at content",) if can.late else ("at data", "at content", "at content", "at rcpt")
    when = ("at rcpt",) if action == "greylist" else when
    chosen += [st.sampled_from(when)] if draw(_most if can.late else _one_in(4)) else []
    chosen += [st.just("report only")] if draw(_one_in(6)) else []
    chosen += [st.sampled_from(("on one", "on one", "on two", "on one, two"))] if draw(_one_in(6)) else []
    chosen += [st.sampled_from(_DAYS)] if draw(_one_in(8)) else []
    chosen += [st.just("until 2030-01-01")] if action in ("defer", "greylist") and draw(st.booleans()) else []
    chosen += [st.just("allow approximate")] if draw(_one_in(4)) else []
    chosen += [st.just("at SMTP time")] if draw(_one_in(12)) else []
    return draw(st.permutations(chosen))


_REPLIES = {"reject": w.REJECTIONS, "defer": w.DEFERRALS, "limit": w.DEFERRALS, "greylist": w.DEFERRALS}
_DAYS = ("from 2025-01-01", "from 2026-01-01", "from 2026-01-02")


# --- conditions -------------------------------------------------------------------------------------------------------
@st.composite
def conditions(draw: st.DrawFn, can: Can, subject: str) -> str:
    """Draw a condition that a rule on such mail may have."""
    return draw(_term(can, subject, draw(st.sampled_from((0, 0, 1, 1, 2)))))


@st.composite
def _term(draw: st.DrawFn, can: Can, subject: str, depth: int) -> str:
    if depth == 0:
        return draw(draw(st.sampled_from(_atoms(can, subject))))
    parts = [draw(_term(can, subject, depth - 1)) for _ in range(draw(st.integers(2, 3)))]
    joined = f"({draw(st.sampled_from((' and ', ' or ', ' or '))).join(parts)})"
    return f"not {joined}" if draw(_one_in(4)) else joined


def _atoms(can: Can, subject: str) -> list[Texts]:
    of_senders = subject in ("ordinary mail", "outgoing mail")
    found: list[Texts] = []
    for feature, text, pool in _QUESTIONS:
        wanted = of_senders or feature not in _OF_SENDERS
        if wanted and (feature != "authenticated" or subject == "outgoing mail"):
            question = st.sampled_from(pool).map(text.format)
            able = feature in can and (feature != "batv" or _judges_tags(can))
            found += [question] if able else []
            found += [question.map("not {}".format)] if able and f"not {feature}" in can else []
    return found


_OF_SENDERS = ("sender in", "sender is postmaster", "spf", "dmarc")
_NOTHING = ("",)
_QUESTIONS = (
    ("sender in", "sender in {}", w.SENDERS),
    ("sender in", "sender in {}", w.SENDERS),
    ("sender is null", "sender is null{}", _NOTHING),
    *(("sender is postmaster", "sender is postmaster{}", _NOTHING),) * 2,
    ("recipient in", "recipient in {}", w.RECIPIENTS),
    ("recipient in", "recipient in {}", w.RECIPIENTS),
    ("several recipients", "recipients > {}", ("1",)),
    ("recipients > N", "recipients > {}", ("0", "2", "3")),
    ("client in", "client in {}", w.CLIENTS),
    ("client in", "client in {}", w.CLIENTS),
    ("client listed", "client listed in {}", w.ZONES),
    *(("client has no name", "client has no name{}", _NOTHING),) * 2,
    ("helo in", "helo in {}", w.NAMES),
    *(("authenticated", "authenticated{}", _NOTHING),) * 8,  # in rules on outgoing mail alone
    ("scoring", "scoring {} or more", w.SCORES),
    ("spf", "spf is {}", w.SPF),
    ("dmarc", "dmarc is {}", w.DMARC),
    ("batv", "batv is {}", w.TAGS),
    ("header matches", "header {}", w.HEADERS),
    ("report is", "report is {}", w.REPORTS),
)


def _one_in(count: int) -> st.SearchStrategy[bool]:
    return st.integers(1, count).map(partial(int.__eq__, count))


_most = st.integers(1, 3).map((2).__ge__)
assert {feature for feature, _, _ in _QUESTIONS} <= {row.feature for row in ATOMS.values()} | {"several recipients"}
