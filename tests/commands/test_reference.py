from __future__ import annotations

import json
import re
from pathlib import Path

from tests.commands.conftest import Run

README = (Path(__file__).parents[2] / "README.md").read_text()
PIECES = re.findall(r"^```ndr\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[1:]  # the first is a policy of its own
STAND_INS = (
    (r"to (postfix 3\.7|exim 4\.96|exchange-online|exchange-server 2019)", "to postbox 2.0"),
    (r"with rspamd 3\.4(, redis 7)?", "with strainer 3.1"),
    (r'include ".*"', ""),
)


def test_the_pieces_of_the_reference_make_one_policy_without_fault(run: Run, site: Path) -> None:
    policy = "".join(PIECES)
    for real, ours in STAND_INS:
        policy, count = re.subn(real, ours, policy)
        assert count
    (site / "policy.ndr").write_text(policy)
    (site / "recipients.txt").write_text("abuse@example.org\nhostmaster@example.org\nalice@example.org\n")
    (site / "domains.txt").write_text("example.com\n")
    (site / "bounce.txt").write_text("[failed]\nSubject: lost\n\nhello\n")
    found = json.loads(run("check", "policy.ndr", "--format", "json").stdout)["diagnostics"]
    assert [one for one in found if not one["code"].startswith("NS5")] == []
    assert {one["code"] for one in found} == {"NS502", "NS503"}  # what these targets cannot do
