"""The real programs find nothing wrong with what is generated, and find what is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender_targets.postfix import target
from nullsender_targets.postfix.lower import lower
from tests.targets.postfix import plans

pytestmark = pytest.mark.live

SETTINGS = (
    p.SendNdrs(p.NdrTo.TRUSTED, copy=True),
    p.SendThrough("192.0.2.25", "ndr.example.org"),
    p.Return(p.Returned.HEADERS),
)
RULES = (
    plans.RELAYING,
    plans.EXISTENCE,
    plans.rule("listed", c.AllOf((c.SenderNull(), c.ClientListed(plans.ZONE)))),
    plans.rule("silent", c.AllOf((c.SenderNull(), c.RecipientIn(plans.SILENT))), stage=p.Stage.DATA),
    plans.rule("several", c.AllOf((c.SenderNull(), c.RecipientsOver(1))), unless=(c.Trusted(),), stage=p.Stage.DATA),
)


def write(folder: Path, standalone: bool) -> None:
    configuration, found = lower(plans.part(*RULES, settings=SETTINGS, standalone=standalone, milter="127.0.0.1:11332"))
    assert not found
    for artifact in target.render(configuration):
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(artifact.chunks()))


@pytest.mark.parametrize("standalone", [True, False])
def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path, standalone: bool) -> None:
    write(tmp_path, standalone)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    verification = target.verify(tmp_path, standalone)
    assert (verification.findings, verification.not_run) == ((), ())
    assert verification.ran == ("postconf -n", "postconf -M", "postmap", "postmap -q", "postfix check")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("standalone", "name", "good", "bad", "complaint"),
    [
        (True, "main.cf", "soft_bounce = no", "soft_bounce no", "missing '=' after attribute name"),
        (True, "main.cf", "soft_bounce = no", "soft_bonce = no", "unused parameter: soft_bonce=no"),
        (True, "main.cf", "$config_directory/nullsender/lists", "$nowhere/lists", "undefined parameter: nowhere"),
        (True, "master.cf", "smtp      inet      n ", "smtp      inet ", "invalid process_limit field"),
        (True, "nullsender/relaying.pcre", "/@example\\.net$/", "/@example\\.net$(/", "missing closing parenthesis"),
        (True, "nullsender/trusted_clients.cidr", "192.0.2.0/24", "192.0.2.1/24", "non-null host address bits"),
        (True, "nullsender/lists/served.here-domains", "example.net m", "example.net", "expected format"),
        (False, "nullsender/main.cf.change", "wrap smtpd_data_", "wrap smtpd_date_", "unused parameter: smtpd_date_"),
        (False, "nullsender/master.cf.add", " unix ", " unux ", "unux"),
    ],
)
def test_what_is_wrong_is_found(
    tmp_path: Path, standalone: bool, name: str, good: str, bad: str, complaint: str
) -> None:
    write(tmp_path, standalone)
    text = (tmp_path / name).read_text()
    assert good in text
    (tmp_path / name).write_text(text.replace(good, bad, 1))
    assert complaint in " ".join(finding.text for finding in target.verify(tmp_path, standalone).findings)


def test_a_finding_names_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, True)
    table = tmp_path / "nullsender/relaying.pcre"
    table.write_text(table.read_text() + "/(/ DUNNO\n")
    found = [(one.path, one.line) for one in target.verify(tmp_path, True).findings]
    assert ("nullsender/relaying.pcre", table.read_text().count("\n")) in found
