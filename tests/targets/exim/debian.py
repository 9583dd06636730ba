"""Debian's stock configuration of Exim, as its package leaves it on a host with some users."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

HOME = Path("/etc/exim4")
DEBIAN = """\
dc_eximconfig_configtype='internet'
dc_other_hostnames='{names}'
dc_local_interfaces=''
dc_readhost=''
dc_relay_domains=''
dc_minimaldns='false'
dc_relay_nets=''
dc_smarthost=''
CFILEMODE='644'
dc_use_split_config='{split}'
dc_hide_mailname=''
dc_mailname_in_oh='true'
dc_localdelivery='mail_spool'
"""
USERS = ("alice", "carol", "dave", "silent")  # accounts of the host; bob has none, and dave is in no list


def debian(*, split: bool, macros: str = "", names: str = "example.org") -> None:
    """Configure the package as its questions do, and give the host some users."""
    (HOME / "update-exim4.conf.conf").write_text(DEBIAN.format(split=str(split).lower(), names=names))
    if macros:
        place = HOME / "conf.d/main/000_localmacros" if split else HOME / "exim4.conf.localmacros"
        place.write_text(macros)
    Path("/etc/aliases").write_text("postmaster: alice\nabuse: alice\nsilent: gone@elsewhere.example\n")
    Path("/var/mail").mkdir(exist_ok=True)
    Path("/var/lib/exim4").mkdir(parents=True, exist_ok=True)
    with Path("/etc/passwd").open("a") as passwd:
        passwd.writelines(f"{user}:x:{2000 + n}:8:{user}:/:/bin/sh\n" for n, user in enumerate(USERS))
    subprocess.run(["update-exim4.conf"], check=True)


def mailbox(user: str) -> str:
    path = Path("/var/mail", user)
    return path.read_text() if path.exists() else ""


def delivered(user: str, subject: str, seconds: float = 10) -> bool:
    """Tell whether a message arrives in the user's mailbox, waiting a while for it."""
    until = time.monotonic() + seconds
    while f"Subject: {subject}\n" not in mailbox(user):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
