"""One line on a terminal that says how far it is, and is gone in the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import get_terminal_size

from nullsender.trial.playing import Tell

_CLEAR = "\r\x1b[K"


@contextmanager
def progress(wanted: bool) -> Iterator[Tell]:
    """Give a function that shows a line on standard error, nothing where that is no terminal or it is not wanted."""
    stream = sys.stderr
    if not wanted or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return

    def tell(text: str) -> None:
        stream.write(_CLEAR + text[: get_terminal_size().columns - 1])
        stream.flush()

    try:
        yield tell
    finally:
        stream.write(_CLEAR)
        stream.flush()
