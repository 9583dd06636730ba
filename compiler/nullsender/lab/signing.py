"""Sign a message as its author's domain does (DKIM, RFC 6376), with a key that is made for each run of the lab."""

from __future__ import annotations

import hashlib
import random
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache

SELECTOR = "lab"
_BITS = 1024
_PUBLIC_EXPONENT = 65537
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # what stands before a digest, RFC 8017 §9.2
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")  # the algorithm of a public key, RFC 3279 §2.3.1
_ROUNDS = 24  # of Miller and Rabin's test


@dataclass(frozen=True, slots=True)
class _Key:
    modulus: int
    exponent: int  # the private one

    def sign(self, octets: bytes) -> bytes:
        """Return the signature that RFC 8017 calls RSASSA-PKCS1-v1_5."""
        digest = _SHA256 + hashlib.sha256(octets).digest()
        length = _BITS // 8
        padded = b"\0\1" + b"\xff" * (length - len(digest) - 3) + b"\0" + digest
        return pow(int.from_bytes(padded), self.exponent, self.modulus).to_bytes(length)


def key_record() -> str:
    """Return what stands in the DNS at `lab._domainkey` below the domain."""
    numbers = _der(0x02, _unsigned(_key().modulus)) + _der(0x02, _unsigned(_PUBLIC_EXPONENT))
    public = _der(0x30, _RSA + _der(0x03, b"\0" + _der(0x30, numbers)))
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"


def signed(octets: bytes, domain: str) -> bytes:
    """Return a message with a signature of the domain over its author and its body; lines end with LF."""
    header, _, body = octets.partition(b"\n\n")
    author = re.search(rb"(?mi)^from[ \t]*:((?:.*\n[ \t])*.*)", header)
    lines = body.rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n"
    tags = (
        f"v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s={SELECTOR}; h=from; "
        f"bh={b64encode(hashlib.sha256(lines).digest()).decode()}; b="
    )
    over = b"from:%s\r\ndkim-signature:%s" % (_relaxed(author[1] if author else b""), tags.encode())
    return f"DKIM-Signature: {tags}{b64encode(_key().sign(over)).decode()}\n".encode() + octets


def _relaxed(value: bytes) -> bytes:
    return b" ".join(value.split())


@cache
def _key() -> _Key:
    source = random.SystemRandom()
    while True:
        one, other = _prime(source), _prime(source)
        if one != other and (modulus := one * other).bit_length() == _BITS:
            return _Key(modulus, pow(_PUBLIC_EXPONENT, -1, (one - 1) * (other - 1)))


def _prime(source: random.Random) -> int:
    while True:
        found = source.getrandbits(_BITS // 2) | 3 << (_BITS // 2 - 2) | 1
        if found % _PUBLIC_EXPONENT != 1 and _is_prime(found, source):
            return found


def _is_prime(number: int, source: random.Random) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(_ROUNDS):
        power = pow(source.randrange(2, number - 1), odd, number)
        if power not in (1, number - 1) and not any(
            (power := pow(power, 2, number)) == number - 1 for _ in range(twos - 1)
        ):
            return False
    return True


def _unsigned(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = (
        bytes([size])
        if size < 128
        else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8)
    )
    return bytes([tag]) + length + content
