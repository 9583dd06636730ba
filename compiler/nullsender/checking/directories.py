"""Settings of directories that recipients are looked up in; secrets are named by file, never written down."""

from __future__ import annotations

from pathlib import Path

from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.context import Context
from nullsender.query import pieces, unquoted
from nullsender.suggest import did_you_mean

_TEXT, _NUMBER, _TIME, _FILE = "a string", "a number", "a length of time", "a file"
_KINDS: tuple[tuple[type[s.Node], str], ...] = (
    (s.Text, _TEXT),
    (s.Number, _NUMBER),
    (s.Duration, _TIME),
    (s.File, _FILE),
)
_SERVER = {"host": _TEXT, "port": _NUMBER, "user": _TEXT, "password": _FILE, "database": _TEXT, "query": _TEXT}
SETTINGS: dict[str, dict[str, str]] = {
    "sqlite": {"database": _TEXT, "query": _TEXT},
    "postgres": {**_SERVER, "timeout": _TIME},
    "mysql": {**_SERVER, "timeout": _TIME},
    "ldap": {
        "server": _TEXT,
        "base": _TEXT,
        "filter": _TEXT,
        "scope": _TEXT,
        "bind": _TEXT,
        "password": _FILE,
        "starttls": _TEXT,
        "timeout": _TIME,
    },
}
WORDS: dict[str, tuple[str, ...]] = {"scope": ("sub", "one", "base"), "starttls": ("yes", "no")}
LONGEST = 60  # seconds
NEEDED: dict[str, tuple[str, ...]] = {
    "sqlite": ("database", "query"),
    "postgres": ("host", "database", "query"),
    "mysql": ("host", "database", "query"),
    "ldap": ("server", "base", "filter"),
}


def directory(node: s.Lookup, context: Context) -> p.Directory:
    """Return a directory with its settings, and say which are unknown, doubled, missing or of the wrong kind."""
    system = node.system.text
    known = SETTINGS[system]
    given: dict[str, s.LookupSetting] = {}
    for setting in node.settings:
        name = setting.name.text
        kind = next(word for type_, word in _KINDS if isinstance(setting.value, type_))
        if name not in known:
            guess = did_you_mean(name, known)
            context.error("NS228", f"{system} has no setting `{name}`", setting.name.span, help=guess)
        elif name in given:
            context.twice("NS228", f"`{name}` stands twice", setting.span, given[name].span)
        elif kind != known[name]:
            why = "secrets are never written into a policy" if known[name] == _FILE else None
            context.error("NS228", f"`{name}` wants {known[name]}, not {kind}", setting.value.span, note=why)
        else:
            given[name] = setting
            _at_the_server(setting, context)
            _within(setting, system, context)
    for name in NEEDED[system]:
        if name not in given and not any(setting.name.text == name for setting in node.settings):
            context.error("NS228", f"{system} needs to know `{name}`", node.span)
    return p.Directory(system, tuple((name, _value(setting.value)) for name, setting in given.items()), node.span)


def _at_the_server(setting: s.LookupSetting, context: Context) -> None:
    """Hold that a file is named by its path at the server, which alone reads it."""
    path = setting.value.path.value if isinstance(setting.value, s.File) else ""
    if isinstance(setting.value, s.File) and not path.startswith("/"):
        context.error(
            "NS228",
            f"`{setting.name.text}` is read by the server: `{path}` is no absolute path",
            setting.value.span,
            help="secrets are named by path and stay at the server",
        )


def _within(setting: s.LookupSetting, system: str, context: Context) -> None:
    """Hold that a setting says what it may: a word of a few, or a query that asks by the address."""
    name, value = setting.name.text, setting.value
    if not isinstance(value, s.Text):
        if isinstance(value, s.Duration) and not 1 <= value.seconds <= LONGEST:
            limits = f"`timeout` is between 1s and {LONGEST}s"
            context.error("NS228", limits, value.span, note="clients give up after five minutes")
        return
    text = value.value
    if name in WORDS and text not in WORDS[name]:
        guess = did_you_mean(text, WORDS[name]) or f"it is {' or '.join(f'`{word}`' for word in WORDS[name])}"
        context.error("NS228", f"`{name}` cannot be `{text}`", value.span, help=guess)
    if name in ("query", "filter"):
        _query(text, value, system, context)


def _query(text: str, value: s.Text, system: str, context: Context) -> None:
    """Hold that every server can fill the address in, and nobody else anything more."""
    try:
        tuple(pieces(text))
    except ValueError as error:
        context.error(
            "NS228",
            f"`{error}` stands for nothing",
            value.span,
            help="`%s` is the address, `%u` its local part, `%d` its domain, and `%%` a percent sign",
        )
        return
    slot = unquoted(text) if system != "ldap" else None
    if slot:
        context.error(
            "NS228",
            f"`{slot.value}` stands outside of single quotes",
            value.span,
            note="what a client wrote is escaped for the inside of a string, and would be part of the query elsewhere",
            help=f"write `'{slot.value}'`",
        )


def _value(value: s.Text | s.Number | s.Duration | s.File) -> str | int | Path:
    match value:
        case s.Text(value=text):
            return text
        case s.Number(value=number):
            return int(number)
        case s.Duration(seconds=seconds):
            return seconds
        case s.File(path=path):
            return Path(path.value)
