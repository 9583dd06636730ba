"""OpenLDAP's server in the lab: entries below a base, of a schema that has just the words that are asked for."""

from __future__ import annotations

import re
import shutil
import socket
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from nullsender.lab.directories.server import GROUP, SECRET, USER, Found, Held, Server, run

_NUMBERS = "1.3.6.1.4.1.4203.666.11"  # OpenLDAP's for experiments
_ATTRIBUTES = frozenset(
    {
        *("objectclass", "cn", "commonname", "name", "uid", "userid", "uidnumber", "gidnumber", "description"),
        *("seealso", "labeleduri", "distinguishedname", "userpassword"),
    }
)  # that it knows by itself
_CLASSES = frozenset({"top", "extensibleobject", "alias", "referral", "subentry"})
_PERSON = "nullsenderPerson"


class Ldap:
    """Each base is a database of its own, and so is whoever binds."""

    name = "OpenLDAP"

    def __init__(self, found: Found, home: Path) -> None:
        self._slapd, self.environment, self._home = str(found.path), found.environment, home

    @property
    def socket(self) -> Path:
        return self._home / "socket"

    @property
    def command(self) -> tuple[str, ...]:
        return (self._slapd, "-f", str(self._home / "conf"), "-h", f"ldapi://{quote(str(self.socket), '')}", "-d", "0")

    def ask(self) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))

    def make(self) -> None:
        """Make nothing: all is made anew when it is filled."""

    def fill(self, held: Held, server: Server) -> None:
        server.kill()
        data = self._home / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        (self._home / "conf").write_text("".join(f"{line}\n" for line in _configuration(held, data)))
        for number, base in enumerate(dict.fromkeys(asked.directory.text("base") for asked in held)):
            ldif = self._home / f"{number}.ldif"
            ldif.write_text(_entries(held, base))
            for path in (self._home, *self._home.rglob("*")):
                shutil.chown(path, USER, GROUP)
            run(
                (self._slapd, "-T", "add", "-f", str(self._home / "conf"), "-b", base, "-l", str(ldif)),
                "",
                self.environment,
            )
        server.start()


def _configuration(held: Held, data: Path) -> Iterator[str]:
    """Yield the lines of its file: the words, and a database for each name that is asked for or asks."""
    sources = [asked.directory for asked in held]
    bases = dict.fromkeys(source.text("base") for source in sources)
    who = dict.fromkeys(source.text("bind") for source in sources if source.text("bind"))
    named = (word for name in (*bases, *who) for word in re.findall(r"([\w-]+)=", name))
    asked = {name: value for one in held for name, value in one.equal}
    classes = {value for one in held for name, value in one.equal if name == "objectclass"}
    for number, word in enumerate(dict.fromkeys(word.lower() for word in (*named, *asked))):
        if word not in _ATTRIBUTES:
            yield f"attributetype ( {_NUMBERS}.1.{number} NAME '{word}' EQUALITY caseIgnoreMatch SUBSTR"
            yield "  caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
    yield f"objectclass ( {_NUMBERS}.2 NAME '{_PERSON}' SUP top STRUCTURAL )"
    for number, word in enumerate(sorted(classes)):
        if word.lower() not in _CLASSES:
            yield f"objectclass ( {_NUMBERS}.3.{number} NAME '{word}' SUP top AUXILIARY )"
    for number, name in enumerate(sorted(dict.fromkeys((*bases, *who)), key=lambda name: -name.count(","))):
        folder = data / str(number)
        folder.mkdir()
        yield "database ldif"
        yield f'suffix "{name}"'
        yield f"directory {folder}"
        if name in who:
            yield f'rootdn "{name}"'
            yield f'rootpw "{SECRET}"'
        readers = {source.text("bind") for source in sources if source.text("base") == name}
        if name in bases:
            yield "access to *"
            yield from (f'  by dn.exact="{reader}" read' for reader in sorted(readers) if reader)
            yield f"  by * {'read' if '' in readers else 'auth'}"


def _entries(held: Held, base: str) -> str:
    """Return the entry of a base and those below it (LDIF, RFC 2849)."""
    first, _, value = base.partition(",")[0].partition("=")
    found = [_entry(base, (_PERSON,), ((first.strip(), value.strip()),))]
    below = dict.fromkeys(
        asked.row(address) for asked, known in held.items() if asked.directory.text("base") == base for address in known
    )
    for number, row in enumerate(below):
        classes = (_PERSON, *(value for name, value in row if name == "objectclass"))
        values = tuple((name, value) for name, value in row if name != "objectclass")
        found.append(_entry(f"cn=box{number},{base}", classes, (("cn", f"box{number}"), *values)))
    return "\n".join(found)


def _entry(name: str, classes: Iterable[str], values: Iterable[tuple[str, str]]) -> str:
    wanted = dict.fromkeys((*classes, "extensibleObject"))
    lines = [_line("dn", name), *(_line("objectClass", one) for one in wanted if one != "x")]
    return "".join((*lines, *(_line(*pair) for pair in values)))


def _line(name: str, value: str) -> str:
    return f"{name}:: {b64encode(value.encode()).decode()}\n"
