"""Lay the IR out as files below Exim's configuration directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from nullsender.entryfile import expand
from nullsender.layout import Quoted, artifact
from nullsender.layout import render as page
from nullsender.policy import Into
from nullsender.target import Artifact
from nullsender_targets.exim import ir, quote
from nullsender_targets.exim.serving import domains, serving
from nullsender_targets.exim.spelling import list_name
from nullsender_targets.exim.statements import acl

HERE = __package__ or ""
FOLDER = "nullsender"
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
    fragments = (
        ("main", {"lists": [_list(one) for one in exim.lists], "commands": commands, "filter": _filter(exim)}),
        ("acl", {"acls": [acl(block) for block in exim.acls], "owners": () if exim.standalone else commands}),
        ("routers", _routers(exim)),
        ("transports", {"hold": exim.quarantine is Into.HOLD}),
    )
    shared = {"standalone": exim.standalone, "debian": exim.placement == "debian" and not exim.standalone}
    files = [
        artifact(f"{FOLDER}/{name}.conf", page(HERE, f"{name}.conf.j2", **shared, **values))
        for name, values in fragments
    ]
    files.extend(_table(table) for table in exim.tables)
    if exim.server is not None:
        files.append(artifact("exim4.conf", page(HERE, "exim4.conf.j2", **serving(exim.server, exim.served))))
    return tuple(files)


def _list(one: ir.NamedList) -> List:
    members = [quote.member(one.match, member) for member in one.members]
    colons = " : ".join(members)
    joined = f"<; {' ; '.join(members)}" if one.match is ir.Match.IP and members else colons
    return List(Quoted(_KIND[one.match]), Quoted(list_name(one)), Quoted(joined))


def _filter(exim: ir.Exim) -> Quoted | None:
    if exim.filter is None:
        return None
    host, _, port = exim.filter.address.rpartition(":")
    return Quoted(f"{quote.ip(host.strip('[]'))} {int(port)}")


def _routers(exim: ir.Exim) -> dict[str, object]:
    address = exim.quarantine_address if exim.quarantine is Into.ADDRESS else None
    return {
        "served": domains(exim.served),
        "hold": exim.quarantine is Into.HOLD,
        "junk": exim.quarantine is Into.JUNK and not exim.standalone,
        "address": quote.address(address) if address else None,
        "address_text": quote.text(quote.dequoted(address)) if address else None,
    }


def _table(table: ir.Table) -> Artifact:
    def chunks() -> Iterator[bytes]:
        for entry in expand(table.entries):
            if table.form not in (ir.Form.ADDRESSES, ir.Form.PATTERNS) or ("*" in entry) is (
                table.form is ir.Form.PATTERNS
            ):
                yield f"{quote.key(table.form, entry)}:\n".encode()

    folder = f"{FOLDER}/indexed" if table.indexed else FOLDER
    return Artifact(PurePosixPath(f"{folder}/{quote.word(table.name)}"), chunks)
