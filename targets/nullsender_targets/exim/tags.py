"""Spell BATV's tags as Exim's expansions: `prvs=KDDDHHHHHH=local@domain` (draft-levine-smtp-batv-01).

Exim has `prvs` and `prvscheck` of its own. They are not used: a tag that has expired is good again for them once the
count of days has turned over, one in capitals never is, and the lifetime is always the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.batv import LIFETIME
from nullsender_targets.exim import ir, quote
from nullsender_targets.exim.spelling import KEYS, SRS_KEYS, key_lines, variable

_TODAY = "$tod_epoch/86400"
_TAG = r"\N^prvs=\d{4}[0-9a-f]{6}=.\N"
_LOCAL = "${lc:$local_part}"
_FIRST_KEY = rf"${{extract{{1}}{{\n}}{{{key_lines(KEYS)}}}"
_ITS_KEYS = rf"${{filter{{<\n ${{readfile{{{KEYS}}}}}}}{{match{{$item}}{{^${{substr_5_1:$local_part}} \N\S\N}}}}}}"
_SECRET = "${extract{2}{ }{$value}}"  # noqa: S105  # of the line that was found


def _hash(source: str) -> str:
    return f"${{length_6:${{hmac{{sha1}}{{{_SECRET}}}{{{source}}}}}}}"


def _state() -> str:
    ahead = f"${{eval10:(${{substr_6_3:$local_part}}-{_TODAY}%1000+1000)%1000}}"
    judged = f"${{if <={{{ahead}}}{{{LIFETIME}}}{{valid}}{{expired}}}}"
    hash_ = _hash(f"${{substr_5_4:$local_part}}${variable(ir.Var.RCPT)}")
    its = f"${{if eq{{${{substr_9_6:{_LOCAL}}}}}{{{hash_}}}{{{judged}}}{{invalid}}}}"
    # What is extracted from nothing is nothing, and a tag made with an empty secret is anybody's.
    known = rf"${{if eq{{}}{{{_ITS_KEYS}}}{{invalid}}{{${{extract{{1}}{{\n}}{{{_ITS_KEYS}}}{{{its}}}}}}}}}"
    return rf"${{if match{{{_LOCAL}}}{{{_TAG}}}{{{known}}}{{missing}}}}"


def _signed() -> str:
    sender, last = f"${variable(ir.Var.SENDER)}", f"${variable(ir.Var.LAST_DAY)}"
    number = "${length_1:$value}"
    return f"{_FIRST_KEY}{{prvs={number}{last}{_hash(number + last + sender)}={sender}}}}}"


READINGS: Mapping[ir.Reading, str] = {
    ir.Reading.TAG_STATE: _state(),
    ir.Reading.SIGNED: _signed(),
    ir.Reading.RETURN_PATH: "$return_path",
    ir.Reading.SENDER_ADDRESS: "$sender_address",
}


def forwarded(domain: str) -> str:
    """Return the sender as a machine that forwards writes it, with the first of the SRS keys."""
    encoded = f"${{srs_encode{{{_SECRET}}}{{$sender_address}}{{{quote.zone(domain)}}}}}"
    return rf"${{extract{{1}}{{\n}}{{{key_lines(SRS_KEYS)}}}{{{encoded}}}}}"


def last_day(days: int) -> str:
    return f"${{substr_1_3:${{eval10:({_TODAY}+{days})%1000+1000}}}}"
