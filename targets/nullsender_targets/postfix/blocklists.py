"""Ask block lists: what they say can refuse or be logged, and nothing can follow it."""

from __future__ import annotations

from nullsender import condition as c
from nullsender.policy import Rule
from nullsender_targets.postfix import ir
from nullsender_targets.postfix.draft import Draft


def listed(zone: c.Zone, reply: ir.Refuse, rule: Rule, draft: Draft) -> tuple[ir.Restriction, ...]:
    """Return reject_rbl_client for each filter of a zone, its reply in rbl_reply_maps.

    The key there is zone and filter as they stand: so that two rules on one zone differ, the second repeats an octet.
    """
    restrictions = []
    for filter_ in _filters(zone, {(row.zone, row.filter) for row in draft.replies}):
        draft.replies.append(ir.BlockListReply(zone.domain, filter_, reply, rule.reply.text is None))
        restrictions.append(ir.Listed(zone.domain, filter_, rule.report_only))
    return tuple(restrictions)


def asks_lists(part: c.Condition) -> bool:
    return any(isinstance(atom, c.ClientListed) for _, atom in c.literals(part))


def _filters(zone: c.Zone, taken: set[tuple[str, str]]) -> list[str]:
    octets: dict[str, list[str]] = {}
    for answer in zone.answers:
        network, _, host = answer.rpartition(".")
        octets.setdefault(network, []).append(host)
    filters = []
    for network, hosts in octets.items():
        while (zone.domain, spelled := _spelled(network, hosts)) in taken:
            hosts = [*hosts, hosts[0]]
        filters.append(spelled)
    return filters


def _spelled(network: str, hosts: list[str]) -> str:
    return f"{network}.{hosts[0]}" if len(hosts) == 1 else f"{network}.[{';'.join(hosts)}]"
