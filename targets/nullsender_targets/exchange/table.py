"""What both tables of Exchange have in common: how rows are written."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.capability import Loss, Way
from nullsender.features import FEATURES
from nullsender.policy import Stage

RCPT = frozenset({Stage.RCPT})
CONTENT = frozenset({Stage.CONTENT})
AT_THE_EDGE = "have Postfix or Exim in front do it"


def way(sentence: str, stages: frozenset[Stage], *losses: Loss, several: tuple[Loss, ...] = ()) -> tuple[Way, ...]:
    return (Way(sentence, stages, frozenset(losses), several=frozenset(several)),)


def setting(sentence: str) -> tuple[Way, ...]:
    return (Way(sentence),)


def reasons(
    ways: Mapping[str, tuple[Way, ...]], by_feature: Mapping[str, str], by_heading: Mapping[str, str]
) -> Mapping[str, str]:
    """Return a sentence for each feature without a way: its own, that of its positive form, or that of its heading."""
    return {
        feature: by_feature.get(feature) or by_feature.get(feature.removeprefix("not ")) or by_heading[heading]
        for feature, heading in FEATURES.items()
        if feature not in ways
    }
