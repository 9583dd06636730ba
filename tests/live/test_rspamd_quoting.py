"""Text of a policy never leaves its quotes: whatever it holds, rspamd reads back what was written."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import Entries, Kind
from nullsender_targets.rspamd import quote
from tests.live.lab import Lab
from tests.targets.rspamd.milter import Mail
from tests.targets.rspamd.parts import part, rule
from tests.targets.rspamd.running import place, running

pytestmark = pytest.mark.live

TRAPS = (
    '"', "'", "\\", "$CONFDIR", "${CONFDIR}", "$$CONFDIR", "{= 1 =}", "{%", "%}", "{% raw %}", "{% endraw %}",
    "{#", "#}", "{", "}", ";", "#", "/*", "*/", "<<EOD", "EOD", "=", ",", "[", "]", ".include", "10k", "null", "yes",
    "%d", "%s", "\\n", "\\u0041", "é", "😀", "\u2028", " ", "-", "a",
)  # fmt: skip
text = st.one_of(
    st.lists(st.sampled_from(TRAPS), max_size=12).map("".join),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=60),
)
unhurried = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
LOCALS = st.text(st.sampled_from("abcz019!#$%&'*+/=?^_`{|}~-é"), min_size=1, max_size=12).filter(lambda s: "*" not in s)
ODD = (
    '"a b"@example.org', '"a\\"b"@example.org', '"a\\\\b"@example.org', "#@example.org", "a#b@example.org",
    "/a/@example.org", "a/b@example.org", "'a'@example.org", "{= 1 =}@example.org".replace(" ", ""),
    "$confdir@example.org", '"#"@example.org', "é@example.org",
)  # fmt: skip


def read_back(folder: Path, content: str) -> dict[str, object]:
    (folder / "rspamd.conf").write_text(content)
    command = ["rspamadm", "--var=CONFDIR=/hijacked", "configdump", "-j", "-c", str(folder / "rspamd.conf")]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found: dict[str, object] = json.loads(dumped.stdout)
    return found


@unhurried
@given(st.lists(text, min_size=1, max_size=30))
@example([" ".join(TRAPS), "x" * 5_000])
def test_a_string_is_read_back_as_it_was(tmp_path: Path, strings: list[str]) -> None:
    content = f"strings = {quote.value(tuple(strings))};\nend = 1;\n"
    assert read_back(tmp_path, content) == {"strings": strings, "end": 1}


@unhurried
@given(st.dictionaries(text.filter(bool), text, max_size=8))
def test_a_key_is_read_back_as_it_was(tmp_path: Path, fields: dict[str, str]) -> None:
    found = read_back(tmp_path, f"fields = {quote.value(fields)};\nend = 1;\n")
    assert found == {"fields": fields, "end": 1}


@unhurried
@given(st.lists(text, max_size=20))
@example([" ".join(TRAPS)])
def test_a_comment_says_nothing_to_rspamd(tmp_path: Path, comments: list[str]) -> None:
    lines = [f"# {quote.comment(comment)}\nk{number} = {number};" for number, comment in enumerate(comments)]
    assert read_back(tmp_path, "\n".join((*lines, "end = 1;", ""))) == {
        **{f"k{number}": number for number in range(len(comments))},
        "end": 1,
    }


@pytest.mark.parametrize("number", [0, 1, -1, 1.5, -0.25, 15, 1000, 0.000001])
def test_a_number_is_read_back_as_it_was(tmp_path: Path, number: float) -> None:
    assert read_back(tmp_path, f"number = {quote.value(number)};\n") == {"number": number}


def test_ids_words_headers_and_replies_arrive_at_the_engine_as_they_were(lab: Lab) -> None:
    lab.fresh()
    odd = "{= 1 =} ${CONFDIR} \"q\" 'q' \\n {% if %} # ; } 100% %s"
    rules = (
        replace(rule("x", p.Tag("X-Odd", odd), c.SenderNull()), words=odd),
        replace(rule(odd, p.Reject(), c.Scoring(5), reply=p.Reply(550, "5.7.1", odd)), words=odd),
    )
    with running(part(*rules)) as rspamd:
        assert rspamd.show(Mail(sender="", score=0)).added == (("X-Odd", odd),)
        assert rspamd.show(Mail(score=6)).reply == f"554 5.7.1 {odd} [{odd}]"
        assert f"nullsender: reject [{odd}]" in rspamd.log()


def test_odd_addresses_are_members_of_their_sets(lab: Lab) -> None:
    lab.fresh()
    ascii_only = tuple(sorted(entry for entry in ODD if entry.isascii()))
    odd = Entries("odd", Kind.ADDRESSES, ascii_only)
    with running(part(rule("member", p.Reject(), c.SenderIn(odd)))) as rspamd:
        for address in ascii_only:
            assert rspamd.show(Mail(sender=address)).reply.endswith("[member]"), address
        for address in (
            "a@example.org",
            '"a c"@example.org',
            '"a"@example.org',
            "b@example.org",
            "nothing@example.org",
        ):
            assert rspamd.show(Mail(sender=address)).accepted, address


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LOCALS.filter(str.isascii), min_size=30, max_size=60, unique=True))
def test_any_local_part_is_a_member_of_the_set_that_holds_it(lab: Lab, locals_: list[str]) -> None:
    lab.fresh()
    half = len(locals_) // 2
    members, strangers = locals_[:half], locals_[half:]
    odd = Entries("odd", Kind.ADDRESSES, tuple(sorted(f"{name}@example.org" for name in members)))
    with running(part(rule("member", p.Reject(), c.SenderIn(odd)), delimiters="")) as rspamd:
        assert [m for m in members if not rspamd.show(Mail(sender=f"{m}@example.org")).reply] == []
        assert [s for s in strangers if rspamd.show(Mail(sender=f"{s}@example.org")).reply] == []


def test_odd_patterns_match_what_they_stand_for_and_nothing_else(lab: Lab) -> None:
    lab.fresh()
    members = ("a.b%-*@example.org", "*+[x@lists.example.org", "mailer-daemon@*", "x*y@*.deep.example")
    odd = Entries("odd", Kind.ADDRESSES, tuple(m for m in members if "[" not in m))
    with running(part(rule("member", p.Reject(), c.SenderIn(odd)), delimiters="")) as rspamd:
        for address in (
            "a.b%-@example.org",
            "a.b%-1@example.org",
            "MAILER-DAEMON@anywhere.example",
            "xy@a.deep.example",
        ):
            assert rspamd.show(Mail(sender=address)).reply.endswith("[member]"), address
        for address in (
            "aab%-1@example.org",
            "a.b%@example.org",
            "a.b%-@example.net",
            "xy@deep.example",
            "x@b.example",
        ):
            assert rspamd.show(Mail(sender=address)).accepted, address


def test_names_of_sets_are_only_names(lab: Lab) -> None:
    lab.fresh()
    place(part(rule("x", p.Reject(), c.SenderIn(Entries("a-1-b", Kind.DOMAINS, ("partner.example",))))))
    assert Path("/etc/rspamd/nullsender/sets/a-1-b.map").read_text() == "# domains a-1-b\npartner.example\n"
