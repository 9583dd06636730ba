from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullsender import syntax as s
from nullsender.document import from_json, to_json
from nullsender.source import Source
from tests.language.documents import documents, sentence
from tests.language.texts import EDGE, EVERYTHING, from_object, from_statements, from_text, good, parsed, said


def again(document: s.Document) -> s.Document:
    """Return a document from its JSON."""
    read, found = from_object(to_json(document))
    assert found == (), said(found)
    return read


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100)
@given(documents())
def test_a_document_comes_back_from_its_json(document: s.Document) -> None:
    assert again(document) == document


@pytest.mark.parametrize("text", [EDGE, EVERYTHING], ids=["the example", "everything"])
def test_text_and_json_say_the_same(text: str) -> None:
    assert again(good(text)) == good(text)


@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_whatever_the_grammar_derives_is_read_and_comes_back_from_json(random: Random, statements: int) -> None:
    document, found = parsed(sentence(random, statements))
    assert {d.code for d in found} <= {"NS116"}  # what stands twice is more than a grammar can forbid
    assert len(document.statements) == statements
    assert again(document) == document


def test_json_reads_as_a_program_would_write_it() -> None:
    document, found = from_statements(
        {"policy": "edge"},
        {"addresses": {"name": "silent", "members": ["noreply@example.org", {"file": "more.txt"}]}},
        {"rule": {"action": "reject", "subject": "bounces", "narrowings": [{"to": ["silent"]}]}},
        {
            "rule": {
                "action": {"do": "score", "points": 4},
                "subject": "mail",
                "modifiers": [
                    {"when": {"and": [{"sender is": "null"}, {"not": {"client in": ["192.0.2.0/24"]}}]}},
                    {"report only": True},
                ],
            }
        },
    )
    assert found == ()
    assert document == good("""
        policy "edge"
        addresses silent = noreply@example.org, file "more.txt"
        reject bounces to silent
        score 4 mail when sender is null and not client in 192.0.2.0/24 report only
    """)


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ({"trust clients in": {"clients": ["office"]}}, {"trust clients in": ["office"]}),
        ({"return": {"what": "headers"}}, {"return": "headers"}),
        ({"deploy": {"name": "a", "server": {"name": "b"}}}, {"deploy": {"name": "a", "server": "b"}}),
    ],
)
def test_a_short_form_says_the_same(long: Any, short: Any) -> None:
    assert from_statements(long) == from_statements(short)
    assert to_json(from_statements(long)[0])["policy"] == [short]


def test_a_schema_may_be_named_for_editors() -> None:
    document, found = from_object({"$schema": "policy.schema.json", "nullsender": 1, "policy": []})
    assert (document.statements, found) == ((), ())


def test_nodes_know_their_place_in_the_json() -> None:
    text = '{"nullsender": 1, "policy": [{"keep": ["abuse", "n\\u006fc"]}, {"split mail by": ["vip"]}]}'
    document, found = from_text(text)
    keep, split = document.statements
    assert isinstance(keep, s.Keep)
    assert found == ()
    assert [role.span.text for role in keep.roles] == ["abuse", "n\\u006fc"]
    assert keep.roles[1].text == "noc"
    assert keep.span.text == '{"keep": ["abuse", "n\\u006fc"]}'
    assert split.span.text == '{"split mail by": ["vip"]}'


def test_statements_beside_a_broken_one_are_read() -> None:
    document, found = from_statements({"keep": ["abuse"]}, {"keep": []}, {"keep": ["noc"]})
    assert said(found) == ["NS706 []: the list is empty"]
    assert document == good("keep abuse reachable keep noc reachable")


def test_no_source_of_recipients_means_nobody_exists_by_chance() -> None:
    assert [d.code for d in from_statements({"recipients": {"of": ["example.org"]}})[1]] == ["NS705"]
    assert [d.code for d in from_statements({"recipients": {"of": ["example.org"], "from": []}})[1]] == ["NS706"]
    assert from_statements({"recipients": {"of": ["example.org"], "from": "anyone"}})[0] == good(
        "recipients of example.org are anyone"
    )


@pytest.mark.parametrize(
    "name", ["reject", "Reject", "TEST", "file", "LIVE", "several", "1st", "a b", "a.", "", "ab\n"]
)
def test_what_is_no_name_in_text_is_none_in_json(name: str) -> None:
    document, found = from_statements({"deploy": {"name": name, "server": "postfix"}})
    assert found
    assert document.statements == ()


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\0", "\x1b[1m", "\u202e", "\u2028", "\ud800"])
def test_strings_hold_no_character_that_a_text_could_not(text: str) -> None:
    assert {d.code for d in from_statements({"policy": text})[1]} == {"NS103"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "01", "+1", ".5", "9" * 50])
def test_numbers_are_those_of_json_and_of_a_size_that_servers_hold(number: str) -> None:
    text = '{"nullsender": 1, "policy": [{"rule": {"action": {"do": "score", "points": %s}, "subject": "mail"}}]}'
    assert {d.code for d in from_text(text % number)[1]} == {"NS701"}


def nested(depth: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"authenticated": True}
    for number in range(depth):
        condition = {"not": condition} if number % 2 else {"and": [condition, {"authenticated": True}]}
    return {"always": {"verdict": "reject", "when": condition}}


def test_conditions_may_nest_64_deep_as_in_text() -> None:
    assert from_statements(nested(64))[1] == ()
    assert [d.code for d in from_statements(nested(65))[1]] == ["NS113"]


@pytest.mark.parametrize("text", ["[" * 20_000, "[" * 20_000 + "]" * 20_000, '{"a":' * 20_000, "[[[" + "1," * 20_000])
def test_any_depth_is_answered(text: str) -> None:
    document, found = from_text(text)
    assert document.statements == ()
    assert {d.code for d in found} <= {"NS701", "NS703"}
    assert found


def test_a_list_of_ten_thousand_members_takes_seconds_at_most() -> None:
    members = [f"user{number}@example.org" for number in range(10_000)]
    document, found = from_statements({"addresses": {"name": "many", "members": members}})
    assert found == ()
    assert json.dumps(to_json(document)).count("@") == 10_000


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"nullsender": 1, "policy": {}}', '{"nullsender": 1, "nullsender": 1}']
)
def test_a_file_without_statements_to_speak_of_is_no_document(text: str) -> None:
    document, found = from_json(Source("policy.json", text))
    assert document is None
    assert found
