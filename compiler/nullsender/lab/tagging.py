"""Sign addresses as the policy's own servers do, so that bounces come to the addresses that sessions speak of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nullsender import batv, canonical, srs
from nullsender import policy as p
from nullsender.batv import SECONDS_A_DAY
from nullsender.keyfile import Key
from nullsender.membership import has_address
from nullsender.observation import Observed
from nullsender.scope import batv_of, srs_of
from nullsender.session import Session
from nullsender.srs import Dialect

KEYS = (Key(3, "the-lab-signs-with-this", date(2026, 1, 1)), Key(2, "the-lab-signed-with-this", date(2025, 1, 1)))
_FORGED = Key(3, "nobody-has-this", None)
_LONG_AGO = 30  # days


def write_keys(path: Path) -> None:
    """Write a file of keys, as `nullsender keys` would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{key.line}\n" for key in KEYS))


@dataclass(frozen=True, slots=True)
class Tags:
    """The keys of a policy in the lab, and what is signed with them."""

    policy: p.Policy
    deployment: str
    dialect: Dialect | None = None

    def furnish(self) -> None:
        """Write the files of keys."""
        for setting in (statement.setting for statement in self.policy.statements):
            if isinstance(setting, p.SignBatv | p.RewriteSrs):
                write_keys(Path(setting.keys))

    def sent(self, address: str, session: Session) -> str:
        """Return a recipient with the tag or hash that the session says it has; by itself, a tag is a good one."""
        forwards, sender = srs_of(self.policy, self.deployment), srs.inside(address)
        if forwards and self.dialect and sender and address.lower().endswith(f"@{forwards.domain}"):
            day = int(time.time()) // SECONDS_A_DAY - (_LONG_AGO if session.srs == "expired" else 0)
            key = _FORGED if session.srs not in ("valid", "expired") else KEYS[len(sender) % 2]
            return srs.rewritten(sender, forwards.domain, key, day, self.dialect)
        if not self.may_be_signed(address):
            return address
        state = session.batv or ("valid" if canonical.tagged(address) else "missing")
        inner, today = canonical.forms(address, "")[0], int(time.time()) // SECONDS_A_DAY
        match state:
            case "valid":
                return batv.tagged(inner, KEYS[len(inner) % 2], today)
            case "expired":
                return batv.tagged(inner, KEYS[0], today - _LONG_AGO)
            case "invalid":
                return batv.tagged(inner, _FORGED, today)
            case _:
                return inner if canonical.tagged(address) else address

    def wrong(self, seen: Observed, session: Session) -> Iterator[str]:
        """Yield the reverse-paths that left with another tag than the key makes that signs."""
        today = int(time.time()) // SECONDS_A_DAY
        for mail in seen.arrived:
            if canonical.tagged(mail.sender) and mail.sender != session.sender:
                days = self._days
                good = {batv.tagged(mail.sender, KEYS[0], day, days) for day in (today, today - 1)}  # midnight may pass
                if mail.sender.lower() not in good:
                    yield mail.sender

    @property
    def _days(self) -> int:
        setting = batv_of(self.policy, self.deployment)
        return -(-setting.seconds // SECONDS_A_DAY) if setting else batv.LIFETIME

    def may_be_signed(self, address: str) -> bool:
        """Tell whether a server of the policy may have put a tag to an address."""
        settings = [s.setting for s in self.policy.statements if isinstance(s.setting, p.SignBatv)]
        forms = canonical.forms(address, self.policy.delimiters)
        return canonical.taggable(address) and any(has_address(setting.senders, forms) for setting in settings)
