"""Addresses to which bounces of forwarded mail come, `SRS0=HHHH=TT=host=user@domain` (Sender Rewriting Scheme).

TT is the day modulo 1024, HHHH the beginning of a hash. Makers differ in the hash, and none takes another's.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from enum import Enum
from hashlib import md5, sha1

from nullsender.keyfile import Key

_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_SHAPE = re.compile(r"srs0[=+-][^=]+=[^=]+=([^=]+)=(.+)@[^@]+", re.IGNORECASE)


class Dialect(Enum):
    """How the hash is made, and for how many days an address is good."""

    MD5 = "HMAC-MD5 of the address, good for 10 days"
    SHA1 = "HMAC-SHA1 of day, host and user, good for 21 days"


def rewritten(sender: str, domain: str, key: Key, day: int, dialect: Dialect = Dialect.MD5) -> str:
    """Return a sender as whoever forwards writes it who speaks a dialect, on a day since 1970-01-01."""
    user, _, host = sender.rpartition("@")
    stamp = _DIGITS[day % 1024 >> 5] + _DIGITS[day % 32]
    match dialect:
        case Dialect.MD5:
            hash_ = hmac.new(key.secret.encode(), sender.lower().encode(), md5).hexdigest()[:4]
        case Dialect.SHA1:  # the whole line of the file of keys is its secret
            hashed = f"{stamp}{host}{user}".lower().encode()
            hash_ = b64encode(hmac.new(key.line.encode(), hashed, sha1).digest())[:4].decode()
            stamp = stamp.upper()
    return f"SRS0={hash_}={stamp}={host}={user}@{domain}"


def inside(address: str) -> str | None:
    """Return the sender in an SRS address, None where it is none."""
    found = _SHAPE.fullmatch(address)
    return f"{found[2]}@{found[1]}" if found else None
