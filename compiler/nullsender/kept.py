"""Keep between runs what takes long to make: the parsers' tables, and templates as code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from zlib import crc32

import lark


def kept_folder() -> Path | None:
    """Return a folder that nobody else can write to, None where there is none.

    A shared folder would not do: what is kept there is unpickled, or run.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "nullsender"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError, ValueError):  # no home, no such user, a file in the way
        return None
    mine = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    return folder if mine and os.access(folder, os.W_OK) else None


def kept_file(name: str, *made_of: str) -> str | None:
    """Return where a parse table made of those texts is kept, None where there is no folder for it.

    Lark checks that what it finds there was made of its grammar, and makes it anew where it cannot be read.
    """
    folder = kept_folder()
    digest = crc32("\n".join((lark.__version__, *made_of)).encode())
    return str(folder / f"{name}-{digest:08x}-{sys.implementation.cache_tag}") if folder else None
