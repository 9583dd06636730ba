"""Deliver bounces of signed mail to the address inside: mailboxes know nothing of tags, and reports of our own get one.

The address is taken out by virtual_alias_maps, where the policy is about the message: the smtpd and its milters have
seen the recipient as it was written.
"""

from __future__ import annotations

from nullsender.plan import Part
from nullsender.policy import TheServer
from nullsender_targets.postfix import ir, recipients, sets
from nullsender_targets.postfix.draft import Draft, Purpose

FOLDER = "tags"
INSIDE, HERE = f"{FOLDER}/inside.pcre", f"{FOLDER}/here.pcre"


def aliases(part: Part, draft: Draft) -> ir.Parameter | None:
    """Return the parameter by which tags come off recipients here; elsewhere they are somebody else's."""
    batv = part.site.batv
    if batv is None:
        return None
    if recipients.asks_the_server(part.site):
        source = next(s for served in part.site.served for s in served.sources if isinstance(s, TheServer))
        draft.error(
            "NS534",
            "Postfix takes every address with a tag for one that it knows",
            source.span,
            "list the recipients in a file, or have another server judge them",
        )
    served = sets.joined(sets.addresses(one.domains, draft) for one in part.site.served)
    purpose = Purpose((), "domains whose recipients may have a tag", "tagged here")
    marks = tuple(ir.Row(key, ir.Mark(ir.MEMBER)) for key in served.keys)
    of_domains = (draft.table(marks, purpose),) if marks else ()
    found = ir.Union((ir.File("pcre", INSIDE), *of_domains, *served.maps))
    return ir.Parameter("virtual_alias_maps", (ir.Pipe((found, ir.File("pcre", HERE))),), how=ir.How.FIRST)
