"""Whatever somebody does to a policy, reading it ends in errors, and not in many more than he made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullsender.document import to_json
from tests.language.texts import EDGE, EVERYTHING, from_text, good, parsed, said

Mutation = Callable[[str, Random, int], str]
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"|\s+|[\w.@:/*-]+|.')
_CHARACTERS = '"\\#{}()<>,=/\n a1.-é*@;\u4e00'
_JSON = json.dumps(to_json(good(EDGE)))
_STATEMENTS = len(good(EDGE).statements)
_WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), max_size=5)
_BASES = {"the example": EDGE, "everything": EVERYTHING}


def mutated_tokens(text: str, random: Random, times: int) -> str:
    tokens = _TOKEN.findall(text)
    for _ in range(times):
        at = random.randrange(len(tokens))
        match random.randrange(3):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, f" {random.choice(tokens)} ")
            case _:
                tokens[at] = random.choice(tokens)
    return "".join(tokens)


def mutated_characters(text: str, random: Random, times: int) -> str:
    characters = list(text)
    for _ in range(times):
        at = random.randrange(len(characters))
        match random.randrange(3):
            case 0:
                del characters[at]
            case 1:
                characters.insert(at, random.choice(_CHARACTERS))
            case _:
                characters[at] = random.choice(_CHARACTERS)
    return "".join(characters)


@pytest.mark.parametrize("base", _BASES)
@pytest.mark.parametrize("mutated", [mutated_tokens, mutated_characters])
@settings(max_examples=60)
@given(random=st.randoms(use_true_random=False), times=st.integers(1, 3))
def test_a_few_mistakes_are_a_few_errors(base: str, mutated: Mutation, random: Random, times: int) -> None:
    text = mutated(_BASES[base], random, times)
    _, found = parsed(text)
    assert len(found) <= 2 * times, said(found)


def test_a_mistake_is_mostly_one_error() -> None:
    random = Random(1)  # noqa: S311  # the same mistakes each time
    counts = [len(parsed(mutated_tokens(EDGE, random, 1))[1]) for _ in range(200)]
    assert sum(count > 1 for count in counts) <= 10
    assert sum(counts) > 100


@settings(max_examples=60)
@given(st.text(st.sampled_from(_CHARACTERS + "rejctbounsmail ()\t"), max_size=200))
def test_any_text_is_answered(text: str) -> None:
    document, found = parsed(text)
    assert document.statements or found or not re.sub(r"#.*", "", text).strip()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(set(EVERYTHING.split()))), max_size=40))
def test_any_words_of_the_language_are_answered(words: list[str]) -> None:
    document, found = parsed(" ".join(words))
    assert document.statements or found or not words or words[0] == "#"
    assert len(found) <= len(words)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_mistake_in_json_is_answered(random: Random, times: int) -> None:
    text = mutated_characters(_JSON, random, times)
    document, found = from_text(text)
    assert len(document.statements) <= _STATEMENTS
    assert all(d.span and 0 <= d.span.start <= d.span.end <= len(text) for d in found)


@settings(max_examples=60)
@given(st.integers(0, 500), st.none() | st.booleans() | st.integers() | _WORDS | st.lists(_WORDS, max_size=3))
def test_any_value_in_the_place_of_another_is_answered(at: int, other: object) -> None:
    strings = [match for match in re.finditer(r'"(?:[^"\\]|\\.)*"(:?)', _JSON) if not match[1]]
    place = strings[at % len(strings)]
    text = _JSON[: place.start()] + json.dumps(other) + _JSON[place.end() :]
    document, found = from_text(text)
    assert len(document.statements) + bool(found) >= _STATEMENTS
