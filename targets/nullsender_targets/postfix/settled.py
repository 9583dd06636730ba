"""What settings come to: parameters, services and lists, apart from the restrictions."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullsender.diagnostic import Diagnostic
from nullsender_targets.postfix import ir


@dataclass(frozen=True, slots=True)
class Settled:
    parameters: tuple[ir.Parameter, ...] = ()
    services: tuple[ir.Service, ...] = ()
    entrance: tuple[tuple[str, ir.Value], ...] = ()
    reporting: tuple[tuple[str, ir.Value], ...] = ()
    marks: tuple[str, ...] = ()  # names of the filters that see marks of a filter beside it
    lists: tuple[ir.List, ...] = ()
    filters: tuple[str, ...] = ()
    forwarding: ir.Forwarding | None = None
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    def and_(self, more: Settled) -> Settled:
        return Settled(
            self.parameters + more.parameters,
            self.services + more.services,
            self.entrance + more.entrance,
            self.reporting + more.reporting,
            self.marks + more.marks,
            self.lists + more.lists,
            self.filters + more.filters,
            self.forwarding or more.forwarding,
            self.diagnostics + more.diagnostics,
        )
