"""Rewrite the sender of forwarded mail, and take its bounces, with a helper that makes and reads the addresses (SRS).

Canonical maps would rewrite the sender of all mail. Mail that was forwarded is told at its end: it goes elsewhere, its
sender is not of ours, and its recipient was of ours once. The first two a map of default transports knows, the third
smtp(8), which puts the original recipient on top of the message (`flags=O`). So what may have been forwarded goes to a
program of ours, and from there to a second smtpd, with the sender as it is to leave. That one sends it on without
asking the map again.
"""

from __future__ import annotations

from nullsender.plan import Link, Part
from nullsender_targets.postfix import ir, loopback, sets
from nullsender_targets.postfix.draft import Draft, Purpose
from nullsender_targets.postfix.loopback import AS_IT_IS, Port
from nullsender_targets.postfix.settled import Settled

FOLDER = "srs"
ADDRESSES, POSTMASTER = f"{FOLDER}/addresses.pcre", f"{FOLDER}/postmaster.pcre"
NOBODYS, LEAVES, SERVED = f"{FOLDER}/nobodys.pcre", f"{FOLDER}/leaves.pcre", f"{FOLDER}/served"
TRANSPORT, SECOND = "nullsender-forward", "nullsender-forwarded"
# Where mail goes anyway. smtpd knows these two only where main.cf names them.
_ONWARD = "${{$default_transport} == {smtp} ? {smtp:$relayhost} : {$default_transport}}"
_NAMED = ("default_transport", "relayhost")
NEXT_HOP = f"{TRANSPORT}:[127.0.0.1]:{Port.FORWARD}"


def helper(part: Part) -> Link | None:
    """Return who makes and reads the addresses, where anything is rewritten."""
    return next((link for link in part.links if link.kind == "srs"), None) if part.site.srs else None


def settings(part: Part, draft: Draft) -> Settled:
    """Return the way of forwarded mail out, and that of its bounces back."""
    srs, link = part.site.srs, helper(part)
    if srs is None or link is None:
        return Settled()
    ids = tuple(statement.id for statement in part.statements if statement.setting == srs)
    ours = _domains(part, draft)
    leaving = ir.Pipe((ir.Union((ir.File("pcre", NOBODYS), *ours.maps)), ir.File("pcre", LEAVES)))
    reading: tuple[ir.Map, ...] = (found(), ir.File("pcre", POSTMASTER))
    parameters = (
        *(ir.Parameter(name, ir.Expression(""), ids, ir.How.NAMED) for name in _NAMED if not part.standalone),
        ir.Parameter("sender_dependent_default_transport_maps", (leaving,), ids, ir.How.FIRST),
        ir.Parameter(f"{TRANSPORT}_destination_recipient_limit", ir.Expression("1"), ids),
        ir.Parameter("enable_original_recipient", ir.Expression("yes"), ids),
        ir.Parameter("virtual_alias_domains", ir.Text(srs.domain), ids, ir.How.LAST),
        ir.Parameter("virtual_alias_maps", reading, ids, ir.How.FIRST),
    )
    return Settled(
        parameters, _services(part, link, ids), forwarding=ir.Forwarding(srs.domain, ir.Union(ours.maps), ids)
    )


def found() -> ir.Map:
    """Return the map from an address with a good hash to the sender inside; where nobody reads it, it fails."""
    return ir.Pipe((ir.File("pcre", ADDRESSES), ir.Tcp(f"127.0.0.1:{Port.REVERSE}")))


def _domains(part: Part, draft: Draft) -> sets.Members:
    """Return maps that answer MEMBER for addresses of ours, and NEITHER for all."""
    assert part.site.srs is not None  # noqa: S101  # only then it is asked for
    served = sets.joined(sets.addresses(one.domains, draft) for one in part.site.served)
    keys = (*served.keys, ir.AtDomain(part.site.srs.domain))
    rows = tuple(ir.Row(key, ir.Mark(ir.MEMBER)) for key in keys)
    table = draft.table(rows, Purpose((), "domains of ours", "srs ours"))
    return sets.Members((), (table, *served.maps, ir.Static(ir.NEITHER)))


def _services(part: Part, link: Link, ids: tuple[str, ...]) -> tuple[ir.Service, ...]:
    host, _, port = link.address.rpartition(":")
    nothing = ir.Expression("")
    options: tuple[tuple[str, ir.Value], ...] = (
        AS_IT_IS,
        ("content_filter", ir.Expression("smtp:" if part.standalone else _ONWARD)),
        ("smtpd_command_filter", nothing),
        ("local_header_rewrite_clients", nothing),
    )
    return (
        loopback.way_there(TRANSPORT, (("smtp_header_checks", nothing),), ids, "smtp flags=O"),
        _spawned(Port.FORWARD, f"forward.pl {link.address} 127.0.0.1:{Port.FORWARDED}", ids),
        *loopback.entrance(SECOND, Port.FORWARDED, options, ids),
        _spawned(Port.REVERSE, f"reverse.pl {host}:{int(port) + 1}", ids),
    )


def _spawned(port: Port, command: str, ids: tuple[str, ...]) -> ir.Service:
    program = f"spawn user=daemon argv=/usr/bin/perl /etc/postfix/nullsender/{FOLDER}/{command}"
    return ir.Service(f"127.0.0.1:{port}", "inet", program, private="n", unprivileged="n", processes="0", made_for=ids)
