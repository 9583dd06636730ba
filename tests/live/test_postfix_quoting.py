"""Text of a policy never leaves its quotes: whatever it holds, the real programs read it back as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullsender import canonical
from nullsender import policy as p
from nullsender.lab.listing import Listed
from nullsender.names import CompiledFile, Entries, Kind
from nullsender.target import Artifact
from nullsender_targets.postfix import ir, quote, render, target
from nullsender_targets.postfix.lower import lower
from tests.live.deployment import Deployed, deployed, run
from tests.live.lab import Lab
from tests.targets.postfix import plans
from tests.targets.postfix.meaning import member

pytestmark = pytest.mark.live

ATEXT = "abzAZ019!#$%&'*+/=?^_`{|}~-"
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60).filter(
    lambda text: text == text.strip()
)
ids = st.text("abcXYZ019_-$", min_size=1, max_size=20)
atoms = st.text(ATEXT, min_size=1, max_size=8)
plain_locals = st.lists(atoms, min_size=1, max_size=3).map(".".join)
quoted_locals = st.text(' !#$%()*,:;<>@[]{|}~ab"\\', min_size=1, max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
domains = st.sampled_from(("example.org", "a-b.example", "xn--bcher-kva.example", "[192.0.2.1]"))
patterns = st.sampled_from(("*", "*.example.org"))


def _canonical(address: str) -> str | None:
    try:
        return canonical.address(address)
    except ValueError:
        return None


members = (
    st.tuples(st.one_of(plain_locals, quoted_locals), st.one_of(domains, patterns))
    .map(lambda pair: _canonical("@".join(pair)))
    .filter(lambda address: address is not None)
    .map(str)
)
entries = members.filter(lambda address: not address.startswith("#"))  # in a file that is a comment
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answers(table: str, keys: Iterable[str], home: str = "/etc/postfix") -> dict[str, str]:
    """Ask the real postmap for keys; what a table does not know is left out."""
    asked = "".join(f"{key}\n" for key in keys)
    done = subprocess.run(["postmap", "-c", home, "-q", "-", table], input=asked, capture_output=True, text=True)
    assert done.stderr == ""
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def written(artifact: Artifact, folder: Path) -> Path:
    path = folder / artifact.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(artifact.chunks()))
    os.utime(path, (0, 0))  # Postfix waits until main.cf has not changed for two seconds
    return path


def table_of(rows: tuple[ir.Row, ...], folder: Path, kind: str = "pcre") -> str:
    configuration = ir.Configuration(False, "", (ir.Table("t." + kind, rows, kind=kind),), (), (), (), (), (), (), ())
    (artifact,) = (one for one in render.artifacts(configuration) if one.path.name == "t." + kind)
    return f"{kind}:{written(artifact, folder)}"


@many
@given(text=printable, id_=ids)
def test_a_reply_comes_out_as_it_went_in(tmp_path: Path, text: str, id_: str) -> None:
    rows = (ir.Row(ir.Anything(), ir.Refuse(550, "5.7.1", text, id_)),)
    assert answers(table_of(rows, tmp_path), ["x@y"]) == {"x@y": f"550 5.7.1 {text} [{id_}]"}
    cidr = answers(table_of(rows, tmp_path, "cidr"), ["192.0.2.1", "2001:db8::1"])
    assert set(cidr.values()) == {f"550 5.7.1 {text} [{id_}]"}
    assert len(cidr) == 2


@many
@given(words=st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60))
def test_no_words_leave_their_comment(tmp_path: Path, words: str) -> None:
    table = ir.Table("t.pcre", (ir.Row(ir.Anything(), ir.Dunno()),), ("x",), words)
    configuration = ir.Configuration(False, "", (table,), (), (), (), (), (), (), ())
    (artifact,) = (one for one in render.artifacts(configuration) if one.path.name == "t.pcre")
    assert answers(f"pcre:{written(artifact, tmp_path)}", ["x@y"]) == {"x@y": "DUNNO"}


def relatives(address: str, delimiters: str) -> Iterator[str]:
    """Yield addresses that are a member, nearly one, or one after all."""
    local, _, domain = address.rpartition("@")
    domain = {"*": "any.example", "*.example.org": "a.b.example.org"}.get(domain, domain)
    for one in (local, local.upper(), local.replace("*", "anything"), local + "x", "x" + local, local[:-1]):
        for tail in ("", *(f"{d}tag{d}more" for d in delimiters), "+tag"):
            if one and not one.startswith('"'):
                yield f"{one}{tail}@{domain}"
                yield f"{one}{tail}@x{domain}"
        if one.startswith('"') and one.endswith('"') and len(one) > 2:
            yield f"{one}@{domain}"
    yield f"other@{domain}"


def sayable(address: str) -> bool:
    """Leave out what is no address, and what postmap itself would take apart on its standard input."""
    return _canonical(address) is not None and "*" not in address.rpartition("@")[2] and address == address.strip()


@many
@given(members=st.lists(members, min_size=1, max_size=4), delimiters=st.sampled_from(("", "+", "+-", "^$")))
def test_a_set_holds_its_members_and_no_others(tmp_path: Path, members: list[str], delimiters: str) -> None:
    rows = tuple(ir.Row(ir.Mailbox(one, delimiters), ir.Mark(ir.MEMBER)) for one in members)
    asked = [a for one in members for a in relatives(one, delimiters) if sayable(a)]
    found = answers(table_of(rows, tmp_path), asked)
    assert {a for a in asked if a in found} == {a for a in asked if member(a, members, delimiters)}


@many
@given(members=st.lists(entries, min_size=1, max_size=4), delimiters=st.sampled_from(("", "+", "+-")))
def test_a_list_holds_its_entries_and_no_others(tmp_path: Path, members: list[str], delimiters: str) -> None:
    home = tmp_path
    source = home / "people.txt"
    source.write_text("".join(f"{one}\n" for one in members))
    file = CompiledFile(source, f"people {hash(tuple(members))}", Kind.ADDRESSES, plans.HERE)
    served = p.Served(Entries("all", Kind.DOMAINS, ("*.org", "*.example", "a-b.example")), (file,), plans.HERE)
    file = CompiledFile(source, "people.txt", Kind.ADDRESSES, plans.HERE)
    _forget()
    part = plans.part(plans.EXISTENCE, at=plans.site(served, delimiters=delimiters))
    configuration, _ = lower(part)
    for artifact in target.render(configuration):
        written(artifact, home)
    run("sh", str(home / "nullsender/lists.sh"))
    value = next(one.value for one in configuration.parameters if one.name == "nullsender_recipient_restrictions")
    assert isinstance(value, tuple)
    check = value[0]
    assert isinstance(check, ir.Check)
    table = quote.table(check.map).replace("$config_directory", str(home))
    asked = [a for one in members for a in relatives(one, delimiters) if sayable(a) and "[" not in a.rpartition("@")[2]]
    refused = {key for key, value in answers(table, asked, str(home)).items() if value.startswith("550 5.1.1")}
    exists = {a for a in asked if member(a, [*members, "postmaster@*"], delimiters)}
    assert refused == set(asked) - exists


def _forget() -> None:
    from nullsender import entryfile

    entryfile._spooled.cache_clear()  # the same path holds other entries each time


@many
@given(local=plain_locals.filter(lambda text: "*" not in text))
def test_main_cf_gives_an_address_back(tmp_path: Path, local: str) -> None:
    address = canonical.address(f"{local}@example.org")
    settings_ = (p.CopyDoubleBounces(address),)
    for artifact in target.render(lower(plans.part(settings=settings_))[0]):
        written(artifact, tmp_path)
    back = run("postconf", "-c", str(tmp_path), "-xh", "2bounce_notice_recipient").strip()
    assert canonical.address(back) == address


# --- in a dialogue ----------------------------------------------------------------------------------------------------
NASTY = (
    "$1 ${1} $$ $ ${name?text} $(1)",
    "a, b; c: d {e} {f [g] (h)",
    '"quoted" and \\"escaped\\" \\ \\n \\',
    "# no comment = no value / slash /i",
    "%s %d %n 100%",
    "550 5.1.1 OK DUNNO REJECT permit",
    "`rm -rf /` $(id) 'x' | tee > y",
    "~!@^&*_+-=[]|;'<>?,./",
    "x" * 400,
)
BASE = """policy "nasty"
domains mine = example.org
recipients of mine are anyone
deliver mine to lmtp 127.0.0.1:24
deploy mx to postfix 3.7
"""


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@pytest.fixture(scope="module")
def running(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    lines = [BASE]
    for number, text in enumerate(NASTY):
        reply = f'with 550 5.7.1 "{escaped(text)}"'
        lines.append(f"reject mail to a{number}@example.org {reply} as plain-{number}")
        lines.append(f"reject clients listed in bl.example answering 127.0.0.{100 + number} {reply} as list-{number}")
    policy = tmp_path_factory.mktemp("nasty") / "nasty.ndr"
    policy.write_text("\n".join(lines) + "\n")
    listed = [Listed("bl.example", f"198.51.100.{100 + n}", f"127.0.0.{100 + n}") for n in range(len(NASTY))]
    with deployed(lab, policy, "mx", listed=listed, verify=True) as it:
        yield it


@pytest.mark.parametrize("number", range(len(NASTY)))
def test_a_client_reads_what_was_written(running: Deployed, number: int) -> None:
    attempt = running.lab.attempt("joe@partner.example", [f"a{number}@example.org"], b"x\r\n")
    expected = f"<a{number}@example.org>: Recipient address rejected: {NASTY[number]} [plain-{number}]"
    assert attempt.last.text == expected
    attempt = running.lab.attempt("joe@x.example", ["b@example.org"], b"x\r\n", client=f"198.51.100.{100 + number}")
    assert (attempt.last.code, attempt.last.enhanced) == (550, "5.7.1")
    assert attempt.last.text == f"{NASTY[number]} [list-{number}]"
