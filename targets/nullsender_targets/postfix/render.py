"""Lay out the files: main.cf and master.cf or what is added to them, tables, and lists that stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from heapq import merge
from importlib.resources import files
from itertools import groupby, islice
from pathlib import PurePosixPath

from nullsender.entryfile import expand
from nullsender.layout import Page, Quoted, artifact, render
from nullsender.names import Kind
from nullsender.policy import KNOWN_SECONDS, PASSING_MARK, QUARANTINE_MARK, Letter
from nullsender.target import Artifact
from nullsender_targets.postfix import ir, memory, quote
from nullsender_targets.postfix.detours import QUARANTINE, TRUSTED
from nullsender_targets.postfix.draft import list_file
from nullsender_targets.postfix.forwarding import ADDRESSES, LEAVES, NEXT_HOP, NOBODYS, POSTMASTER, SERVED
from nullsender_targets.postfix.loopback import Port
from nullsender_targets.postfix.returning import NAME as NOTHING
from nullsender_targets.postfix.settings import TEMPLATES
from nullsender_targets.postfix.tags import HERE, INSIDE

PACKAGE = "nullsender_targets.postfix"
FOLDER = "nullsender"
REPLIES = ir.File("texthash", "rbl-replies")
_PIECE = 5_000  # lines of a list
_LISTS = ("recipient_restrictions", "data_restrictions", "end_of_data_restrictions", "relay_restrictions")


_NAMES = {
    "rcpt": Quoted(quote.RCPT),
    "nothing": quote.word(NOTHING),
    "mark": quote.word(PASSING_MARK[0]),
    "service": quote.word(TRUSTED),
    "port": Port.TRUSTED,
    "quarantined": quote.word(QUARANTINE_MARK[0]),
    "quarantine": quote.word(QUARANTINE),
    "quarantine_port": Port.QUARANTINE,
}


def artifacts(configuration: ir.Configuration) -> tuple[Artifact, ...]:
    """Return every file of one Postfix."""
    return (
        *(_whole(configuration) if configuration.standalone else _fragment(configuration)),
        *_keys(configuration),
        *_filters(configuration),
        *(artifact(f"{FOLDER}/{table.name}", _table(table)) for table in configuration.tables),
        *_tags(configuration),
        *_replies(configuration),
        *_templates(configuration),
        *(_list(one) for one in configuration.lists),
        *_directories(configuration),
        *_memory(configuration),
        *_forwarding(configuration),
        *_scripts(),
    )


def _filters(configuration: ir.Configuration) -> Iterator[Artifact]:
    aside = quote.pcre_recipient(configuration.aside) if configuration.aside else None
    for name in configuration.filters:
        page = render(PACKAGE, _template(name), **_NAMES, aside=aside, forwards=configuration.forwarding is not None)
        yield artifact(f"{FOLDER}/{name}", page)


# --- main.cf and master.cf --------------------------------------------------------------------------------------------
def _whole(configuration: ir.Configuration) -> Iterator[Artifact]:
    parameters = [_row(f"smtpd_{which}", p) for p in configuration.parameters if (which := _list_name(p))]
    named = {p.name.removeprefix("nullsender_") for p in configuration.parameters}
    unset = [{"name": quote.word(f"smtpd_{which}"), "parts": (), "ids": ()} for which in _LISTS if which not in named]
    rest = [_row(p.name, p) for p in configuration.parameters if not _list_name(p)]
    page = render(
        PACKAGE,
        "main.cf.j2",
        parameters=rest,
        classes=[_class(one) for one in configuration.classes],
        names=_class_names(configuration),
        lists=[*parameters, *unset],
        replies=quote.table(REPLIES) if configuration.replies else None,
    )
    yield artifact("main.cf", page)
    services = [_service(_reporting(one, configuration)) for one in configuration.services]
    entrance = _service(ir.Service("smtp", "inet", "smtpd", configuration.entrance, private="n"))
    yield artifact("master.cf", render(PACKAGE, "master.cf.j2", services=[entrance, *services]))


def _fragment(configuration: ir.Configuration) -> Iterator[Artifact]:
    own = [p for p in configuration.parameters if _list_name(p)]
    page = render(
        PACKAGE,
        "main.cf.add.j2",
        parameters=[_row(p.name, p) for p in own],
        classes=[_class(one) for one in configuration.classes],
    )
    yield artifact(f"{FOLDER}/main.cf.add", page)
    yield artifact(
        f"{FOLDER}/main.cf.change", render(PACKAGE, "main.cf.change.j2", changes=list(_changes(configuration)))
    )
    services = [_service(one) for one in configuration.services]
    yield artifact(f"{FOLDER}/master.cf.add", render(PACKAGE, "master.cf.add.j2", services=services))
    for file, of in {"entrance": configuration.entrance, "reporting": configuration.reporting}.items():
        options = [{"name": quote.word(name), "value": quote.value(value)} for name, value in of]
        page = render(PACKAGE, f"master.cf.{file}.j2", options=options)
        yield artifact(f"{FOLDER}/master.cf.{file}", page)


def _changes(configuration: ir.Configuration) -> Iterator[dict[str, object]]:
    """Yield what happens to parameters of the owner."""
    names = _class_names(configuration)
    if names:
        yield _change(ir.How.LAST, "smtpd_restriction_classes", Quoted(", ".join(names)))
    if configuration.replies:
        yield _change(ir.How.FIRST, "rbl_reply_maps", quote.table(REPLIES))
    for parameter in configuration.parameters:
        which = _list_name(parameter)
        if which:
            how = ir.How.FIRST if which == "relay_restrictions" else ir.How.WRAP
            yield _change(how, f"smtpd_{which}", Quoted(f"${parameter.name}"), parameter.made_for)
        else:
            yield _change(parameter.how, parameter.name, quote.value(parameter.value), parameter.made_for)


def _change(how: ir.How, name: str, value: Quoted, ids: tuple[str, ...] = ()) -> dict[str, object]:
    return {"how": quote.word(how.value), "name": quote.word(name), "value": value, "ids": ids}


def _list_name(parameter: ir.Parameter) -> str | None:
    return parameter.name.removeprefix("nullsender_") if parameter.name.startswith("nullsender_") else None


def _class_names(configuration: ir.Configuration) -> list[Quoted]:
    return [quote.word(one.name) for one in configuration.classes]


def _row(name: str, parameter: ir.Parameter) -> dict[str, object]:
    items = parameter.value if isinstance(parameter.value, tuple) else None
    return {
        "name": quote.word(name),
        "value": quote.value(parameter.value),
        "parts": [quote.value((item,)) for item in items or ()],  # type: ignore[arg-type]
        "ids": parameter.made_for,
    }


def _class(one: ir.RestrictionClass) -> dict[str, object]:
    return {
        "name": quote.word(one.name),
        "parts": [quote.restriction(item) for item in one.restrictions],
        "words": quote.comment(_words(one.words, one.made_for)),
        "ids": one.made_for,
    }


def _reporting(one: ir.Service, configuration: ir.Configuration) -> ir.Service:
    """Return a service with the options of those that write reports, if it is one."""
    return replace(one, options=one.options + configuration.reporting) if one.command == "bounce" else one


def _service(one: ir.Service) -> dict[str, object]:
    options = [Quoted(f"-o {{ {quote.word(name)} = {quote.value(value)} }}") for name, value in one.options]
    command = one.command
    if options:  # they stand before what a command is told besides
        command, _, arguments = command.partition(" ")
        options += [Quoted(arguments)] if arguments else []
    columns = (one.name, one.type, one.private, one.unprivileged, "n", one.wakeup, one.processes, command)
    return {
        "key": Quoted(f"{one.name}/{one.type}"),
        "columns": Quoted(" ".join(f"{column:<9}" for column in columns).rstrip()),
        "options": options,
        "ids": one.made_for,
    }


# --- tables -----------------------------------------------------------------------------------------------------------
def _table(table: ir.Table) -> Page:
    return render(
        PACKAGE,
        "table.j2",
        words=quote.comment(_words(table.words, table.made_for)),
        rows=list(_rows(table)),
        ids=table.made_for,
    )


def _rows(table: ir.Table) -> Iterator[dict[str, Quoted]]:
    for row in table.rows:
        if table.kind == "cidr":
            for key in quote.cidr_keys(row.key):
                yield {"key": key, "result": quote.cidr_result(row.outcome)}
        else:
            yield {"key": quote.pcre_key(row.key), "result": quote.pcre_result(row.outcome)}


def _words(words: str, ids: tuple[str, ...]) -> str:
    return f"{words} [{', '.join(ids)}]" if ids else words


def _keys(configuration: ir.Configuration) -> Iterator[Artifact]:
    inside = Quoted(quote.delimiter_class(configuration.delimiters)) if configuration.delimiters else None
    for name in ("written", "plain", "domain", "client"):
        if name != "plain" or inside:
            page = render(PACKAGE, f"{name}.pcre.j2", prvs=Quoted(quote.PRVS), delimiters=inside)
            yield artifact(f"{FOLDER}/keys/{name}.pcre", page)


def _tags(configuration: ir.Configuration) -> Iterator[Artifact]:
    if configuration.untags:
        for name in (INSIDE, HERE):
            yield artifact(f"{FOLDER}/{name}", render(PACKAGE, _template(name), member=quote.word(ir.MEMBER)))


def _replies(configuration: ir.Configuration) -> Iterator[Artifact]:
    if configuration.replies:
        rows = [
            {"key": quote.rbl_argument(row), "reply": quote.rbl_reply(row), "id": row.reply.id}
            for row in configuration.replies
        ]
        yield artifact(f"{FOLDER}/{REPLIES.name}", render(PACKAGE, "rbl-replies.j2", rows=rows))


def _templates(configuration: ir.Configuration) -> Iterator[Artifact]:
    if templates := configuration.templates:
        letters = {"failure": templates.failed, "delay": templates.delayed}
        page = render(
            PACKAGE,
            "report-templates.j2",
            ids=templates.made_for,
            letters=[_letter(name, letter) for name, letter in letters.items() if letter],
        )
        yield artifact(f"{FOLDER}/{TEMPLATES}", page)


def _letter(name: str, letter: Letter) -> dict[str, object]:
    return {
        "name": quote.word(name),
        "charset": quote.letter_charset(letter),
        "subject": quote.letter_subject(letter),
        "lines": quote.letter_lines(letter),
        "end": quote.letter_end(letter),
    }


# --- lists ------------------------------------------------------------------------------------------------------------
def _list(one: ir.List) -> Artifact:
    def chunks() -> Iterator[bytes]:
        lines = _lines(one)
        while piece := "".join(islice(lines, _PIECE)):
            yield piece.encode()

    return Artifact(PurePosixPath(FOLDER, list_file(one).name), chunks)


def _lines(one: ir.List) -> Iterator[str]:
    streams = (_entries(one, index) for index in range(len(one.entries)))
    for key, group in groupby(merge(*streams), key=lambda line: line[0]):
        yield f"{key} {next(group)[1]}\n"


def _entries(one: ir.List, index: int) -> Iterable[tuple[str, str]]:
    entries = one.entries[index]
    value = one.values[index] if one.values else one.value
    keys = (
        key for e in expand(entries) if _wanted(one.form, e) for key in quote.list_keys(one.form, e, one.delimiters)
    )
    pairs = ((key, value) for key in keys)
    return pairs if entries.kind is Kind.ADDRESSES or one.form is ir.Form.NETWORKS else sorted(pairs)


def _wanted(form: ir.Form, entry: str) -> bool:
    match form:
        case ir.Form.ADDRESSES:
            return quote.indexable(entry)
        case ir.Form.PATTERNS:
            return not quote.indexable(entry)
        case ir.Form.BELOW:
            return entry.startswith("*.")
        case _:
            return True


# --- directories ------------------------------------------------------------------------------------------------------
def _directories(configuration: ir.Configuration) -> Iterator[Artifact]:
    ours = [(table, one.made_for) for one in configuration.directories for table in one.tables if table.settings]
    for table, ids in ours:
        rows = [{"name": quote.word(name), "value": quote.setting(value)} for name, value in table.settings]
        manual = Quoted(f"{quote.word(table.kind)}_table(5)")
        page = render(PACKAGE, "directory.cf.j2", settings=rows, manual=manual, ids=ids)
        yield artifact(f"{FOLDER}/directories/{table.name}", page)
    for one in configuration.directories:
        tables = [_directory(table) for table in one.tables]
        page = render(PACKAGE, "directories.tables.j2", tables=tables, ids=one.made_for)
        yield artifact(f"{FOLDER}/directories/{one.name}.tables", page)
    passwords = [_password(table) for table, _ in ours if table.password]
    if passwords:
        page = render(PACKAGE, "directories.passwords.j2", passwords=passwords)
        yield artifact(f"{FOLDER}/directories/passwords", page)
    if configuration.directories:
        yield from _scripts("directories")
    if configuration.reporting:
        yield from _scripts("reports")
    if configuration.asks_quota:
        yield artifact(f"{FOLDER}/quota/ask.sh", render(PACKAGE, "quota.sh.j2", **quote.quota_service()))


def _memory(configuration: ir.Configuration) -> Iterator[Artifact]:
    if configuration.remembers:
        place = {"folder": quote.word(memory.FOLDER), "memory": quote.word(memory.MEMORY)}
        asked = {"delimiters": quote.shell(configuration.delimiters), "known": KNOWN_SECONDS}
        page = render(PACKAGE, "memory.sh.j2", seconds=memory.SECONDS, **place, **asked)
        yield artifact(f"{FOLDER}/memory/ask.sh", page)
        yield artifact(f"{FOLDER}/memory/build.sh", render(PACKAGE, "memory-build.sh.j2", **place))


def _directory(table: ir.Directory) -> dict[str, object]:
    """Return a table as the service asks it: with its password, where it has one, or the owner's."""
    folder = "secrets" if table.password else "directories"
    file = f"{folder}/{quote.word(table.name)}" if table.settings else table.name
    return {"seconds": table.seconds, "kind": quote.word(table.kind), "file": Quoted(file)}


def _password(table: ir.Directory) -> dict[str, Quoted]:
    setting, file = table.password or ("", "")
    return {"name": quote.word(table.name), "setting": quote.word(setting), "file": quote.setting(file)}


def _forwarding(configuration: ir.Configuration) -> Iterator[Artifact]:
    if (forwarding := configuration.forwarding) is None:
        return
    words = quote.at_domain(forwarding.domain, configuration.delimiters)
    for name in (ADDRESSES, POSTMASTER, NOBODYS, LEAVES, SERVED):
        page = render(
            PACKAGE,
            _template(name),
            **words,
            member=quote.word(ir.MEMBER),
            neither=quote.word(ir.NEITHER),
            next_hop=Quoted(NEXT_HOP),
            ours=quote.table(forwarding.ours),
        )
        yield artifact(f"{FOLDER}/{name}", page)
    yield from _scripts("srs")


# --- files that are no templates --------------------------------------------------------------------------------------
def _template(name: str) -> str:
    return name.rpartition("/")[2] + ".j2"


def _scripts(below: str = "") -> Iterator[Artifact]:
    for name, content in _script_files(below):
        yield Artifact(PurePosixPath(FOLDER, below, name), lambda content=content: iter((content,)))  # type: ignore[misc]


@cache
def _script_files(below: str) -> tuple[tuple[str, bytes], ...]:
    folder = files(PACKAGE) / "scripts" / below
    return tuple(
        sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.name.endswith((".sh", ".pl")))
    )
