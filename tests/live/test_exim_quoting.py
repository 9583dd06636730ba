"""Try to break out of what Exim reads with text of the policy, and read it back from what it does."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from nullsender import canonical
from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import CompiledFile, Entries, Kind
from nullsender.plan import Part
from nullsender.policy import Stage
from nullsender_targets.exim import quote, sets
from nullsender_targets.exim.placement import placements
from tests.live.lab import Lab
from tests.targets.exim.parts import SITE, SPAN, part, rule, write
from tests.targets.exim.sessions import Session, config, outcomes, talk

pytestmark = pytest.mark.live

NASTY = (
    *("$sender_address", "${run{/bin/false}}", "$", "${", "}", "{", "\\", "\\N", "\\n", "\\\\", '"', "'"),
    *(":", "::", ";", "#", "!", "+", "@", "^", "*", "<", ">", "|", "`", "%", "&", "=", "  ", "-", "\x7f"),
    *("OWNERS_MACRO", "_HAVE_SPF", "NULLSENDER_DIR", "MTA", "Mail", "550 5.1.1", "include", ".ifdef X", "[id]"),
    *("x" * 90, "\u00fc", "\u2192"),
)
texts = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=8)),
    min_size=1,
    max_size=8,
).map(" ".join)
local_parts = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@"), min_size=1, max_size=12
)
slow = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
MACROS = "OWNERS_MACRO = replaced\nMTA = replaced\n"


def squeezed(text: str) -> str:
    """Return text as it survives being folded into lines of a reply."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def machine_for_exim(lab: Lab) -> Lab:
    lab.fresh()
    return lab


@contextmanager
def written(of: Part) -> Iterator[Path]:
    """Write a configuration, with an owner's macros before it and its tables indexed."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        write(of, Path(folder))
        for line in placements["debian"].install:
            subprocess.run(["sh", "-eu", "-c", line], env={"NULLSENDER_HOME": folder}, check=True, timeout=60)
        file = config(Path(folder))
        file.write_text(MACROS + file.read_text())
        yield file


def of_a_policy(text: str) -> bool:
    """Tell whether a policy may hold such a text."""
    return bool(text.strip()) and not re.search(r"[\x00-\x1f\x7f-\x9f]", text)


@pytest.mark.usefixtures("machine_for_exim")
@slow
@given(text=texts.filter(of_a_policy))
@example(text="a text that ends in a backslash\\")
@example(text="\\")
def test_a_reply_says_just_the_text(text: str) -> None:
    refusal = rule("it", c.SenderNull(), reply=p.Reply(553, "5.7.9", text))
    with written(part(refusal)) as file:
        (reply,), said = talk(file, Session())
        assert (reply.code, reply.enhanced) == (553, "5.7.9"), said
        assert squeezed(reply.text) == squeezed(f"{text} [it]"), said


@pytest.mark.usefixtures("machine_for_exim")
@slow
@given(text=texts.filter(of_a_policy))
def test_a_comment_stays_a_comment(text: str) -> None:
    refusal = replace(rule("it", c.SenderNull()), words=text)
    with written(part(refusal)) as file:
        (reply,), said = talk(file, Session())
        assert reply.rule == "it", said


@pytest.mark.usefixtures("machine_for_exim")
@slow
@given(id_=st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,70}", fullmatch=True), points=st.floats(-20, 20))
def test_an_id_and_points_are_what_they_are(id_: str, points: float) -> None:
    of = part(
        rule("points", c.SenderNull(), action=p.Score(points), stage=Stage.CONTENT),
        rule(id_, c.AllOf((c.SenderNull(), c.Scoring(points))), stage=Stage.CONTENT),
    )
    with written(of) as file:
        replies, said = talk(file, Session(), data=True)
        assert replies[-1].rule == id_, said


@pytest.mark.usefixtures("machine_for_exim")
@slow
@given(value=texts.filter(lambda text: bool(text.strip()) and text.isascii() and text.isprintable()))
def test_a_header_that_is_added_holds_just_the_text(value: str) -> None:
    with written(part(rule("it", c.SenderNull(), action=p.Tag("X-Note", value), stage=Stage.DATA))) as file:
        _, said = talk(file, Session(), data=True)
        *_, added = re.findall(r"(?m)^>>> +(?:check add_header )?= X-Note: (.*)$", said)  # as written, then expanded
        assert squeezed(added) == squeezed(value)


def canonical_address(local: str, domain: str = "example.org") -> str:
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
    return canonical.address(f"{quoted}@{domain}")


def found_in(entries: Entries, *addresses: str) -> list[str]:
    with written(part(rule("it", c.RecipientIn(entries)))) as file:
        replies, said = talk(file, Session(recipients=addresses))
        assert len(replies) == len(addresses), said
        return outcomes(replies)


@pytest.mark.usefixtures("machine_for_exim")
@slow
@given(local=local_parts, other=local_parts)
@example(local="!x", other="x")
@example(local="+x", other="x")
@example(local="^.", other="x")
@example(local="x:y", other="y")
@example(local="\\N", other="x")
@example(local="prvs=0123456789=x", other="x")
@pytest.mark.parametrize("stored", ["list", "table", "index"])
def test_an_address_matches_itself_alone(local: str, other: str, stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assume("*" not in local + other and "+" not in local[1:] + other[1:])
    assume(not local.lower().startswith("prvs=") and local.lower() != other.lower())
    monkeypatch.setattr(sets, "WRITTEN_OUT", 100 if stored == "list" else 0)
    monkeypatch.setattr(sets, "SEARCHED", 1_000 if stored == "table" else 0)
    this, that = canonical_address(local), canonical_address(other)
    found = found_in(Entries("some", Kind.ADDRESSES, (this,)), this, that, this.upper())
    assert found == ["it", "accepted", "it"]


@pytest.mark.usefixtures("machine_for_exim")
@slow
@given(before=local_parts, after=local_parts)
@pytest.mark.parametrize("stored", ["list", "table"])
def test_a_pattern_matches_what_it_says(before: str, after: str, stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assume(not set("*+") & set(before + after))
    assume(not before.lower().startswith("prvs="))
    monkeypatch.setattr(sets, "WRITTEN_OUT", 100 if stored == "list" else 0)
    pattern = canonical_address(f"{before}*{after}")
    inside, outside = canonical_address(f"{before}any{after}"), canonical_address(f"x{before}any{after}")
    found = found_in(Entries("some", Kind.ADDRESSES, (pattern,)), inside, outside, canonical_address(before + after))
    assert found[0] == "it"
    assert found[2] == "it"
    matches = re.fullmatch(f"{re.escape(before.lower())}.*{re.escape(after.lower())}", f"x{before}any{after}".lower())
    assert found[1] == ("it" if matches else "accepted")


@pytest.mark.usefixtures("machine_for_exim")
def test_long_names_of_sets_stay_apart() -> None:
    long = "a-rule-with-a-name-that-is-much-longer-than-what-exim-takes-for-the-name-of-a-list-or-a-file"
    one = Entries(f"{long}-1", Kind.ADDRESSES, ("alice@example.org",))
    two = Entries(f"{long}-2", Kind.ADDRESSES, ("bob@example.org",))
    same = Entries(f"{long}-1", Kind.ADDRESSES, ("carol@example.org",))
    rules = (rule("one", c.RecipientIn(one)), rule("two", c.RecipientIn(two)), rule("same", c.RecipientIn(same)))
    people = ("alice@example.org", "bob@example.org", "carol@example.org", "dave@example.org")
    with written(part(*rules)) as file:
        replies, said = talk(file, Session(recipients=people))
        assert outcomes(replies) == ["one", "two", "same", "accepted"], said


@pytest.mark.usefixtures("machine_for_exim")
@pytest.mark.parametrize("number", [100, 101, 1_000, 1_001, 20_000])
def test_files_of_any_length_are_looked_up(number: int, tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    path.write_text("".join(f"user{n}@example.org\n" for n in range(number)))
    file = CompiledFile(path, "people.txt", Kind.ADDRESSES, SPAN)
    entries = Entries("people", Kind.ADDRESSES, ("*@sub.example.org",), (file,))
    last = f"user{number - 1}@example.org"
    found = found_in(entries, "user0@example.org", last, f"user{number}@example.org", "x@a.sub.example.org")
    assert found == ["it", "it", "accepted", "accepted"]


@pytest.mark.usefixtures("machine_for_exim")
@pytest.mark.parametrize("searched", [0, 1_000])
def test_domains_of_a_table_are_compared_as_those_of_a_list(searched: int, monkeypatch: pytest.MonkeyPatch) -> None:
    domains = Entries("theirs", Kind.DOMAINS, ("*.b.example", "a.example"))
    senders = {"x@a.example": "it", "x@y.a.example": "accepted", "x@b.example": "accepted", "x@Y.z.B.example": "it"}
    for written_out in (100, 0):
        monkeypatch.setattr(sets, "WRITTEN_OUT", written_out)
        monkeypatch.setattr(sets, "SEARCHED", searched)
        with written(part(rule("it", c.SenderIn(domains)))) as file:
            found = {sender: outcomes(talk(file, Session(sender=sender))[0])[0] for sender in senders}
        assert found == senders


@pytest.mark.usefixtures("machine_for_exim")
@pytest.mark.parametrize("written_out", [100, 0])
def test_networks_of_a_table_are_compared_as_those_of_a_list(written_out: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "WRITTEN_OUT", written_out)
    networks = Entries("theirs", Kind.NETWORKS, ("192.0.2.128/25", "198.51.100.7/32", "2001:db8:9::/48", "::1/128"))
    clients = {
        "192.0.2.200": "it",
        "192.0.2.1": "accepted",
        "198.51.100.7": "it",
        "2001:db8:9:1::5": "it",
        "2001:db8:a::5": "accepted",
        "::1": "it",
    }
    site = replace(SITE, trusted=())
    with written(part(rule("it", c.ClientIn(networks)), rule("x", c.Not(c.ClientIn(networks))), site=site)) as file:
        found = {client: outcomes(talk(file, Session(client=client))[0])[0] for client in clients}
    assert found == {client: "x" if what == "accepted" else what for client, what in clients.items()}


@pytest.mark.usefixtures("machine_for_exim")
def test_a_list_of_long_members_is_read_whole() -> None:
    domain = ".".join(["d" * 60] * 3) + ".example"
    members = tuple(sorted(f"{'l' * 55}{n}@{domain}" for n in range(100)))
    entries = Entries("long", Kind.ADDRESSES, members)
    with written(part(rule("it", c.SenderIn(entries)))) as file:
        found = [
            outcomes(talk(file, Session(sender=sender))[0])[0] for sender in (members[0], members[-1], "x@y.example")
        ]
    assert found == ["it", "it", "accepted"]


def test_no_text_begins_a_macro() -> None:
    assert "MTA" not in quote.text("the MTA said so")
    assert quote.text("the policy says No.") == "the policy says No."
