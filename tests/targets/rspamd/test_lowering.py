from __future__ import annotations

import pytest

from nullsender import condition as c
from nullsender import policy as p
from nullsender_targets.rspamd import ir
from nullsender_targets.rspamd.lower import LONGEST_TEXT, lower
from tests.targets.rspamd.parts import EXAMPLE, FRONT, MINE, OFFICE, SILENT, part, rule


def lowered(*rules: p.Rule) -> ir.Configuration:
    configuration, diagnostics = lower(part(*rules))
    assert diagnostics == ()
    return configuration


def text_of(one: p.Rule) -> str:
    effect = lowered(one).rules[0].effect
    assert isinstance(effect, ir.Refusal)
    return effect.text


def test_every_rule_of_the_part_is_placed_in_its_order() -> None:
    configuration = lowered(*EXAMPLE)
    assert configuration.placed == tuple(one.id for one in EXAMPLE)
    assert tuple(one.id for one in configuration.rules) == configuration.placed


def test_a_rule_keeps_the_stage_that_the_policy_gave_it() -> None:
    assert [one.stage for one in lowered(*EXAMPLE).rules[:3]] == ["rcpt", "data", "data"]


def test_conditions_become_trees_of_questions() -> None:
    when = c.AllOf((c.SenderNull(), c.Not(c.AnyOf((c.RecipientIn(SILENT), c.ClientIn(OFFICE))))))
    assert lowered(rule("x", p.Reject(), when)).rules[0].when == ir.Every(
        (
            ir.Question("sender is null"),
            ir.Negated(ir.Some((ir.Question("recipient in", "silent"), ir.Question("client in", "office")))),
        )
    )


def test_exceptions_stay_apart() -> None:
    assert lowered(EXAMPLE[0]).rules[0].unless == tuple(map(ir.Question, ("trusted", "kept", "upstream")))


def test_a_block_list_is_asked_for_with_its_answers() -> None:
    zone = c.Zone("bl.example", ("127.0.0.2", "127.0.0.3"))
    when = lowered(rule("x", p.Reject(), c.ClientListed(zone))).rules[0].when
    assert when == ir.Question("client listed", ir.Listed("bl.example", ("127.0.0.2", "127.0.0.3")))


def test_only_sets_that_are_asked_for_are_written() -> None:
    names = [of.entries.name for of in lowered(rule("x", p.Reject(), c.SenderNull())).sets]
    assert names == sorted((MINE.name, OFFICE.name, FRONT.name))
    assert "silent" in [of.entries.name for of in lowered(*EXAMPLE).sets]


def test_patterns_of_a_set_stand_apart_from_its_addresses() -> None:
    silent = next(of for of in lowered(*EXAMPLE).sets if of.entries.name == "silent")
    assert silent.patterns == ("*@lists.example.org", "bounce-*@b.example.org")


def test_a_reply_ends_with_the_id_of_its_rule() -> None:
    assert text_of(EXAMPLE[1]) == "a bounce has one recipient [reject-bounces-to-several-recipients]"


def test_a_reply_that_the_policy_wrote_is_kept() -> None:
    assert text_of(EXAMPLE[2]).startswith('they never send, "$CONFDIR" {= 1 =} 100% sure [')


def test_a_reply_is_ascii_and_fits_a_line() -> None:
    text = text_of(rule("x", p.Reject(), c.SenderNull(), reply=p.Reply(550, "5.7.1", "für " + "ä" * 900)))
    assert text == "f?r " + "?" * (LONGEST_TEXT - 4) + " [x]"


def test_an_id_that_is_not_ascii_has_a_fixed_text() -> None:
    configuration = lowered(rule("größe", p.Reject(), c.SenderNull()))
    assert configuration.fixed_texts == (("größe", "gr??e"),)


@pytest.mark.parametrize(
    ("action", "name", "effect"),
    [
        (p.Reject(), "reject", ir.Refusal(550, "5.7.1", "bounces are not taken here [x]")),
        (p.Defer(), "defer", ir.Refusal(451, "4.7.1", "bounces are not taken here [x]")),
        (p.Tag("X-A", "b"), "tag", ir.Header("X-A", "b")),
        (p.Score(-1.5), "score", -1.5),
        (p.Quarantine(), "quarantine", None),
        (p.Discard(), "discard", None),
    ],
)
def test_an_action_has_its_effect(action: p.Action, name: str, effect: ir.Effect) -> None:
    lowered_rule = lowered(rule("x", action, c.SenderNull())).rules[0]
    assert (lowered_rule.action, lowered_rule.effect) == (name, effect)
