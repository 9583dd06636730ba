"""Ask a domain's next hop who exists: address verification, with its cache (ADDRESS_VERIFICATION_README).

A probe comes from double-bounce@ and not from the null sender, which a hop may refuse where it takes other mail.
"""

from __future__ import annotations

from collections.abc import Iterator

from nullsender.diagnostic import Diagnostic
from nullsender.excuses import words_of
from nullsender.plan import Part, Site
from nullsender.policy import Callout, Rule, Served, TheServer
from nullsender_targets.postfix import ir
from nullsender_targets.postfix.draft import list_file
from nullsender_targets.postfix.settled import Settled

SAID = "Recipient address rejected: undeliverable address"  # where several rules would have to name themselves


def hops(site: Site) -> tuple[tuple[Served, Callout], ...]:
    """Return who asks which hop."""
    return tuple((one, source) for one in site.served for source in one.sources if isinstance(source, Callout))


def settings(part: Part) -> Settled:
    """Return where probes go, how long they are waited for, and what is said of their outcome."""
    asked = hops(part.site)
    rules = [step.rule for step in part.steps if step.rule.existence]
    if not asked or not rules:
        return Settled()
    ids = tuple(rule.id for rule in rules)
    ways = ir.List(
        "callouts.here",
        ir.Form.DOMAINS,
        tuple(served.domains for served, _ in asked),
        values=tuple(f"smtp:[{hop.host}]:{hop.port}" for _, hop in asked),
    )
    first = rules[0]
    fixed: dict[str, ir.Value] = {
        "address_verify_transport_maps": (list_file(ways),),
        "address_verify_poll_count": ir.Expression("4"),
        "address_verify_poll_delay": ir.Seconds(1),
        "address_verify_negative_refresh_time": ir.Seconds(30),  # it holds for what could not be told, too
        "unverified_recipient_reject_code": ir.Expression(str(first.reply.code)),
        "unverified_recipient_reject_reason": ir.Text(words_of(first) + (f" [{first.id}]" if len(rules) == 1 else "")),
        "unverified_recipient_defer_code": ir.Expression("451"),
        "unverified_recipient_tempfail_action": ir.Expression("defer"),
    }
    if part.standalone:
        fixed["address_verify_map"] = ir.Expression("lmdb:$data_directory/nullsender_verify")
    how = {"address_verify_transport_maps": ir.How.FIRST}
    parameters = tuple(ir.Parameter(name, value, ids, how.get(name, ir.How.SET)) for name, value in fixed.items())
    return Settled(parameters, lists=(ways,), diagnostics=tuple(_misfits(part.site, rules)))


def _misfits(site: Site, rules: list[Rule]) -> Iterator[Diagnostic]:
    for served in site.served:
        asked = [source for source in served.sources if isinstance(source, Callout | TheServer)]
        if len(asked) > 1 and any(isinstance(source, Callout) for source in asked):
            text = "Postfix asks one next hop whether a recipient exists, and refuses whom that does not know"
            yield Diagnostic("NS509", text, asked[1].span, help="name one hop, and nothing else that is asked at last")
    for rule in rules:
        same = rule.reply == rules[-1].reply and words_of(rule) == words_of(rules[-1])  # what nobody wrote comes last
        usual = rule.reply.enhanced.endswith(".1.1") or not rule.reply.code_written
        if not usual or not same:
            text = "Postfix refuses whom a next hop does not know with 5.1.1, for every rule alike"
            yield Diagnostic("NS531", text, rule.span, help="leave out the code, or list the recipients in a file")
