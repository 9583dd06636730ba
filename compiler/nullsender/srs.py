"""Addresses to which bounces of forwarded mail come, `SRS0=HHHH=TT=host=user@domain` (Sender Rewriting Scheme).

TT is the day modulo 1024, HHHH the beginning of a hash. Makers differ in the hash, and none takes another's.
"""

from __future__ import annotations

import hmac
import re
from hashlib import md5

from nullsender.keyfile import Key

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_SHAPE = re.compile(r"srs0[=+-][^=]+=[^=]+=([^=]+)=(.+)@[^@]+", re.IGNORECASE)


def rewritten(sender: str, domain: str, key: Key, day: int) -> str:
    """Return a sender as whoever forwards writes it who hashes the address by HMAC-MD5, on a day since 1970-01-01."""
    user, _, host = sender.rpartition("@")
    hash_ = hmac.new(key.secret.encode(), sender.lower().encode(), md5).hexdigest()[:4]
    stamp = _DIGITS[day % 1024 >> 5] + _DIGITS[day % 32]
    return f"SRS0={hash_}={stamp}={host}={user}@{domain}"


def inside(address: str) -> str | None:
    """Return the sender in an SRS address, None where it is none."""
    found = _SHAPE.fullmatch(address)
    return f"{found[2]}@{found[1]}" if found else None
