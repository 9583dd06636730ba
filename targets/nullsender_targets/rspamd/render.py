"""Lay out the engine's data as UCL, sets as maps that stream, and the engine itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import PurePosixPath

from nullsender.entryfile import expand
from nullsender.layout import Page, Quoted, artifact, render
from nullsender.names import Kind
from nullsender.policy import PASSING_MARK, QUARANTINE_MARK
from nullsender.target import Artifact
from nullsender_targets.rspamd import ir, quote

PACKAGE = "nullsender_targets.rspamd"
FOLDER = "nullsender"
# Groups of stock symbols whose modules work without a network; without its group a symbol has no score.
GROUPS = ("content", "headers", "mua", "subject")
_PIECE = 5_000  # lines of a map


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule as the template prints it."""

    id: str
    words: Quoted
    lines: tuple[Quoted, ...]


def artifacts(configuration: ir.Configuration) -> tuple[Artifact, ...]:
    """Return every file of one rspamd."""
    whole = (artifact("rspamd.conf", _whole(configuration)),) if configuration.standalone else ()
    return (
        *whole,
        artifact(f"{FOLDER}/nullsender.conf", _section(configuration)),
        *_engine(),
        *(_map(of) for of in configuration.sets if of.compiled),
    )


def _section(configuration: ir.Configuration) -> Page:
    return render(
        PACKAGE,
        "nullsender.conf.j2",
        link=quote.text(configuration.worker.link),
        alone=quote.value(configuration.standalone),
        subaddresses=quote.text(configuration.delimiters),
        quarantine=quote.value(_quarantine(configuration)),
        trusted=quote.value(configuration.trusted),
        upstream=quote.text(configuration.upstream) if configuration.upstream else None,
        redis=quote.text(configuration.redis) if configuration.redis else None,
        kept=quote.value(_kept(configuration.kept), 2),
        batv=quote.value(_signing(configuration.batv)) if configuration.batv else None,
        sets=tuple(_assignment(of) for of in configuration.sets),
        rules=tuple(_row(rule) for rule in configuration.rules),
    )


def _quarantine(configuration: ir.Configuration) -> dict[str, quote.Value]:
    given = _without_none({"into": configuration.into, "address": configuration.into_address})
    if configuration.silences and configuration.worker.link == "milter":
        name, value = QUARANTINE_MARK
        given |= {"mark": {"name": name, "value": value}, "instead": PASSING_MARK[0]}
    return given


def _whole(configuration: ir.Configuration) -> Page:
    return render(
        PACKAGE,
        "rspamd.conf.j2",
        link=configuration.worker.link,
        address=quote.text(configuration.worker.address),
        groups=tuple(map(Quoted, GROUPS)),
        authenticates=configuration.authenticates,
    )


def _assignment(of: ir.MapSet) -> Quoted:
    live = tuple(file.path for file in of.entries.live)
    fields: dict[str, quote.Value] = {"kind": of.entries.kind.value}
    fields |= {"map": of.path} if of.compiled else {}
    fields |= {"live": live} if live else {}
    fields |= {"patterns": of.patterns} if of.patterns else {}
    return quote.assignment(of.entries.name, fields, 4)


def _kept(kept: ir.Kept) -> dict[str, quote.Value]:
    return {"roles": kept.roles, "addresses": kept.addresses, "served": kept.served}


def _signing(batv: ir.Batv) -> dict[str, quote.Value]:
    signs: dict[str, quote.Value] = {"from": batv.senders, "days": batv.days} if batv.senders else {}
    return {"keys": batv.keys, **signs}


def _row(rule: ir.EngineRule) -> _Row:
    fields: dict[str, quote.Value] = {"id": rule.id, "stage": rule.stage, "action": rule.action}
    fields |= _effect(rule.effect)
    fields |= {"report_only": True} if rule.report_only else {}
    fields |= _counter(rule.counter)
    fields |= {"when": _tree(rule.when), "unless": tuple(map(_tree, rule.unless))}
    lines = [line for key, value in fields.items() for line in _lines(key, value)]
    return _Row(rule.id, quote.comment(rule.words or rule.id), tuple(map(Quoted, lines)))


def _lines(key: str, value: quote.Value) -> list[str]:
    return (quote.assignment(key, value) + ";").split("\n")


def _effect(effect: ir.Effect) -> dict[str, quote.Value]:
    match effect:
        case ir.Refusal(code, enhanced, text):
            return {"code": code, "enhanced": enhanced, "text": text}
        case ir.Header(name, value):
            return {"header": {"name": name, "value": value}}
        case None:
            return {}
        case points:
            return {"points": points}


def _counter(counter: ir.Counter) -> dict[str, quote.Value]:
    match counter:
        case ir.Limit(per, count, seconds):
            return {"limit": {"per": per, "count": count, "seconds": seconds}}
        case ir.FirstTries(seconds):
            return {"greylist": {"seconds": seconds}}
        case None:
            return {}


def _tree(tree: ir.Tree) -> quote.Value:
    match tree:
        case ir.Every(parts):
            return {"all": tuple(map(_tree, parts))}
        case ir.Some(parts):
            return {"any": tuple(map(_tree, parts))}
        case ir.Negated(part):
            return {"not": _tree(part)}
        case ir.Question(name, None):
            return name
        case ir.Question(name, ir.Listed(zone, answers)):
            return {name: {"zone": zone, "answers": answers}}
        case ir.Question(name, ir.Expression() as its):
            fields = {"name": its.name, "pattern": its.pattern}
            return {name: {**fields, "ignore_case": its.ignore_case, "empty": its.empty}}
        case ir.Question(name, argument):
            assert not isinstance(argument, ir.Listed | ir.Expression)  # noqa: S101  # were cases before
            return {name: argument}


def _without_none(fields: dict[str, str | None]) -> dict[str, quote.Value]:
    return {key: value for key, value in fields.items() if value is not None}


# --- files that are no templates --------------------------------------------------------------------------------------
def _map(of: ir.MapSet) -> Artifact:
    def lines() -> Iterator[str]:
        yield f"# {of.entries.kind.value} {quote.comment(of.entries.name)}\n"
        for entry in expand(of.entries):
            if of.entries.kind is not Kind.ADDRESSES or "*" not in entry:
                yield quote.map_key(entry) + "\n"

    def chunks() -> Iterator[bytes]:
        source = lines()
        while piece := "".join(islice(source, _PIECE)):
            yield piece.encode()

    return Artifact(PurePosixPath(of.path), chunks)


def _engine() -> Iterator[Artifact]:
    for name, content in _engine_files():
        yield Artifact(PurePosixPath(FOLDER, name), lambda content=content: iter((content,)))  # type: ignore[misc]


@cache
def _engine_files() -> tuple[tuple[str, bytes], ...]:
    folder = files(PACKAGE) / "engine"
    found = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".lua")}
    return tuple(
        (name if name == "engine.lua" else f"engine/{name}", content) for name, content in sorted(found.items())
    )
