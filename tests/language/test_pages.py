from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from nullsender import explain
from tests.language.texts import read_file

CODES = [code for code in explain.codes() if code[2] in "17" and code not in ("NS105", "NS106")]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def codes_of(folder: Path, kind: str, text: str) -> set[str]:
    """Return what is said of a block: a policy, a policy in JSON, or shell commands that write one."""
    name = "policy.json" if kind == "json" else "policy.ndr"
    if kind == "sh":
        subprocess.run(["sh", "-eu", "-c", text], cwd=folder, check=True)
        name = next(path.name for path in folder.iterdir())
    else:
        (folder / name).write_text(text, encoding="utf-8")
    return {d.code for d in read_file(folder / name, name)[1]}


def blocks(code: str, heading: str) -> list[tuple[str, str]]:
    (part,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", explain.page(code), re.MULTILINE | re.DOTALL)
    found = _BLOCK.findall(part)
    assert found, f"{code} has no {heading}"
    return found


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_a_page_has_its_fault_and_no_other(tmp_path: Path, code: str) -> None:
    ((kind, text),) = blocks(code, "Example")
    assert codes_of(tmp_path, kind, text) == {code}


@pytest.mark.parametrize("code", CODES)
def test_what_a_page_says_instead_has_no_fault(tmp_path: Path, code: str) -> None:
    ((kind, text),) = blocks(code, "Instead")
    assert codes_of(tmp_path, kind, text) == set()


def test_every_code_of_reading_has_a_page() -> None:
    sources = Path(explain.__file__).parent
    used = {code for path in sources.glob("*.py") for code in re.findall(r'"(NS[17]\d\d)"', path.read_text())}
    assert used - set(explain.codes()) == set()
