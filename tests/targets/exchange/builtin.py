"""PowerShell's values and its own commands, as far as the scripts use them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.targets.exchange.interpreter import Host

FIRST = "the first argument"


class Failure(Exception):  # noqa: N818  # what PowerShell calls a terminating error
    """The script ends with an error."""


class Table(dict[Any, Any]):
    """A hashtable, whose keys are in any case; also an object with properties."""

    def __init__(self, of: dict[Any, Any] | None = None) -> None:
        super().__init__()
        self.update(of or {})

    def _own(self, key: Any) -> Any:
        return next((k for k in self if isinstance(k, str) and isinstance(key, str) and k.lower() == key.lower()), key)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._own(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._own(key), value)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(self._own(key))

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._own(key), default)

    def pop(self, key: Any, *default: Any) -> Any:
        return super().pop(self._own(key), *default)

    def update(self, of: Any) -> None:  # type: ignore[override]
        for key, value in of.items():
            self[key] = value


def text(value: Any) -> str:
    """Return a value as a string, as a cast does."""
    if value is None:
        return ""
    return " ".join(map(text, value)) if isinstance(value, list) else str(value)


def cast(kind: str, value: Any) -> Any:
    return {"[string]": text, "[char]": chr}[kind](value)


def is_a(value: Any, kind: str) -> bool:
    return isinstance(value, {"[bool]": bool, "[System.Collections.IList]": list}[kind])


def add(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        return left + text(right)
    if isinstance(left, list):
        return [*left, *(right if isinstance(right, list) else [right])]
    return left + right


def compare(operator: str, left: Any, right: Any) -> Any:
    match operator:
        case "-eq":
            return _same(left, right)
        case "-ne":
            return not _same(left, right)
        case "-gt":
            return left > right
        case "-ge":
            return left >= right
        case "-notcontains":
            return not any(_same(one, right) for one in left)
        case "-join":
            return text(right).join(map(text, left if isinstance(left, list) else [] if left is None else [left]))
        case "-split":
            return re.split(right, text(left))
        case "-replace":
            pattern, by = right
            return re.sub(pattern, by, text(left), flags=re.IGNORECASE)
    raise NotImplementedError(operator)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return left.lower() == text(right).lower()
    return bool(left == right)


def member(of: Any, name: str) -> Any:
    """Return a property; strict mode wants it to exist."""
    if isinstance(of, Table) and name in of:
        return of[name]
    match name:
        case "Count" if isinstance(of, list | Table):
            return len(of)
        case "Keys" if isinstance(of, Table):
            return list(of)
    raise Failure(f"there is no property {name} in {of!r}")


def method(of: Any, name: str, given: list[Any]) -> Any:
    match name:
        case "ContainsKey":
            return given[0] in of
        case "Clone":
            return Table(of)
        case "StartsWith":
            return of.startswith(given[0])
        case "ShouldProcess":
            return of.should_process(*given)
    raise NotImplementedError(name)


def call(name: str, given: Table, piped: list[Any] | None, host: Host) -> list[Any] | None:
    """Run a command of PowerShell's own; None where it is not one."""
    match name:
        case "Set-StrictMode":
            return []
        case "Get-Command":
            return [] if host.cmdlets(given["Name"], Table({"only": "asking"})) is None else [given["Name"]]
        case "Join-Path":
            return [f"{given['Path']}/{given['ChildPath']}"]
        case "Sort-Object":
            return sorted(piped or [], key=lambda one: text(one).lower())
        case "Select-Object":
            return (piped or [])[: given["First"]]
        case "Write-Output":
            return [given[FIRST]]
        case "Write-Warning":
            host.warned.append(text(given[FIRST]))
            return []
        case _:
            return _file(name, given)


def _file(name: str, given: Table) -> list[Any] | None:
    path = Path(given.get("LiteralPath") or "")
    match name:
        case "Test-Path":
            return [path.exists()]
        case "Remove-Item":
            path.unlink()
            return []
        case "Get-Content":
            return list(path.read_text(encoding="utf-8").splitlines())
        case "Export-Clixml":
            path.write_text(json.dumps(given["InputObject"]))
            return []
        case "Import-Clixml":
            return [json.loads(path.read_text(), object_hook=Table)]
    return None
