"""Text of a policy never leaves its quotes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullsender_targets.exchange import ir, quote
from nullsender_targets.exchange.cmdlets import Service
from nullsender_targets.exchange.render import render
from tests.targets.exchange.builtin import Table
from tests.targets.exchange.interpreter import value_of
from tests.targets.exchange.syntax import faults, nodes, parse, said, strings, words

# Quotes that PowerShell knows, what it expands and where it goes on, and letters of several lengths in UTF-8.
CHARACTERS = "'\u2018\u2019\u201a\u201b\"\u201c\u201d`$(){}@#;|&<>,\\/ a\u00d1\u00e9\u65e5\U0001f4e7"
PIECES = ["'", "''", "\u2019", "'; Remove-X", "$(", "#>", "'@", "@'", "`n", "a", " "]
NASTY = st.text(st.sampled_from(CHARACTERS), max_size=40)
TEXTS = NASTY | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(TEXTS)
def test_a_string_is_one_token_that_says_the_text(text: str) -> None:
    script = f"@{{ A = {quote.text(text)} }}"
    tree = parse(script)
    (token,) = (words(node) for node in nodes(tree) if node.type == "verbatim_string_characters")
    assert (faults(tree), strings(script), said(token)) == ([], [token], text)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_list_says_its_texts(texts: list[str]) -> None:
    script = f"@{{ A = {quote.value(tuple(texts))} }}"
    assert faults(parse(script)) == []
    assert list(map(said, strings(script))) == texts


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\0", "\x1b[0m", "\x7f", "a\u2028b", "a\x85b"])
def test_what_would_be_a_second_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        quote.text(text)


@given(st.text())
def test_a_comment_is_one_line(text: str) -> None:
    line = quote.comment(text)
    assert len(f"# {line}".splitlines()) == 1
    assert faults(parse(f"# {line}\n$x = 'after'")) == []


@given(TEXTS, TEXTS, TEXTS)
def test_a_script_says_what_was_wanted_whatever_the_texts(header: str, words_: str, note: str) -> None:
    settings = (ir.Setting("SetHeaderName", "X-Note"), ir.Setting("SetHeaderValue", header))
    wanted = ir.Wanted(Service.ONLINE, "TransportRule", "nullsender t: one", settings, words_, ("one",))
    made = render(ir.Scripts(Service.ONLINE, "t", (wanted,), (ir.Note(note, "two"),), None, ()))
    with TemporaryDirectory() as folder:
        script = Path(folder, "policy.ps1")
        script.write_bytes(b"".join(made[0].chunks()))
        read = value_of(script)
        tokens = [words(node) for node in nodes(parse(script.read_text("utf-8"))) if node.type.startswith("verbatim")]
        assert strings(script.read_text("utf-8")) == tokens
    assert read["Notes"] == [note]
    assert read["Wanted"][0]["Set"] == Table({"SetHeaderName": "X-Note", "SetHeaderValue": header})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3_600, "'01:00:00'"), (86_400, "'1.00:00:00'"), (90_061, "'1.01:01:01'"), (90 * 86_400, "'90.00:00:00'")],
)
def test_a_time_is_the_same_in_every_culture(seconds: int, text: str) -> None:
    assert quote.time(timedelta(seconds=seconds)) == text


def test_a_name_of_a_parameter_is_a_word() -> None:
    assert quote.word("NDREnabled") == "NDREnabled"
    with pytest.raises(ValueError, match="no name"):
        quote.word("A = 'b'; C")
