"""Regular expressions that every server reads alike: what is common to PCRE, .NET's dialect and Python's.

Expressions and values are compared as octets, in which a character beyond ASCII is several: it may stand for itself
where nothing repeats it, takes it into a set, or looks for it in another case.
"""

from __future__ import annotations

import re
import warnings

LONGEST = 1000  # characters
_ESCAPE = r"\\(?:[dDwWsStnrf]|x[0-9A-Fa-f]{2}|[!-/:-@\[-`{-~])"
_SET = rf"\[\^?(?:{_ESCAPE}|[ -Z^-~])++\]"
_PLAIN = r"[ -#%-',\-/0->@-Z\]_-z}~]"
_REPEAT = r"(?:[*+?]|\{\d{1,3}(?:,(?:\d{1,3})?)?\})"
_PIECES = re.compile(
    "|".join(
        (
            rf"(?:{_ESCAPE}|{_SET}|{_PLAIN}|\.)(?:{_REPEAT}\??)?",
            rf"[^\x00-\x7f](?!{_REPEAT})",
            r"\((?:\?(?:[:=!]|<[=!]))?",
            rf"\)(?:{_REPEAT}\??)?",
            r"[|^$]|\\[bB]",
        )
    )
)


def complaint(pattern: str, *, ignore_case: bool) -> str | None:
    """Say why a pattern is no expression that all read alike, None where it is one."""
    at = 0
    while piece := _PIECES.match(pattern, at):
        at = piece.end()
    if len(pattern) > LONGEST:
        return f"it has more than {LONGEST} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # what other dialects read otherwise: `[a--b]`
            re.compile(pattern.encode())
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        return str(error).lower()
    if at < len(pattern):
        return f"servers do not all read `{pattern[at : at + 12]}` alike"
    if ignore_case and not pattern.isascii():
        return "servers do not all know other cases of letters beyond ASCII"
    return None
