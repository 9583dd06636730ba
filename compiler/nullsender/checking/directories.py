"""Settings of directories that recipients are looked up in; secrets are named by file, never written down."""

from __future__ import annotations

from pathlib import Path

from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.context import Context
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
