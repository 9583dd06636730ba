from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from nullsender.plan import Link, Part
from nullsender.policy import RewriteSrs
from nullsender_targets.postsrsd import target
from nullsender_targets.postsrsd.placement import SCRIPT, UNIT
from tests.targets.rspamd import parts


def part(keys: str = "/etc/nullsender/srs.keys") -> Part:
    link = Link("srs", "postsrsd", target.capabilities.offers["srs"])
    site = replace(parts.part().site, srs=RewriteSrs(keys, "srs.example.org"))
    return replace(parts.part(), component="postsrsd", version=(1, 10), links=(link,), site=site)


def files(of: Part) -> dict[str, str]:
    return {str(one.path): b"".join(one.chunks()).decode() for one in target.emit(of).artifacts}


def test_it_listens_on_the_loopback_and_on_two_ports() -> None:
    words = shlex.split(files(part())[SCRIPT].split("exec ")[1].splitlines()[0])
    assert words[1:8] == ["-4", "-l", "127.0.0.1", "-f", "11338", "-r", "11339"]
    assert files(part())[UNIT].count(f"/{SCRIPT}\n") == 1


def test_where_nothing_is_forwarded_nothing_runs() -> None:
    assert files(replace(part(), site=parts.part().site)) == {}


@pytest.mark.parametrize("path", ["/etc/a b/$(reboot)'\"`x`.keys", "/etc/%h/$HOME.keys", "/-r"])
def test_a_path_stays_one_word(path: str) -> None:
    (line,) = [line for line in files(part(path))[SCRIPT].splitlines() if line.startswith("keys=")]
    assert shlex.split(line.removeprefix("keys=$(").removesuffix(")"))[-1] == path


def test_the_shell_reads_the_script(tmp_path: Path) -> None:
    (tmp_path / SCRIPT).parent.mkdir()
    (tmp_path / SCRIPT).write_text(files(part())[SCRIPT])
    assert target.verify(tmp_path, True).findings == ()
    (tmp_path / SCRIPT).write_text("if\n")
    assert len(target.verify(tmp_path, True).findings) == 1
