"""Let PowerShell's own parser read the scripts and the data, where there is a PowerShell."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from nullsender.target import Finding, Verification

_SECONDS = 60
_PARSE = (
    "foreach ($path in $args) { $errors = $null; "
    "$null = [System.Management.Automation.Language.Parser]::ParseFile($path, [ref] $null, [ref] $errors); "
    "foreach ($one in $errors) { '{0}|{1}|{2}' -f $path, $one.Extent.StartLineNumber, $one.Message } }"
)
_FOUND = re.compile(r"(.+)\|(\d+)\|(.+)")


def verify(folder: Path, standalone: bool) -> Verification:  # noqa: ARG001  # a service has one mode
    """Parse every script below `folder`."""
    pwsh = shutil.which("pwsh")
    if pwsh is None:
        return Verification(not_run=("pwsh: PowerShell is not installed",))
    scripts = sorted(str(path) for path in (folder / "nullsender").iterdir() if path.suffix in {".ps1", ".psd1"})
    done = subprocess.run(  # noqa: S603  # the program that PATH names, with arguments of ours
        [pwsh, "-NoProfile", "-NonInteractive", "-Command", f"& {{ {_PARSE} }} {' '.join(map(_quoted, scripts))}"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=_SECONDS,
    )
    found = [m for line in done.stdout.splitlines() if (m := _FOUND.fullmatch(line.strip()))]
    findings = [Finding(str(Path(m[1]).relative_to(folder)), int(m[2]), m[3]) for m in found]
    if done.returncode or done.stderr.strip():
        findings.append(Finding("nullsender/policy.ps1", None, done.stderr.strip() or "pwsh failed"))
    return Verification(ran=("pwsh",), findings=tuple(findings))


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"
