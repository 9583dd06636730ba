from __future__ import annotations

import json

from nullsender import discover
from nullsender.features import FEATURES
from nullsender.matrix import HEADINGS, matrix
from tests.commands.conftest import Run
from tests.commands.targets.postbox import NO_HOLD


def test_columns_are_every_target_and_every_stack_that_links_allow() -> None:
    shown = matrix(discover.names(), discover.load)
    assert shown.columns == ("Postbox", "Strainer", "Postbox with Strainer")
    assert [row.feature for row in shown.rows] == list(FEATURES)
    assert {row.heading for row in shown.rows} == set(HEADINGS.values())


def test_a_stack_can_do_what_one_of_its_components_can() -> None:
    shown = matrix(discover.names(), discover.load)
    hold = next(row for row in shown.rows if row.feature == "quarantine into hold")
    assert [(cell.verdict, cell.by) for cell in hold.cells] == [
        ("cannot", None),
        ("exact", "Strainer"),
        ("exact", "Strainer"),
    ]
    assert hold.cells[0].sentence == NO_HOLD


def test_text_has_a_table_for_each_heading(run: Run) -> None:
    done = run("targets")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert "discard                                ≈ log    no        ≈ log" in lines
    assert (
        "word ndrs                                                      yes (standalone)  no        yes (standalone)"
        in lines
    )
    assert "sender in (and `not`)               yes      no        yes" in lines
    assert "not trusted client                  yes      yes       yes" in lines
    assert all(line == line.rstrip() for line in lines)


def test_markdown_is_one_table_with_a_cell_for_every_column(run: Run) -> None:
    rows = [line for line in run("targets", "--format", "markdown").stdout.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}
    assert rows[0] == "| | Postbox | Strainer | Postbox with Strainer |"
    assert rows[2] == "| **Recipients** | | | |"
    assert "| discard | ≈ log | no | ≈ log |" in rows


def test_the_long_form_has_a_sentence_for_every_cell(run: Run) -> None:
    for format_ in ("text", "markdown"):
        lines = run("targets", "--long", "--format", format_).stdout.splitlines()
        cells = [line for line in lines if line.startswith((" " * 4, "  - "))]
        assert len(cells) == 3 * len(FEATURES)
        assert any(line.endswith(f"Postbox: no: {NO_HOLD}") for line in cells)
        assert any(line.endswith("Strainer: yes at content: it strains") for line in cells)
        assert any(line.endswith(f"Strainer: no: Postbox: {NO_HOLD}") for line in cells) is False


def test_json_says_everything_for_programs(run: Run) -> None:
    shown = json.loads(run("targets", "--format", "json").stdout)
    assert shown["columns"] == ["Postbox", "Strainer", "Postbox with Strainer"]
    (discard,) = (row for row in shown["features"] if row["feature"] == "discard")
    assert discard["cells"]["Postbox"] == {
        "verdict": "approximate",
        "by": "Postbox",
        "losses": ["log"],
        "losses with several recipients": [],
        "mode": None,
        "with": None,
        "stages": ["rcpt", "data", "content"],
        "sentence": "never silently",
    }
