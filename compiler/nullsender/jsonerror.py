"""Say where JSON does not keep to the schema of policies, in a user's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from nullsender.diagnostic import Diagnostic
from nullsender.jsonform import FORMAT
from nullsender.jsonleaf import policy_schema
from nullsender.jsontext import Json
from nullsender.source import Span
from nullsender.suggest import did_you_mean

Path = tuple[Any, ...]
_MOST = 12  # alternatives worth reading
_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
}


def violations(json: Json) -> tuple[tuple[Path, ...], tuple[Diagnostic, ...]]:
    """Return the paths of values that are not as the schema says, and an error for each, in the order of the text."""
    found: dict[tuple[int, int, str], Diagnostic] = {}
    paths = []
    for error in _validator().iter_errors(json.plain()):
        path = tuple(error.absolute_path)
        paths.append(path)
        for diagnostic in _said(error, json, path):
            place = diagnostic.span or json.span
            found.setdefault((place.start, place.end, diagnostic.message), diagnostic)
    return tuple(paths), tuple(found[place] for place in sorted(found))


@cache
def _validator() -> Any:
    return Draft202012Validator(policy_schema())


def _said(error: Any, json: Json, path: Path) -> Iterable[Diagnostic]:
    if error.validator == "not":  # only ever of a key that does not go with another
        message = f"`{path[-1]}` does not go with what stands beside it"
        return (Diagnostic("NS704", message, _at(json, path[:-1]).keys[path[-1]]),)
    return _SAID[error.validator](error, _at(json, path))


def _at(json: Json, path: Path) -> Json:
    for step in path:
        json = json.value[step]
    return json


def _unknown_keys(error: Any, json: Json) -> Iterable[Diagnostic]:
    known = sorted(error.schema["properties"])
    for key in json.value:
        if key not in known:
            note = f"known: {_listed(known)}"
            yield Diagnostic("NS704", f"unknown key `{key}`", json.keys[key], note=note, help=did_you_mean(key, known))


def _missing_keys(error: Any, json: Json) -> Iterable[Diagnostic]:
    for key in error.validator_value:
        if key not in json.value:
            yield Diagnostic("NS705", f"the key `{key}` is missing", _brace(json))


def _no_key(error: Any, json: Json) -> Iterable[Diagnostic]:
    known = _listed(error.schema.get("properties", {}))
    yield Diagnostic("NS705", "the object is empty", json.span, note=f"one of these keys has to be there: {known}")


def _many_keys(error: Any, json: Json) -> Iterable[Diagnostic]:
    if all(key in error.schema["properties"] for key in json.value):  # otherwise that is what is wrong
        _, *others = json.value
        help_ = "give each an object of its own"
        yield from (Diagnostic("NS704", f"`{key}` is one key too many", json.keys[key], help=help_) for key in others)


def _needed_keys(error: Any, json: Json) -> Iterable[Diagnostic]:
    for key, others in error.validator_value.items():
        for other in others:
            if key in json.value and other not in json.value:
                yield Diagnostic("NS705", f"`{key}` needs the key `{other}` beside it", json.keys[key])


def _wrong_type(error: Any, json: Json) -> Iterable[Diagnostic]:
    types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if types == ["integer"] and isinstance(json.value, float):
        yield Diagnostic("NS706", f"`{json.span.text}` is not a whole number", json.span)
        return
    wanted = " or ".join(_TYPES.get(type_, f"`{type_}`") for type_ in types)
    yield Diagnostic("NS706", f"{wanted} is wanted here, not {_kind(json.value)}", json.span)


def _wrong_word(error: Any, json: Json) -> Iterable[Diagnostic]:
    words = error.validator_value if error.validator == "enum" else [error.validator_value]
    if error.schema == {"const": FORMAT} and not isinstance(error.validator_value, bool):
        yield Diagnostic("NS706", f"this program reads format {FORMAT} of policies only", json.span)
    elif isinstance(json.value, str):
        help_ = did_you_mean(json.value, [word for word in words if isinstance(word, str)])
        yield Diagnostic(
            "NS706",
            f"`{_short(json.value)}` does not fit here",
            json.span,
            note=f"expected: {_listed(words)}",
            help=help_,
        )
    else:
        yield Diagnostic(
            "NS706", f"{_kind(json.value)} does not fit here", json.span, note=f"expected: {_listed(words)}"
        )


def _wrong_text(error: Any, json: Json) -> Iterable[Diagnostic]:
    wanted = error.schema.get("description", "another text")
    reserved = "a name" in wanted and re.fullmatch(r"[^\W\d_][\w-]*", json.value)
    help_ = f"`{_short(json.value)}` is a word of the language and no name: choose another" if reserved else None
    yield Diagnostic("NS706", f"`{_short(json.value)}` is not {wanted}", json.span, help=help_)


def _wrong_number(error: Any, json: Json) -> Iterable[Diagnostic]:
    wanted = error.schema.get("description", "such a number")
    yield Diagnostic("NS706", f"`{json.span.text}` is not {wanted}, or too large", json.span)


def _too_few(error: Any, json: Json) -> Iterable[Diagnostic]:
    few = "is empty" if not json.value else f"has fewer than {error.validator_value} members"
    yield Diagnostic("NS706", f"the list {few}", json.span)


_SAID: Mapping[str, Callable[[Any, Json], Iterable[Diagnostic]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "minProperties": _no_key,
    "maxProperties": _many_keys,
    "dependentRequired": _needed_keys,
    "type": _wrong_type,
    "enum": _wrong_word,
    "const": _wrong_word,
    "pattern": _wrong_text,
    "minimum": _wrong_number,
    "exclusiveMinimum": _wrong_number,
    "exclusiveMaximum": _wrong_number,
    "minItems": _too_few,
}


def _brace(json: Json) -> Span:
    return Span(json.span.source, json.span.start, json.span.start + 1)


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "`null`", True: "`true`", False: "`false`"}[value]
    types = ((dict, "an object"), (tuple, "a list"), (str, "a string"))
    return next((name for type_, name in types if isinstance(value, type_)), "a number")


def _listed(words: Iterable[Any]) -> str:
    listed = [f"`{str(word).lower() if isinstance(word, bool) else word}`" for word in words]
    return ", ".join([*listed[:_MOST], "…"] if len(listed) > _MOST else listed)


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[:most] + "…"
