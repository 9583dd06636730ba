"""Two spellings of one policy mean the same for every session."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nullsender.document import from_json, to_json
from nullsender.evaluator import evaluate
from nullsender.order import can_meet
from nullsender.parse import parse
from nullsender.policy import Policy, Rule
from nullsender.session import Session
from nullsender.source import Source
from nullsender.verdict import Verdict
from tests.differential import words as w
from tests.differential.playing import DEPLOYMENT, checked, compiled
from tests.differential.policies import EVERYTHING, Draft, conditions, drafts
from tests.differential.sessions import sessions
from tests.differential.world import furnished

often = settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
named = drafts(None, named=True)


def good(draft: Draft) -> Draft:
    found = compiled(draft, None)
    assert found is not None
    return found.draft


def policy_of(draft: Draft) -> Policy:
    found = compiled(draft, None)
    assert found is not None
    assert found.left_out == 0, found.text
    return found.policy


def drawn(data: st.DataObject, policy: Policy, count: int = 6) -> tuple[Session, ...]:
    of_policy = sessions(policy, login=True, scores=True, whole=True)
    return tuple(data.draw(of_policy) for _ in range(count))


def meanings(policy: Policy, played: tuple[Session, ...]) -> list[Verdict]:
    read, played = furnished(policy, played)
    return [evaluate(read, session, DEPLOYMENT) for session in played]


@often
@given(named, st.data())
def test_text_and_json_mean_the_same(draft: Draft, data: st.DataObject) -> None:
    draft = good(draft)
    source = Source("policy.ndr", draft.text)
    text = json.dumps(to_json(parse(source)[0]))
    document, found = from_json(Source("policy.json", text))
    assert document is not None, found
    policy, _ = checked(document)
    assert policy is not None
    played = drawn(data, policy)
    assert meanings(policy, played) == meanings(policy_of(draft), played)


_WRITTEN_OUT = {
    "silent": "noreply@example.org, newsletter@example.org, bounce-*@example.org",
    "chosen": w.SETS["chosen"].partition(" = ")[2],
    "robots": w.SETS["robots"].partition(" = ")[2],
    "liars": w.SETS["liars"].partition(" = ")[2],
}


@often
@given(named, st.data())
def test_a_set_written_out_means_what_its_name_means(draft: Draft, data: st.DataObject) -> None:
    draft = good(draft)
    written = tuple(
        re.sub(rf"\b(to|from|in|of) ({'|'.join(_WRITTEN_OUT)})\b", lambda m: f"{m[1]} {_WRITTEN_OUT[m[2]]}", line)
        if " as r" in line
        else line
        for line in draft.statements
    )
    policy = policy_of(draft)
    played = drawn(data, policy)
    assert meanings(policy_of(Draft(written)), played) == meanings(policy, played)


_ON_CLIENTS = "upstream"  # machines in front skip rules on clients: those that ask for one by `when`
_HANGS_ON_WHEN = re.compile("recipients >|spf|batv")  # the role exemption, the reply, whose mail is signed


@often
@given(named, conditions(EVERYTHING, "ordinary mail"), st.sampled_from(("reject", "tag", "quarantine")), st.data())
def test_an_exception_means_what_a_negated_condition_means(
    draft: Draft, condition: str, action: str, data: st.DataObject
) -> None:
    assume(not _HANGS_ON_WHEN.search(condition))
    rest = tuple(line for line in draft.statements if not line.startswith(_ON_CLIENTS))
    rule = f"{action} ordinary mail at content as turned"
    excepted, negated = (
        Draft((f"{rule} {how}", *rest)) for how in (f"except {condition}", f"when not ({condition})")
    )  # fmt: skip
    one, other = (compiled(d, None) for d in (excepted, negated))
    assert one is not None
    assert other is not None
    assume(all("turned" in found.text for found in (one, other)))
    played = drawn(data, one.policy)
    assert meanings(other.policy, played) == meanings(one.policy, played)


@often
@given(named, st.data())
def test_the_order_of_rules_that_never_meet_means_nothing(draft: Draft, data: st.DataObject) -> None:
    policy = policy_of(good(draft))
    turned = _turned(policy.rules)
    assume(turned != policy.rules)
    played = drawn(data, policy)
    before = [_unordered(v) for v in meanings(policy, played)]
    assert [_unordered(v) for v in meanings(replace(policy, rules=turned), played)] == before


def _turned(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the rules with each pair of neighbours swapped that can never both apply."""
    found = list(rules)
    for index in range(len(found) - 1):
        one, other = found[index], found[index + 1]
        if not (one.existence or one.relaying or can_meet(one, other)):
            found[index], found[index + 1] = other, one
    return tuple(found)


def _unordered(verdict: Verdict) -> Verdict:
    return replace(verdict, trace=(), reported=tuple(sorted(verdict.reported)))
