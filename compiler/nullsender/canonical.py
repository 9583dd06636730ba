"""The one form in which domains, addresses and networks are compared; ValueErrors are in a user's words."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

_PLAIN_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_PLAIN_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"')


@lru_cache(maxsize=4096)  # lists of addresses name few domains
def domain(text: str) -> str:
    """Return a domain in lower-case A-labels (RFC 5890) without a trailing dot; at most 253 octets (RFC 1035)."""
    name = text.removesuffix(".").lower()
    if name.isascii():
        if _PLAIN_DOMAIN.fullmatch(name) and not _bad_a_label(name):
            return name
        raise ValueError(_why_not(name))
    import idna  # wanted for few policies: costs a third of the start

    try:
        name = idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"not a domain name (IDNA: {str(error).lower()})") from None
    if len(name) > 253:
        raise ValueError(f"a domain of {len(name)} characters, at most 253 are allowed")
    return name


def subdomains(text: str) -> str:
    """Return `*.example.org` with its domain in canonical form."""
    return "*." + domain(text.removeprefix("*."))


def address(text: str) -> str:
    """Return `local@domain` in lower case, the domain in A-labels, the local part unquoted where it can be.

    `*` may stand for any run of characters in the local part, and for the whole domain. RFC 5321 §4.1.2, §4.5.3.1.
    """
    local, at, host = text.rpartition("@")
    if not at or not local:
        raise ValueError("not an address: `local@domain` is wanted")
    return f"{local_part(local)}@{_host(host)}"


def local_part(text: str) -> str:
    """Return a local part in the form of `address`."""
    local = text.lower()
    if _QUOTED_LOCAL.fullmatch(local):
        plain = re.sub(r"\\(.)", r"\1", local[1:-1])
        local = plain if _PLAIN_LOCAL.fullmatch(plain) else '"' + re.sub(r'(["\\])', r"\\\1", plain) + '"'
    elif not _PLAIN_LOCAL.fullmatch(local) and (local.isascii() or not _PLAIN_LOCAL.fullmatch(_no_unicode(local))):
        raise ValueError("not a local part: quote it, or see to its dots and spaces")
    if len(local.encode()) > 64:
        raise ValueError(f"a local part of {len(local.encode())} octets, at most 64 are allowed")
    return local


_TAGGED = re.compile(r"prvs=\d{4}[0-9a-f]{6}=(?=.)")  # BATV (draft-levine-smtp-batv-01 §3)
_TAG_LENGTH = 16


@lru_cache(maxsize=4096)
def forms(text: str, delimiters: str) -> tuple[str, ...]:
    """Return the forms in which an address is compared: canonical and without a BATV tag, then without its subaddress.

    What is no address, such as the null sender or a bare `postmaster`, has none. A client may send what `address`
    refuses: that is compared in lower case, as it came.
    """
    local, at, host = text.rpartition("@")
    if not at or not local:
        return ()
    try:
        whole = address(text)
    except ValueError:
        whole = text.lower()
    whole = _TAGGED.sub("", whole, count=1) if whole.startswith("prvs=") else whole
    local, _, host = whole.rpartition("@")
    cut = next((i for i in range(1, len(local)) if local[i] in delimiters), None)
    return (whole,) if cut is None or local.startswith('"') else (whole, f"{local[:cut]}@{host}")


def tagged(text: str) -> bool:
    """Tell whether an address has a BATV tag."""
    return _TAGGED.match(text.lower()) is not None


def taggable(text: str) -> bool:
    """Tell whether a BATV tag can stand before the local part: in quotes it cannot, nor where it would get too long."""
    local, _, _ = (*forms(text, ""), "")[0].rpartition("@")
    return _PLAIN_LOCAL.fullmatch(local) is not None and len(local) <= 64 - _TAG_LENGTH


def network(text: str) -> str:
    """Return an address or CIDR network with its prefix, IPv6 in the form of RFC 5952; host bits must be clear."""
    found = parse_network(text)
    alone = text.partition("/")[0]
    if "/" in text and parse_network(alone).network_address != found.network_address:
        raise ValueError(f"host bits are set: write `{found}` for the network or `{alone}` for the address")
    return str(found)


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """Return the network of `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; host bits may be set."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError("not an IP address or network") from None


def _host(text: str) -> str:
    if text == "*":
        return text
    if text.startswith("*."):
        return subdomains(text)
    if text.startswith("[") and text.endswith("]"):
        return text.lower()
    return domain(text)


def _bad_a_label(name: str) -> bool:
    return "xn--" in name and any(label.startswith("xn--") and not _decodes(label) for label in name.split("."))


def _decodes(label: str) -> bool:
    import idna

    try:
        idna.decode(label)
    except idna.IDNAError:
        return False
    return True


def _why_not(name: str) -> str:
    if len(name) > 253:
        return f"a domain of {len(name)} characters, at most 253 are allowed"
    for label in name.split("."):
        if len(label) > 63:
            return f"a label of {len(label)} characters, at most 63 are allowed"
    return "not a domain name"


def _no_unicode(text: str) -> str:
    return "".join(c if c.isascii() else "a" for c in text if c.isprintable())
