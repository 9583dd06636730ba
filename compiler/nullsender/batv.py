"""Tags of reverse-paths, `prvs=KDDDHHHHHH=local@domain` (draft-levine-smtp-batv-01): made and judged as servers do.

K is the number of the key, DDD the last day on which the tag is good, modulo 1000, and HHHHHH the first three octets of
HMAC-SHA1 over K, DDD and the address in lower case.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha1

from nullsender import canonical
from nullsender.keyfile import Key

LIFETIME = 7  # days; every server looks so far ahead, whatever the policy says of new tags
SECONDS_A_DAY = 86400
_TAG = re.compile(r"prvs=([0-9])([0-9]{3})([0-9a-f]{6})=")


def tagged(address: str, key: Key, day: int, days: int = LIFETIME) -> str:
    """Return an address with a tag that is good for `days`, on a day since 1970-01-01 UTC; an older tag is replaced."""
    inner = _inner(address)
    last = f"{(day + days) % 1000:03}"
    return f"prvs={key.number}{last}{_hash(key, last, inner)}={inner}"


def state(address: str, keys: tuple[Key, ...], day: int) -> str | None:
    """Return the state of an address: `valid`, `missing`, `expired` or `invalid`; None where it cannot be told."""
    if not keys or not canonical.taggable(address):
        return None
    found = _TAG.match(address.lower())
    if found is None:
        return "missing"
    number, last, hash_ = found.groups()
    key = next((key for key in keys if key.number == int(number)), None)
    if key is None or not hmac.compare_digest(_hash(key, last, _inner(address)), hash_):
        return "invalid"
    return "valid" if (int(last) - day) % 1000 <= LIFETIME else "expired"


def _inner(address: str) -> str:
    return canonical.forms(address, "")[0]


def _hash(key: Key, last: str, inner: str) -> str:
    return hmac.new(key.secret.encode(), f"{key.number}{last}{inner}".encode(), sha1).hexdigest()[:6]
