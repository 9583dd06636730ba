from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from tests.checking.policies import check_file
print(*check_file(Path(sys.argv[1])).says, sep="\\n")
print(*[line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line], file=sys.stderr)
"""


def test_one_bad_line_among_a_million_is_found_in_less_than_200_mb(tmp_path: Path) -> None:
    with (tmp_path / "list").open("w") as out:
        out.writelines(
            "no address\n" if number == 654_321 else f"user{number}@example.org\n" for number in range(1_000_000)
        )
        out.write("abuse@example.org\n")
    (tmp_path / "p.ndr").write_text(
        'policy "p"\nrecipients of example.org from file "list"\nkeep abuse reachable\ndeploy mx1 to postfix\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, tmp_path / "p.ndr"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (said,) = done.stdout.splitlines()
    assert said.startswith("NS106 no address")
    assert int(done.stderr) < 200 * 1024
