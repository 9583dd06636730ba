"""Keep between runs what takes long to make: the parsers' tables."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from zlib import crc32

import lark


def kept_file(name: str, *made_of: str) -> str | None:
    """Return where a parse table made of those texts is kept, in a folder that nobody else can write to.

    None where there is no such folder. Lark checks that what it finds there was made of its grammar, and makes it anew
    where it cannot be read. A file of a shared folder would not do: it is unpickled.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "nullsender"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError, ValueError):  # no home, no such user, a file in the way
        return None
    mine = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    digest = crc32("\n".join((lark.__version__, *made_of)).encode())
    found = folder / f"{name}-{digest:08x}-{sys.implementation.cache_tag}"
    return str(found) if mine and os.access(folder, os.W_OK) else None
