"""Show diagnostics: one renderer a format, all of the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from nullsender.diagnostic import Diagnostic

Renderer = Callable[[Sequence[Diagnostic]], str]
FORMATS: dict[str, str] = {
    "text": "text",
    "json": "plain_json",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
}


def renderer(name: str) -> Renderer:
    """Return the function that renders diagnostics in a format; only that format's module is imported."""
    render: Renderer = import_module(f"nullsender.report.{FORMATS[name]}").render
    return render


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics each once, by file, as files turned up, and by place; what has no place is last."""
    unique = tuple(dict.fromkeys(diagnostics))
    files = {name: index for index, name in enumerate(dict.fromkeys(d.span.source.name for d in unique if d.span))}

    def place(diagnostic: Diagnostic) -> tuple[int, int, int, int]:
        span = diagnostic.span
        if span is None:
            return len(files), 0, 0, 0
        return files[span.source.name], span.source.first_line, span.start, span.end

    return tuple(sorted(unique, key=place))


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return `2 errors, 1 warning`; empty for nothing."""
    found = tuple(diagnostics)
    errors = sum(d.is_error for d in found)
    counts = ((errors, "error"), (len(found) - errors, "warning"))
    return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count)
