"""Spell lookups in directories: queries in which the server itself escapes what a client wrote."""

from __future__ import annotations

from collections.abc import Callable

from nullsender.layout import Quoted
from nullsender.policy import Directory
from nullsender.query import Slot, pieces
from nullsender_targets.exim import directories, ir, quote
from nullsender_targets.exim.spelling import variable

_QUOTE = {"sqlite": "quote_sqlite", "postgres": "quote_pgsql", "mysql": "quote_mysql", "ldap": "quote_ldap"}


def search(of: ir.Search) -> Quoted:
    """Return what expands to `yes`, `no` or `unknown`. A directory knows whom it has a value for."""
    source = of.directory
    queries = [_query(source, subject) for subject in of.subjects]
    found = "".join(f"{_lookup(of, query)}{{$value}}{{}}}}" for query in queries)
    if source.system != "sqlite":
        return Quoted(_told(of, queries[0], found))
    told = _told(of, queries[0], f"${{sg{{{found}}}{{<NULL>}}{{}}}}")
    return Quoted(f"${{if exists{{{quote.text(source.text('database'))}}}{{{told}}}{{unknown}}}}")


def _told(of: ir.Search, query: str, found: str) -> str:
    return rf"${{if match{{{found}}}{{\N\S\N}}{{yes}}{{{_surely_not(of, query)}}}}}"


def _surely_not(of: ir.Search, query: str) -> str:
    """Return what expands to `no`: but not where Exim takes it for an answer that something is missing."""
    match of.directory.system:
        case "sqlite":  # a table, or the whole content of the file
            counted = f"SELECT count(*) FROM ({query})"  # noqa: S608  # the query is escaped by the server
            return f"{_lookup(of, counted)}{{no}}{{unknown}}}}"
        case "ldap":  # the entry below which all others are
            return f"{_lookup(of, _url(of.directory, 'base', quote.url('(objectClass=*)')))}{{no}}{{unknown}}}}"
        case _:
            return "no"


def _lookup(of: ir.Search, query: str) -> str:
    """Return the beginning of a lookup, to be followed by what it comes to."""
    source = of.directory
    match source.system:
        case "sqlite":
            return f"${{lookup sqlite,file={quote.lookup_option(source.text('database'))}{{{query}}}"
        case "postgres":
            return f"${{lookup pgsql,servers=/service={quote.word(of.server)}//{{{query}}}"
        case "mysql":
            server = quote.lookup_option(directories.server(of)).replace(":", "::")
            return f"${{lookup mysql,servers={server}{{{query}}}"
        case _:
            return f"${{lookup ldapm{{{_login(of)}connect={source.seconds} time={source.seconds} {query}}}"


def _query(source: Directory, subject: ir.Variable) -> str:
    if source.system == "ldap":
        return _url(source, source.text("scope", "sub"), _filled(source, source.text("filter"), subject, quote.url))
    return _filled(source, source.text("query").rstrip("; "), subject, quote.text)


def _filled(source: Directory, template: str, subject: ir.Variable, spell: Callable[[str], Quoted]) -> str:
    """Return a query with the address in its places, escaped when it is known."""
    slots = {
        Slot.ADDRESS: f"${variable(subject)}",
        Slot.LOCAL: rf"${{sg{{${variable(subject)}}}{{\N@[^@]*$\N}}{{}}}}",
        Slot.DOMAIN: f"${variable(ir.Var.DOMAIN)}",
    }
    escape = _QUOTE[source.system]
    return "".join(
        f"${{{escape}:{slots[piece]}}}" if isinstance(piece, Slot) else spell(piece) for piece in pieces(template)
    )


def _url(source: Directory, scope: str, filter_: str) -> str:
    server = source.text("server").rstrip("/")
    where = server if "://" in server else f"ldap://{server}"
    return f"{quote.text(where)}/{quote.url(source.text('base'))}?objectClass?{scope}?{filter_}"


def _login(of: ir.Search) -> str:
    """Return who asks. Without a password nobody does: a server might let an empty one in, and show nothing."""
    source = of.directory
    if not source.text("bind"):
        return ""
    user = f"user=${{quote:{quote.text(source.text('bind'))}}} "
    if source.password is None:
        return user
    read = f"${{readfile{{NULLSENDER_DIR/secrets/{quote.word(of.server)}.password}}}}"
    return rf"{user}pass=${{if match{{{read}}}{{\N^([^\r\n]+)\N}}{{${{quote:$1}}}}fail}} "
