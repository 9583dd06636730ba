from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from nullsender import syntax as s
from nullsender.jsonform import FORMS, slots, tags
from nullsender.jsonleaf import READ, WRITTEN, policy_schema
from nullsender.policyschema import written
from nullsender_grammar import schema

NODES = [
    kind for kind in vars(s).values() if isinstance(kind, type) and issubclass(kind, s.Node) and kind is not s.Node
]
UNIONS = {
    "statements": s.Statement,
    "items": s.Item,
    "sources": s.Origin,
    "conditions": s.Cond,
    "narrowings": s.Narrowing,
    "modifiers": s.Modifier,
    "facts": s.Fact,
    "expectations": s.Expectation,
}


def test_the_schema_in_its_file_is_the_one_that_the_forms_make(update_goldens: bool) -> None:
    if update_goldens:
        path = next(iter(__import__("nullsender_grammar").__path__))
        __import__("pathlib").Path(path, "policy.schema.json").write_text(written(), encoding="utf-8")
    assert schema("policy") == written()


def test_the_schema_is_one_of_json_schema_2020_12() -> None:
    Draft202012Validator.check_schema(policy_schema())
    assert policy_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", NODES, ids=lambda kind: str(kind.__name__))
def test_every_node_has_a_form_and_every_field_a_key(kind: type[s.Node]) -> None:
    assert kind in FORMS or (kind in READ and kind in WRITTEN)
    if kind in FORMS:
        form = FORMS[kind]
        for tag in tags(kind):
            named = {slot.name for slot in slots(kind, tag)} | {"span", form.chosen_by} - {""}
            assert named == {field.name for field in fields(kind)}
            assert len({slot.key for slot in slots(kind, tag)}) == len(slots(kind, tag))


@pytest.mark.parametrize("kind", [kind for kind in NODES if kind in FORMS], ids=lambda kind: str(kind.__name__))
def test_a_form_speaks_of_fields_that_are_there(kind: type[s.Node]) -> None:
    form = FORMS[kind]
    spoken_of = {*form.keys, *form.none, *form.only, *form.needs, *form.may_be_empty}
    spoken_of |= set(form.words) - set(form.tags.values())
    assert spoken_of <= {field.name for field in fields(kind)}


@pytest.mark.parametrize("union", UNIONS)
def test_no_two_kinds_that_may_stand_in_one_place_have_one_tag(union: str) -> None:
    found = [tag for kind in get_args(UNIONS[union]) if kind in FORMS for tag in tags(kind)]
    assert len(found) == len(set(found))
    assert "" not in found


def test_every_definition_of_the_schema_is_used() -> None:
    text = schema("policy")
    unused = [name for name in policy_schema()["$defs"] if f'"#/$defs/{name}"' not in text]
    assert set(unused) <= {
        "SUBDOMAINS",
        "PATTERN",
        "DOMAIN",
        "ADDRESS",
        "CIDR",
    }  # by which the reader tells members apart
