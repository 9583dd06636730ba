"""Replies of rules: codes that agree with the action and with each other (RFC 5321 §4.2, RFC 3463, RFC 5248)."""

from __future__ import annotations

import re

from nullsender import condition as c
from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.context import Context

_SUBJECTS = tuple("01234567")
LONGEST_TEXT = 400  # characters; a reply line has 512 octets (RFC 5321, section 4.5.3.1.5), the rest is the server's
_NO_TEXT = re.compile(r"[^ -~]")
_NOT_FOR_REFUSING = frozenset({"421", "221", "500", "501", "502", "503", "504", "530", "534", "535", "538"})


def reply_of(
    action: p.Action | None,
    when: c.Condition,
    existence: bool,
    written: s.WithReply | None,
    context: Context,
) -> p.Reply:
    """Return the reply of a rule: what it wrote, and for the rest what is usual for such a rule."""
    code, enhanced = _usual(action, when, existence)
    if written is None:
        return p.Reply(code, enhanced)
    _check(written, code // 100, action, context)
    if written.code and written.code.text[0] == str(code)[0]:
        code = int(written.code.text)
    if written.enhanced and written.enhanced.text[0] == enhanced[0]:
        enhanced = written.enhanced.text
    text = written.text.value if written.text else None
    return p.Reply(code, enhanced, text, code_written=bool(written.code or written.enhanced))


def _usual(action: p.Action | None, when: c.Condition, existence: bool) -> tuple[int, str]:
    atoms = [type(atom) for _, atom in c.literals(when)]
    if isinstance(action, p.Defer | p.Greylist):
        if c.RecipientFull in atoms:
            return 452, "4.2.2"
        return (450, "4.1.1") if existence else (451, "4.7.1")
    if existence:
        return 550, "5.1.1"
    if c.RecipientFull in atoms:
        return 552, "5.2.2"
    if c.RecipientsOver in atoms:
        return 550, "5.5.3"
    return (550, "5.7.23") if c.SpfIs in atoms else (550, "5.7.1")


def _check(written: s.WithReply, wanted: int, action: p.Action | None, context: Context) -> None:
    word = "defer" if wanted == 4 else "reject"
    for part in (written.code, written.enhanced):
        if part and action is not None and part.text[0] != str(wanted):
            context.error(
                "NS303",
                f"`{part.text}` does not agree with `{word}`",
                part.span,
                help=f"codes of `{word}` begin with {wanted}",
            )
    if written.code and written.enhanced and written.code.text[0] != written.enhanced.text[0]:
        context.error(
            "NS303",
            f"`{written.code.text}` and `{written.enhanced.text}` are of different classes",
            written.enhanced.span,
            help="the first digits are the same in both (RFC 3463, section 2)",
        )
    if written.enhanced and written.enhanced.text.split(".")[1] not in _SUBJECTS:
        context.error(
            "NS303",
            f"`{written.enhanced.text}` has no known subject",
            written.enhanced.span,
            help="the second number is 0 to 7 (RFC 3463, section 3): 1 is the address, 2 the mailbox, 7 policy",
        )
    if written.code and written.code.text in _NOT_FOR_REFUSING:
        context.error("NS303", f"`{written.code.text}` says something else to a client", written.code.span)
    if written.text and not written.text.value.strip():
        context.error("NS322", "a reply without words", written.text.span, help="leave the text out, or write one")
    if written.text and (bad := _NO_TEXT.search(written.text.value)):
        context.error(
            "NS322",
            f"`{bad.group()}` cannot stand in a reply: its text is printable ASCII (RFC 5321, section 4.2)",
            written.text.span,
        )
    if written.text and len(written.text.value) > LONGEST_TEXT:
        context.error("NS322", f"a reply of {len(written.text.value)} characters", written.text.span)
