"""Print what runs a postsrsd of its own; without a statement on forwarded mail there is none."""

from __future__ import annotations

from nullsender.layout import Quoted, artifact, render
from nullsender.target import Artifact
from nullsender_targets.postsrsd import ir, quote
from nullsender_targets.postsrsd.placement import HOME, SCRIPT, UNIT

_PACKAGE = "nullsender_targets.postsrsd"


def artifacts(configuration: ir.Configuration) -> tuple[Artifact, ...]:
    """Return its two files, the same beside a postsrsd of the owner's and where there is none."""
    if (service := configuration.service) is None:
        return ()
    script = render(
        _PACKAGE,
        "postsrsd.sh.j2",
        host=Quoted(service.host),
        forward=Quoted(service.forward),
        reverse=Quoted(service.reverse),
        domain=quote.word(service.domain),
        keys=quote.word(service.keys),
    )
    unit = render(_PACKAGE, "postsrsd.service.j2", script=Quoted(f"{HOME}/{SCRIPT}"))
    return artifact(SCRIPT, script), artifact(UNIT, unit)
