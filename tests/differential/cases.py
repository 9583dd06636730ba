"""Write a disagreement down as a policy with a test that shows it, and read such folders again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from nullsender.evaluator import evaluate
from nullsender.session import GREETING, Session
from nullsender.verdict import Verdict
from tests.differential.playing import DEPLOYMENT, compiled
from tests.differential.shrinking import Found
from tests.differential.stacks import DOORMAN, Stack
from tests.differential.world import FILES, LIVE, Files, furnished

FOLDER = Path(__file__).parents[1] / "cases"
_DEPLOY = re.compile(r"(?m)^deploy (\S+) to \S+(?: with [\w-]+)?")


def as_policy(found: Found) -> str:
    """Return the policy with a test that `nullsender test --on` plays."""
    one = compiled(found.draft, found.stack)
    assert one is not None
    policy, (session,) = furnished(one.policy, (found.session,))
    lines = (*one.draft.lines, "", 'test "a session that went otherwise" {')
    zones = {zone.domain for zone in one.policy.zones}
    facts = (*_facts(session, zones), *_expectations(evaluate(policy, session, DEPLOYMENT)))
    text = "\n".join((*lines, *(f"  {fact}" for fact in facts), "}", ""))
    return text.replace(DOORMAN, "postfix")  # who stands before a filter, for whoever has no doorman


def write(found: Found, folder: Path) -> None:
    """Write a folder with the policy, its files and those of the server, and what went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    text = as_policy(found)
    (folder / "policy.ndr").write_text(text)
    wrong = "\n".join(f"- {one}" for one in found.wrong)
    (folder / "README").write_text(f"What this showed on {found.stack.name}:\n\n{wrong}\n")
    for name in re.findall(r'(?<!live )file "([\w.]+)"', text):
        shutil.copy(FILES / name, folder)
    for path, file in LIVE.items():
        if f'"{path}"' in text:
            (folder / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / path[1:])


def folders() -> tuple[Path, ...]:
    return tuple(sorted(path.parent for path in FOLDER.glob("*/policy.ndr")))


def text_for(folder: Path, stack: Stack) -> str:
    """Return the policy of a case with every deployment on a stack."""
    return _DEPLOY.sub(rf"deploy \1 to {stack.deploys}", (folder / "policy.ndr").read_text())


def live_of(folder: Path) -> Files:
    """Return the files that the server has in a case, by their paths there."""
    return {f"/{path.relative_to(folder)}": path for path in folder.glob("etc/**/*") if path.is_file()}


def _facts(session: Session, zones: set[str]) -> Iterator[str]:
    listings = ", ".join(f"{zone} as {code}" for zone, code in sorted(session.listed) if zone in zones)
    yield f"client {session.client}" + (f" listed in {listings}" if listings else "")
    if not session.named:
        yield "client has no name"
    yield from (f"{zone} does not answer" for zone in sorted(session.silent & zones))
    if session.helo != GREETING:
        yield f'helo "{session.helo}"'
    if session.login:
        yield f"login {session.login}"
    yield f"from {session.sender or '<>'}  to {', '.join(session.recipients)}"
    yield from (f"known {one}" for one in sorted(session.known - session.absent))
    yield from (f"unknown {one}" for one in sorted(session.absent) if one in session.recipients)
    yield from (f"lookup fails for {one}" for one in session.recipients if one.lower() in session.unanswered)
    if session.first_contact:
        yield "first contact"
    if session.before:
        yield f"after {session.before} like it"
    if session.spf != "none":
        yield f"spf is {session.spf}"
    if session.dmarc != "none":
        yield f"dmarc is {session.dmarc}"
    if session.srs != "missing":
        yield f"srs is {session.srs}"
    if session.batv:
        yield f"batv is {session.batv}"
    if session.score:
        yield f"scoring {session.score:g}"
    yield from (f'header "{name}" is "{value}"' for name, value in session.message.fields)
    if session.message.report:
        yield f"report is {session.message.report}"
    yield from (f'returned header "{name}" is "{value}"' for name, value in session.message.returned or ())


def _expectations(verdict: Verdict) -> Iterator[str]:
    for recipient in dict.fromkeys(verdict.accepted + tuple(name for name, _ in verdict.recipients)):
        decision = verdict.of(recipient)
        at = f" at {decision.stage.word}" if decision.stage else ""
        by = f" by {decision.rule}" if decision.rule and decision.outcome.refuses else ""
        yield f"expect {decision.outcome.value}{at}{by} for {recipient}"
