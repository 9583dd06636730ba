"""Sign the reverse-path of mail that goes out, and judge the tags to which bounces come back (BATV).

The file of keys is read for each message, so that a new key counts at once. While there is none, nothing goes out that
would have to be signed: its bounces could not be told from forged ones. What tags say is unknown then.
"""

from __future__ import annotations

from collections.abc import Iterator

from nullsender import policy as p
from nullsender_targets.exim import ir, recipients
from nullsender_targets.exim.conditions import UNKNOWN_TAG, Conditions, other_tag
from nullsender_targets.exim.sets import all_of, any_of

RETURN_PATH = "return_path"  # the ACL whose value is the reverse-path of what leaves
STATES = ("valid", "missing", "expired", "invalid")
_A_DAY = 86400


def judged(to: Conditions) -> Iterator[ir.Statement]:
    """Yield the statements that find out the state of the recipient's tag."""
    if ir.Var.BATV in to.used:
        yield ir.Statement(
            ir.Verb.WARN, (), (ir.Set(ir.Var.BATV, ir.Word("unknown")),), "the tag of the recipient's address"
        )
        yield ir.Statement(
            ir.Verb.WARN,
            (ir.When(ir.Known.RECIPIENT_TAGGABLE), ir.When(ir.Known.KEYS_READABLE), ir.When(ir.Known.KEYS_THERE)),
            (ir.Set(ir.Var.BATV, ir.Reading.TAG_STATE),),
        )


def left_behind(to: Conditions) -> Iterator[ir.Effect]:
    """Yield what accepted recipients leave of their tags for rules on the message."""
    unknown = ir.Is(ir.Var.BATV, "unknown")
    for state in STATES:
        if other_tag(state) in to.used:
            surely_other = ir.Without(any_of((ir.Is(ir.Var.BATV, state), unknown)))
            yield ir.Set(other_tag(state), ir.Sticky(surely_other))
    if UNKNOWN_TAG in to.used:
        yield ir.Set(UNKNOWN_TAG, ir.Sticky(unknown))


def without_keys(statement: p.Statement, to: Conditions) -> Iterator[ir.Statement]:
    """Yield what defers recipients elsewhere while their mail cannot be signed."""
    senders = _signing(statement).senders
    mail = to.sets.member(senders, to.senders(senders.kind))
    to.used.add(ir.Var.SENDER)
    no_keys = ir.When(ir.Is(ir.Var.KEYS, "no"))
    asked = (
        ir.NullSender(negated=True),
        ir.When(ir.Without(ir.Yes(ir.Var.SERVED))),
        ir.When(ir.Is(ir.Var.TRUSTED, "yes")),
        ir.When(all_of((ir.Known.SENDER_TAGGABLE, mail))),
    )
    yield ir.Statement(ir.Verb.WARN, (), (ir.Set(ir.Var.KEYS, ir.Word("wanted")),), "what is signed needs a key")
    yield ir.Statement(ir.Verb.WARN, asked, (ir.Set(ir.Var.KEYS, ir.Word("no")),))
    there = (ir.When(ir.Known.KEYS_READABLE), ir.When(ir.Known.KEYS_THERE))
    yield ir.Statement(ir.Verb.WARN, (no_keys, *there), (ir.Set(ir.Var.KEYS, ir.Word("yes")),))
    answer = ir.Answer(451, "4.3.0", "cannot sign this message now, try again later", statement.id)
    yield ir.Statement(ir.Verb.DEFER, (no_keys,), (answer,), origin=statement.id)


def return_path(
    signs: p.Statement | None, forwards: p.Statement | None, to: Conditions, *, unsigned: ir.Reading
) -> ir.AclBlock:
    """Return the ACL that gives the reverse-path of mail that goes out; without keys it fails, and mail waits."""
    leave = (ir.Give(unsigned),)
    return ir.AclBlock(
        RETURN_PATH,
        (
            ir.Statement(ir.Verb.ACCEPT, (ir.NullSender(),), leave),
            *(_rewrite(forwards, to) if forwards else ()),
            *(_sign(signs, to, leave) if signs else ()),
            *(() if signs else (ir.Statement(ir.Verb.ACCEPT, (), leave),)),
        ),
        f"the reverse-path of mail that goes out: {'; '.join(s.words for s in (signs, forwards) if s)}",
    )


def _rewrite(statement: p.Statement, to: Conditions) -> Iterator[ir.Statement]:
    """Yield what rewrites the sender of forwarded mail: it came for a domain of ours and goes elsewhere."""
    assert isinstance(statement.setting, p.RewriteSrs)  # noqa: S101  # the only kind that is asked for
    tests = (
        ir.When(ir.Without(recipients.served(to, ir.Fact.SENDER_DOMAIN))),
        ir.When(recipients.served(to, ir.Fact.ORIGINAL_DOMAIN)),
        ir.When(ir.Without(recipients.served(to, ir.Fact.DOMAIN))),
        ir.KeysMust(of_srs=True),
    )
    given = (ir.Give(ir.Forwarded(statement.setting.domain)),)
    yield ir.Statement(ir.Verb.ACCEPT, tests, given, origin=statement.id)


def _sign(statement: p.Statement, to: Conditions, leave: tuple[ir.Effect, ...]) -> Iterator[ir.Statement]:
    setting = _signing(statement)
    days = -(-setting.seconds // _A_DAY)
    trusted = any_of((ir.Without(ir.Defined(ir.Fact.CLIENT)), ir.Is(ir.Var.TRUSTED, "yes")))
    sender: list[ir.Effect] = [ir.Set(ir.Var.SENDER, ir.Reading.SENDER)]
    if to.site.delimiters:
        sender.append(ir.Set(ir.Var.SENDER_BASE, ir.Base(to.site.delimiters, of_sender=True)))
    mail = all_of((ir.Known.SENDER_TAGGABLE, to.sets.member(setting.senders, to.senders(setting.senders.kind))))
    yield ir.Statement(ir.Verb.ACCEPT, (ir.When(ir.Without(trusted)),), leave)
    yield ir.Statement(ir.Verb.WARN, (), tuple(sender))
    yield ir.Statement(ir.Verb.ACCEPT, (ir.When(ir.Without(mail)),), leave)
    yield ir.Statement(ir.Verb.REQUIRE, (ir.KeysMust(),), (ir.Set(ir.Var.LAST_DAY, ir.LastDay(days)),))
    yield ir.Statement(ir.Verb.ACCEPT, (), (ir.Give(ir.Reading.SIGNED),), origin=statement.id)


def _signing(statement: p.Statement) -> p.SignBatv:
    assert isinstance(statement.setting, p.SignBatv)  # noqa: S101  # the only kind that is asked for
    return statement.setting
