"""Lay the IR out as files below Exim's configuration directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files as files_of
from pathlib import PurePosixPath

from nullsender.entryfile import expand
from nullsender.layout import Page, Quoted, artifact
from nullsender.layout import render as page
from nullsender.policy import Into
from nullsender.target import Artifact
from nullsender_targets.exim import answering, directories, ir, quote, serving
from nullsender_targets.exim.remembering import MEMORY
from nullsender_targets.exim.spelling import condition, list_name
from nullsender_targets.exim.statements import acl

HERE = __package__ or ""
FOLDER = "nullsender"
WHOLE = "exim4.conf"
LONG = 90
_KIND = {ir.Match.ADDRESS: "addresslist", ir.Match.DOMAIN: "domainlist", ir.Match.IP: "hostlist"}
_WITH_MACRO = ("rcpt", "data")  # ACLs whose names Debian's configuration takes from a macro


@dataclass(frozen=True, slots=True)
class Command:
    """An SMTP command that has an ACL of ours."""

    name: Quoted
    macro: Quoted
    debian: bool
    relays: bool


@dataclass(frozen=True, slots=True)
class List:
    kind: Quoted
    name: Quoted
    members: Quoted


def render(exim: ir.Exim) -> tuple[Artifact, ...]:
    """Return the files of one deployment."""
    commands = [Command(Quoted(c), Quoted(c.upper()), c in _WITH_MACRO, c == "rcpt") for c in exim.commands]
    ndrs = exim.ndrs
    own_way = serving.through(ndrs)
    routing = {"served": serving.domains(exim.served), "elsewhere": serving.domains(exim.served, negated=True)}
    signed = {"rewrites": exim.rewrites, "forwards": exim.srs_keys is not None}
    callouts = [serving.hop(one) for one in exim.callouts]
    fragments: dict[str, dict[str, object]] = {
        "main": {
            "lists": [_list(one) for one in exim.lists],
            "commands": commands,
            "filter": _filter(exim),
            "memory": Quoted(MEMORY) if exim.remembers else None,
            "keys": quote.text(exim.keys) if exim.keys else None,
            "srs_keys": quote.text(exim.srs_keys) if exim.srs_keys else None,
            "options": serving.options(ndrs),
            "answers": answering.condition(ndrs),
            "answers_origin": ndrs.origins["answers"].id if "answers" in ndrs.origins else None,
            "bounces_end": ndrs.bounce_seconds is not None,
            "systems": {one.directory.system: True for one in exim.directories},
            "encrypts": directories.encrypts(exim.directories),
        },
        "acl": {
            "acls": [acl(block) for block in exim.acls],
            "owners": () if exim.standalone else commands,
            "srs": quote.zone(exim.srs_domain) if exim.srs_domain else None,
        },
        "routers": {
            **routing,
            **_quarantine(exim),
            "drops": serving.drops(ndrs),
            "copy": _postmaster(exim) if ndrs.copy else None,
            "origin": ndrs.origins["to"].id if "to" in ndrs.origins else None,
            "through": own_way,
            "cuts": serving.cuts(ndrs),
            "silent": ndrs.answers is not None and not ndrs.answers.ordinary,
            "answers_origin": ndrs.origins["answers"].id if "answers" in ndrs.origins else None,
            "srs": _srs(exim),
            "callouts": callouts,
        },
        "transports": {
            "callouts": callouts,
            "hold": exim.quarantine is Into.HOLD,
            "through": own_way,
            "cuts": serving.cuts(ndrs),
            **signed,
        },
        "retry": {"rules": serving.retries(ndrs)},
    }
    shared = {"standalone": exim.standalone, "debian": exim.placement == "debian" and not exim.standalone}
    files = [
        artifact(f"{FOLDER}/{name}.conf", page(HERE, f"{name}.conf.j2", **shared, **values))
        for name, values in fragments.items()
    ]
    if exim.looks_into:
        files.append(_script("returned.pl"))
    if serving.cuts(ndrs):
        files.append(_script("cut.pl"))
    files.extend(_table(table) for table in exim.tables)
    files.extend(_letters(ndrs))
    if exim.standalone:
        whole = {
            "hops": [serving.hop(one) for one in exim.hops],
            "postmaster": _postmaster(exim) if exim.postmaster else None,
            "errors_to": serving.double_bounces(ndrs),
            "warns": ndrs.warn_seconds is not None,
            **signed,
        }
        files.append(artifact(WHOLE, page(HERE, f"{WHOLE}.j2", **routing, **whole)))
    return (*files, *_directories(exim.directories))


def _directories(asked: tuple[ir.Search, ...]) -> Iterator[Artifact]:
    """Yield the settings by which SQL servers are reached, and what puts the passwords to them."""
    postgres = [one for one in asked if one.directory.system == "postgres"]
    mysql = [one for one in asked if one.directory.system == "mysql"]
    for one in postgres:
        yield artifact(f"{FOLDER}/directories/{one.server}.service", _settings(one, directories.service(one)))
    for one in mysql:
        source = one.directory
        server = f"{directories.server(one)}/{source.text('database')}/{source.text('user')}/"
        yield artifact(f"{FOLDER}/directories/{one.server}.server", Page(f"{quote.setting(server)}\n", ()))
    if mysql:
        pages = [_settings(one, directories.options(one)).text for one in mysql]
        yield artifact(f"{FOLDER}/directories/my.cnf", Page("\n".join(pages), ()))
    secrets = [(one.server, one.directory.password) for one in asked if one.directory.password]
    if postgres or mysql or secrets:
        lines = "".join(f"{name} {quote.setting(file or '')}\n" for name, file in secrets)
        yield artifact(f"{FOLDER}/directories/passwords", Page(lines, ()))
        build = (files_of(HERE) / "scripts" / "build.sh").read_bytes()
        yield Artifact(PurePosixPath(FOLDER, "directories", "build.sh"), lambda: iter((build,)))


def _settings(one: ir.Search, rows: tuple[tuple[str, str], ...]) -> Page:
    settings = [{"name": Quoted(name), "value": quote.setting(value)} for name, value in rows]
    return page(HERE, "settings.j2", name=quote.word(one.server), settings=settings)


def _letters(ndrs: ir.Ndrs) -> Iterator[Artifact]:
    if ndrs.words is None:
        return
    for name, letter in {serving.FAILED: ndrs.words.failed, serving.DELAYED: ndrs.words.delayed}.items():
        if letter:
            values = {"subject": quote.letter_subject(letter), "lines": quote.letter_lines(letter)}
            origin = ndrs.origins["words"].id
            yield artifact(f"{FOLDER}/{name}", page(HERE, "letter.j2", origin=origin, **values))


def _list(one: ir.NamedList) -> List:
    """Return a list on one line, or with one member a line where that would be long."""
    members = [quote.member(one.match, member) for member in one.members]
    start, separator = ("<; ", " ; ") if one.match is ir.Match.IP and members else ("", " : ")
    joined = start + separator.join(members)
    if len(joined) > LONG:
        broken = f"{separator.rstrip()} \\\n  "
        joined = f"{start}\\\n  {broken.join(members)}"
    return List(Quoted(_KIND[one.match]), Quoted(list_name(one)), Quoted(joined))


def _filter(exim: ir.Exim) -> Quoted | None:
    if exim.filter is None:
        return None
    host, _, port = exim.filter.address.rpartition(":")
    return Quoted(f"{quote.ip(host.strip('[]'))} {int(port)}")


def _srs(exim: ir.Exim) -> dict[str, Quoted] | None:
    if exim.srs_domain is None:
        return None
    return {
        "domain": quote.zone(exim.srs_domain),
        "valid": condition(ir.Known.SRS_VALID),
        "postmaster": _postmaster(exim),
    }


def _postmaster(exim: ir.Exim) -> Quoted:
    return Quoted(f"postmaster@{quote.zone(exim.postmaster)}" if exim.postmaster else "postmaster")


def _quarantine(exim: ir.Exim) -> dict[str, object]:
    address = exim.quarantine_address if exim.quarantine is Into.ADDRESS else None
    return {
        "hold": exim.quarantine is Into.HOLD,
        "address": quote.address(address) if address else None,
    }


def _script(name: str) -> Artifact:
    octets = (files_of(HERE) / "scripts" / name).read_bytes()
    return Artifact(PurePosixPath(f"{FOLDER}/{name}"), lambda: iter((octets,)))


def _table(table: ir.Table) -> Artifact:
    def chunks() -> Iterator[bytes]:
        for entry in expand(table.entries):
            if table.form not in (ir.Form.ADDRESSES, ir.Form.PATTERNS) or ("*" in entry) is (
                table.form is ir.Form.PATTERNS
            ):
                yield f"{quote.key(table.form, entry)}:\n".encode()

    folder = f"{FOLDER}/indexed" if table.indexed else FOLDER
    return Artifact(PurePosixPath(f"{folder}/{quote.word(table.name)}"), chunks)
