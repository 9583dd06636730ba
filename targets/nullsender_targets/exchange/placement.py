"""Where Exchange's files go: nowhere by themselves. A person runs the scripts in a connected PowerShell session."""

from __future__ import annotations

from collections.abc import Mapping

from nullsender.target import Placement

placements: Mapping[str, Placement] = {}
