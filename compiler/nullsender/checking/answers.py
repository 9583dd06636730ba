"""What tests leave to sources that only the server can ask: each recipient asked there needs a fact."""

from __future__ import annotations

from collections.abc import Iterator

from nullsender import canonical
from nullsender import policy as p
from nullsender import syntax as s
from nullsender.checking.context import Context
from nullsender.entryfile import entries, expand
from nullsender.names import CompiledFile, Kind
from nullsender.sets import covers
from nullsender.source import Span


def check_answers(context: Context, policy: p.Policy) -> None:
    """Say which recipients of tests are looked up live, and so may exist or not, while the test says neither."""
    delimiters = "".join(statement.delimiters.text for statement in context.of_kind(s.Subaddresses))
    for served in policy.served:
        if all(isinstance(source, CompiledFile) for source in served.sources):
            continue
        asked = {span: forms for forms, span in _asked(context, delimiters) if _is_of(forms, served)}
        for file in (source for source in served.sources if isinstance(source, CompiledFile)):
            asked = dict(_unanswered(asked, file))
        for span in asked:
            context.error(
                "NS257",
                f"only the server knows whether `{span.text}` exists",
                span,
                help=f"say it in the test: `known {span.text}`, `unknown {span.text}` or `lookup fails`",
            )


def _asked(context: Context, delimiters: str) -> Iterator[tuple[tuple[str, ...], Span]]:
    """Yield the forms of each recipient of whose existence its test says nothing."""
    for test in context.of_kind(s.Test):
        named = {form for word in _named(test) for form in canonical.forms(word.text, delimiters)}
        if any(isinstance(fact, s.LookupFailsFact) and not fact.mailboxes for fact in test.facts):
            continue
        for word in (word for fact in test.facts if isinstance(fact, s.ToFact) for word in fact.recipients):
            forms = canonical.forms(word.text, delimiters)
            if forms and named.isdisjoint(forms) and not forms[-1].startswith("postmaster@"):
                yield forms, word.span


def _named(test: s.Test) -> Iterator[s.Word]:
    for fact in test.facts:
        if isinstance(fact, s.KnownFact | s.UnknownFact | s.FullFact | s.LookupFailsFact):
            yield from fact.mailboxes


def _is_of(forms: tuple[str, ...], served: p.Served) -> bool:
    host = forms[0].rpartition("@")[2]
    return any(covers(Kind.DOMAINS, domain, host) for domain in expand(served.domains))


def _unanswered(asked: dict[Span, tuple[str, ...]], file: CompiledFile) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Yield the recipients that a list does not know: where it does, no other source is asked."""
    wanted = {form for forms in asked.values() for form in forms}
    known = set[str]()
    for entry in entries(file) if wanted else ():
        if entry in wanted:
            known.add(entry)
        elif "*" in entry:
            known.update(form for form in wanted if covers(Kind.ADDRESSES, entry, form))
    return ((span, forms) for span, forms in asked.items() if known.isdisjoint(forms))
