"""Write words as the shell reads them back unchanged; sh(1), "Quoting"."""

from __future__ import annotations

import shlex

from nullsender.layout import Quoted


def word(text: str) -> Quoted:
    """Return text as one word of a command."""
    return Quoted(shlex.quote(text))
