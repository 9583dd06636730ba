"""Run rspamd at its real paths, inside a namespace in which they are private.

A test gives a message the filter's own score with a header, `X-Lab-Score: 8.5`: the lab's script adds to the symbol
LAB_SCORE what is missing from that, whatever the stock rules think of the message. Nothing of it stands in the files
that were applied.

What takes long at each start is compiling rspamd's own lists of words and expressions. The words are kept from one
start to the next, and the expressions are left to its other engine, which needs no compiling and finds the same.
Records of SPF are not remembered: what a domain publishes changes from session to session.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nullsender.lab import program
from nullsender.plan import Part
from nullsender.target import Lab
from nullsender_targets.rspamd.table import LISTENS

SCORE_HEADER = "X-Lab-Score"
_LAB = Path("/run/nullsender-lab/rspamd")
_DATA = Path("/var/lib/rspamd")
_OWN_FOLDERS = (Path("/run/rspamd"), _DATA, Path("/var/log/rspamd"))
_LOG = Path("/var/log/rspamd/rspamd.log")
_USER = "_rspamd"
_SECONDS = 60.0  # the first start of a stock configuration compiles its expressions

# The full list of top-level domains takes ten seconds to compile where nothing is cached yet.
_TLDS = "com\nexample\nnet\norg\ntest\n"
_MAIN = """\
.include "{main}"
options {{ url_tld = "{tlds}"; disable_hyperscan = true; }}
lua = "{script}";
"""
_SCRIPT = """\
rspamd_config:add_on_load(function() require('rspamd_spf').config({{ spf_cache_size = 0 }}) end)
rspamd_config:set_metric_symbol({{ name = 'LAB_SCORE', score = 1.0 }})
rspamd_config:register_symbol({{
  name = 'LAB_SCORER',
  type = 'postfilter',
  priority = 0,
  flags = 'empty',
  callback = function(task)
    local wanted = tonumber(task:get_header('{header}') or '')
    if wanted then task:insert_result('LAB_SCORE', wanted - task:get_metric_score()[1]) end
  end,
}})
"""


@dataclass(frozen=True, slots=True)
class RspamdLab(Lab):
    """Boot rspamd on the files that were applied. `compiled` holds compiled words by file name, which is a digest."""

    compiled: dict[str, bytes] = field(default_factory=dict)

    def missing(self) -> str | None:
        if shutil.which("rspamd") is None:
            return "rspamd is not installed: apt-get install rspamd"
        return None

    @contextmanager
    def boot(self, part: Part, home: Path) -> Iterator[Callable[[], str]]:
        """Start it, wait until it answers where the part's link says, and stop it in the end."""
        main = _prepare(home)
        for name, octets in self.compiled.items():
            (_DATA / name).write_bytes(octets)
        _LOG.unlink(missing_ok=True)
        with (_LAB / "stderr").open("w") as said:
            process = subprocess.Popen(  # noqa: S603  # the program that PATH names
                [shutil.which("rspamd") or "rspamd", "-f", "-u", _USER, "-g", _USER, "-c", str(main)],
                stdout=subprocess.DEVNULL,
                stderr=said,
                env={**os.environ, "LC_ALL": "C"},
            )
        try:
            host, _, port = (part.links[0].address or LISTENS[part.links[0].kind]).rpartition(":")
            program.wait(process, "rspamd", lambda: program.connect(host, int(port)), _SECONDS, _said)
            self.compiled.update((path.name, path.read_bytes()) for path in _DATA.glob("*.hsmp"))
            yield _log
        finally:
            program.stop(process)


def _prepare(home: Path) -> Path:
    _LAB.mkdir(parents=True, exist_ok=True)
    for folder in _OWN_FOLDERS:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(folder, _USER, _USER)
    script, main, tlds = _LAB / "score.lua", _LAB / "rspamd.conf", _LAB / "tld.dat"
    tlds.write_text(_TLDS)
    script.write_text(_SCRIPT.format(header=SCORE_HEADER))
    main.write_text(_MAIN.format(main=home / "rspamd.conf", script=script, tlds=tlds))
    return main


def _said() -> str:
    return f"{_log()}\n{(_LAB / 'stderr').read_text()}"


def _log() -> str:
    return _LOG.read_text(errors="replace") if _LOG.exists() else ""


lab = RspamdLab()
