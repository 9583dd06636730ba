"""Ask whether a mailbox is over quota: by a service of ours, since what the mailboxes' own service replies is its own.

smtpd would send the reply of that service as it is, whatever the rule says. Ours asks it, and leads to the rule.
"""

from __future__ import annotations

from collections.abc import Callable

from nullsender.quota import SECONDS
from nullsender_targets.postfix import ir, services

SERVICE = services.service("quota", "nobody", "/bin/bash")
_NOTHING = "DUNNO"


def asked(then: ir.Outcome, otherwise: ir.Outcome, class_of: Callable[[ir.Outcome], str]) -> ir.AskPolicy:
    """Return what leads to `then` where the recipient is over quota, and to `otherwise` where it is not known to be."""
    full, rest = (_NOTHING if isinstance(one, ir.Dunno) else class_of(one) for one in (then, otherwise))
    no_answer = ir.Dunno() if rest == _NOTHING else ir.Enter(rest)
    return services.asking(SERVICE, f"{full}:{rest}", 2 * SECONDS, no_answer)
