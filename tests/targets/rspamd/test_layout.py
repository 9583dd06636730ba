from __future__ import annotations

from pathlib import Path

from nullsender import condition as c
from nullsender import policy as p
from nullsender.names import CompiledFile, Kind
from nullsender.target import Artifact
from nullsender_targets.rspamd import target
from nullsender_targets.rspamd.placement import OWNERS_LINES
from tests.targets.rspamd.parts import EXAMPLE, HERE, MINE, compiled_set, live_set, part, rule

EXPECTED = Path(__file__).parent / "expected"


def emitted(*rules: p.Rule, standalone: bool = True, link: str = "milter") -> dict[str, Artifact]:
    artifacts = target.emit(part(*rules, standalone=standalone, link=link, redis="127.0.0.1:11336")).artifacts
    return {str(artifact.path): artifact for artifact in artifacts}


def text(artifact: Artifact) -> str:
    return b"".join(artifact.chunks()).decode()


def test_the_section_is_as_people_would_write_it() -> None:
    assert text(emitted(*EXAMPLE)["nullsender/nullsender.conf"]) == (EXPECTED / "nullsender.conf").read_text()


def test_a_whole_rspamd_is_as_people_would_write_it() -> None:
    assert text(emitted(*EXAMPLE)["rspamd.conf"]) == (EXPECTED / "rspamd.conf").read_text()


def test_a_fragment_lies_in_its_own_folder_alone() -> None:
    assert {path.partition("/")[0] for path in emitted(*EXAMPLE, standalone=False)} == {"nullsender"}


def test_one_worker_listens_for_the_link() -> None:
    milter, spamd = (text(emitted(link=link)["rspamd.conf"]) for link in ("milter", "spamd"))
    assert ('worker "rspamd_proxy"' in milter, 'worker "normal"' in milter) == (True, False)
    assert ('worker "rspamd_proxy"' in spamd, 'worker "normal"' in spamd) == (False, True)


def test_every_line_of_a_rule_knows_the_rule() -> None:
    artifact = emitted(*EXAMPLE)["nullsender/nullsender.conf"]
    lines = text(artifact).splitlines()
    for one in EXAMPLE:
        own = [lines[origin.line - 1].strip() for origin in artifact.origins if origin.id == one.id]
        assert own[:2] == [f"# {one.words}", f'id = "{one.id}";']
        assert own[-1].startswith("unless = ") or own[-1] == "];"


def test_a_set_is_a_map_of_one_entry_a_line() -> None:
    assert text(emitted(*EXAMPLE)["nullsender/sets/mine.map"]).splitlines()[1:] == list(MINE.members)


def test_patterns_are_no_keys_of_a_map() -> None:
    lines = text(emitted(*EXAMPLE)["nullsender/sets/silent.map"]).splitlines()
    assert lines == ["# addresses silent", "newsletter@example.org", "noreply@example.org"]


def test_keys_with_special_characters_are_quoted(tmp_path: Path) -> None:
    (tmp_path / "list").write_text('a#b@example.org\n"a b"@example.org\n/x@example.org\nplain@example.org\n')
    file = CompiledFile(tmp_path / "list", "list", Kind.ADDRESSES, HERE)
    odd = rule("x", p.Reject(), c.RecipientIn(compiled_set("odd", file)))
    assert text(emitted(odd)["nullsender/sets/odd.map"]).splitlines()[1:] == [
        '"\\"a b\\"@example.org"',
        '"/x@example.org"',
        '"a#b@example.org"',
        "plain@example.org",
    ]


def test_a_long_list_streams(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("".join(f"user{number}@example.org\n" for number in range(20_000)))
    file = CompiledFile(tmp_path / "list", "list", Kind.ADDRESSES, HERE)
    artifact = emitted(rule("x", p.Reject(), c.RecipientIn(compiled_set("many", file))))["nullsender/sets/many.map"]
    pieces = list(artifact.chunks())
    assert max(map(len, pieces)) < 200_000
    assert b"".join(pieces).count(b"\n") == 20_001
    assert b"".join(artifact.chunks()) == b"".join(pieces)


def test_a_live_file_is_named_and_not_copied() -> None:
    artifacts = emitted(rule("x", p.Reject(), c.RecipientIn(live_set("theirs", "/srv/list"))))
    assert "nullsender/sets/theirs.map" not in artifacts
    assert 'theirs = { kind = "addresses"; live = [ "/srv/list" ] };' in text(artifacts["nullsender/nullsender.conf"])


def test_the_engine_comes_as_it_is() -> None:
    folder = Path(__file__).parents[3] / "targets/nullsender_targets/rspamd/engine"
    artifacts = emitted(*EXAMPLE, standalone=False)
    for file in folder.glob("*.lua"):
        path = "nullsender/engine.lua" if file.name == "engine.lua" else f"nullsender/engine/{file.name}"
        assert text(artifacts[path]) == file.read_text()


def test_the_owners_file_gets_the_same_lines_that_verify_tries() -> None:
    merge = target.placements["debian"].merge
    assert len(merge) == len(OWNERS_LINES)
    assert all(line in command for line, command in zip(OWNERS_LINES, merge, strict=True))


def test_output_is_the_same_from_time_to_time() -> None:
    first, second = ({path: text(a) for path, a in emitted(*EXAMPLE).items()} for _ in range(2))
    assert first == second
