"""Have Exim itself read what was generated, expand every string in it and talk to the ACLs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nullsender.target import Finding, Verification
from nullsender_targets.exim.spelling import KEYS, SRS_KEYS

_SBIN = ("/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/exim/bin")
_SECONDS = 60
_WHOLE = "exim4.conf"
_PLACE = re.compile(r"Exim configuration error in line (\d+) of (\S+?):?\s*$", re.MULTILINE)
# Values that are expanded when a message comes, so that reading the file does not try them.
_EXPANDED = re.compile(
    r"^\s*(?:(?:accept|deny|defer|discard|require|warn)\s+)?!?"
    r"(?:condition|message|log_message|logwrite|(?:add|remove)_header|set \w+|domains|errors_to|data|return_path)"
    r"\s*=\s*(.*\$.*)$"
)
_LONG = re.compile(r"(.{500}[^\\](?=[^\s\\]))")
# No directory is asked for the sake of a check: what it would be asked is expanded, and what comes of no answer.
_LOOKUP = re.compile(r"\$\{lookup (?:sqlite(?!,file=NULLSENDER_MEMORY)|pgsql|mysql|ldapm)\b[^{]*\{")
_READ = re.compile(r"\$\{readfile\{")
_MARK = "the-next-string"
_DIALOGUES = (
    ("203.0.113.9", "", "postmaster"),
    ("203.0.113.9", "a@sender.example", "nobody@elsewhere.example"),
    ("2001:db8::9", "postmaster@sender.example", "postmaster"),
)
# What an existing configuration would have around the fragments.
_AROUND = """\
.include {folder}/main.conf
keep_environment =
.ifdef MAIN_ACL_CHECK_RCPT
acl_smtp_rcpt = MAIN_ACL_CHECK_RCPT
.endif
.ifdef MAIN_ACL_CHECK_DATA
acl_smtp_data = MAIN_ACL_CHECK_DATA
.endif
begin acl
.include {folder}/acl.conf
acl_check_rcpt:
  accept
acl_check_data:
  accept
begin routers
.include {folder}/routers.conf
begin transports
.include {folder}/transports.conf
begin retry
.include {folder}/retry.conf
"""


def find(program: str) -> str | None:
    """Return the path of a program of Exim's, which most users do not have on their PATH."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN))
    return shutil.which(program, path=path)


def verify(folder: Path, standalone: bool) -> Verification:
    """Run `exim -bV`, `-be` and `-bh` over a copy of the files, with the tables indexed as on the host."""
    exim = find("exim4") or find("exim")
    if exim is None:
        return Verification(not_run=("exim (not installed)",))
    with tempfile.TemporaryDirectory(prefix="nullsender-exim-") as place:
        check = _Check(exim, folder, Path(place), standalone)
        return check.run()


class _Check:
    """One copy of the files and what Exim says of it."""

    def __init__(self, exim: str, folder: Path, place: Path, standalone: bool) -> None:
        self.exim, self.folder, self.place = exim, folder, place
        self.memory = place / "memory"
        shutil.copytree(folder, place / "exim")
        self.keys = place / "keys"  # those of the server are none of our business
        self.keys.write_text("0 of-this-check\n")
        for path in (place, *place.rglob("*")):  # root's Exim reads as a user of its own
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.config = place / "exim.conf"
        tables = place / "exim" / "nullsender"
        rest = f".include {place}/exim/{_WHOLE}\n" if standalone else _AROUND.format(folder=tables)
        self.macros = {"NULLSENDER_DIR": tables, "NULLSENDER_MEMORY": self.memory, KEYS: self.keys, SRS_KEYS: self.keys}
        self.config.write_text("".join(f"{name} = {path}\n" for name, path in self.macros.items()) + rest)

    def run(self) -> Verification:
        ran, findings = ["exim -bV"], list(self._index())
        done = self._exim("-bV")
        if done.returncode != 0 or done.stderr:
            if "failed to find uid" in done.stderr:
                return Verification(not_run=(f"exim ({done.stderr.strip()})",))
            findings.append(self._misread(done.stderr + done.stdout))
        else:
            findings.extend(self._expansions())
            findings.extend(self._dialogues())
            ran += ["exim -be", "exim -bh"]
        return Verification(ran=tuple(ran), findings=tuple(findings))

    def _exim(self, *options: str, said: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  # the program that was found
            [self.exim, "-C", str(self.config), *options],
            input=said,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )

    def _index(self) -> Iterator[Finding]:
        builder = find("exim_dbmbuild")
        for table in sorted((self.place / "exim" / "nullsender" / "indexed").glob("*")):
            name = f"nullsender/indexed/{table.name}"
            if builder is None:
                yield Finding(name, None, "exim_dbmbuild is not installed")
                continue
            done = subprocess.run(  # noqa: S603  # the program that was found
                [builder, str(table), f"{table}.db"], capture_output=True, text=True, check=False
            )
            if done.returncode != 0 or done.stderr:
                yield Finding(name, None, done.stderr.strip() or done.stdout.strip())

    def _misread(self, said: str) -> Finding:
        found = _PLACE.search(said)
        if found is None:
            return Finding(_WHOLE, None, said.strip())
        return Finding(self._name(found[2]), int(found[1]), said[found.end() :].strip() or said.strip())

    def _name(self, path: str) -> str:
        """Return a path of the copy as the path that was compiled."""
        return path.removeprefix(f"{self.place}/exim/")

    def _expansions(self) -> Iterator[Finding]:
        """Expand each string once; Exim ends well even where it fails, but says so."""
        strings = list(self._strings())
        said = "".join(f"{_broken(self._without_macros(_asking_nobody(text)))}\n{_MARK}\n" for _, _, text in strings)
        done = self._exim("-be", said=said)
        answers = done.stdout.split(f"> {_MARK}\n")
        for (name, number, _), answer in zip(strings, answers, strict=False):
            if "Failed: " in answer:
                yield Finding(name, number, answer.removeprefix("> ").strip())
        if done.stderr or len(answers) != len(strings) + 1:
            yield Finding(_WHOLE, None, f"exim -be: {done.stderr.strip() or 'answers are missing'}")

    def _without_macros(self, text: str) -> str:
        for name, path in self.macros.items():
            text = text.replace(name, str(path))
        return text

    def _strings(self) -> Iterator[tuple[str, int, str]]:
        """Yield every string that is expanded when a message comes, with its place."""
        for path in sorted((self.place / "exim").rglob("*.conf")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if found := _EXPANDED.match(line):
                    yield self._name(str(path)), number, found[1]

    def _dialogues(self) -> Iterator[Finding]:
        """Talk to the RCPT ACL: a wrong expansion there would defer everybody."""
        for client, sender, recipient in _DIALOGUES:
            said = f"EHLO client.example\r\nMAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nQUIT\r\n"
            done = self._exim("-bh", client, said=said)
            wrong = [line for line in done.stderr.splitlines() if "failed to expand" in line]
            if wrong or done.returncode != 0:
                yield Finding("nullsender/acl.conf", None, "; ".join(wrong) or done.stderr.strip())


def _broken(text: str) -> str:
    """Return a string as lines that Exim reads whole, and as one: where it goes on there is no blank."""
    return _LONG.sub(r"\1\\\n", text)


def _asking_nobody(text: str) -> str:
    """Return a string with each lookup in a directory as a comparison of its query with nothing."""
    compared = _LOOKUP.sub("${if eq{}{", text)
    return _READ.sub("${lc:{", compared) if compared != text else text
