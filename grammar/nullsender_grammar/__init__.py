"""The language as data: its grammar and the schemas of its JSON forms."""

from __future__ import annotations

from importlib.resources import files


def grammar() -> str:
    """Return the grammar of policy files, in lark's notation."""
    return _read("policy.lark")


def json_grammar() -> str:
    """Return the grammar of JSON, in lark's notation."""
    return _read("json.lark")


def schema(name: str) -> str:
    """Return the JSON Schema `name`: `policy` or `manifest`."""
    return _read(f"{name}.schema.json")


def _read(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
