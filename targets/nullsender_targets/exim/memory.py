"""Spell what Exim asks its memory, a database of SQLite: one lookup may hold several statements, the last one answers.

Every lookup yields a row, so that one that finds nothing has failed. What it found before is never taken for its
answer. Statements stand by themselves: a transaction would stay open where one of them fails.
"""

# ruff: noqa: S608  # this SQL is made of names of ours, and of what `quote` and Exim have quoted
from __future__ import annotations

from nullsender.layout import Quoted
from nullsender.policy import KNOWN_SECONDS
from nullsender_targets.exim import ir, quote
from nullsender_targets.exim.remembering import Counted, FirstTry, Reached
from nullsender_targets.exim.spelling import condition, variable

_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_COUNTED = (
    "CREATE TABLE IF NOT EXISTS counted (rule TEXT, key TEXT, until REAL)",
    "CREATE INDEX IF NOT EXISTS counted_for ON counted (rule, key, until)",
    "CREATE INDEX IF NOT EXISTS counted_until ON counted (until)",
)
_SEEN = (
    "CREATE TABLE IF NOT EXISTS seen (client TEXT, sender TEXT, recipient TEXT, first REAL, until REAL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS seen_of ON seen (client, sender, recipient)",
    "CREATE INDEX IF NOT EXISTS seen_until ON seen (until)",
)
_DAY = 86_400
_DOMAIN_OF_ITEM = r"${sg{$item}{\N^.*@\N}{}}"


def reached(of: Reached) -> Quoted:
    many = f"{_count(of)} >= {of.limit.count}"
    return _lookup(
        *_COUNTED,
        f"SELECT CASE WHEN EXISTS (SELECT 1 FROM (VALUES {_keys(of)}) WHERE column1 <> '' AND {many}) "
        "THEN 'yes' ELSE 'no' END",
    )


def counted(of: Counted) -> Quoted:
    """Return what writes all rows of a message at once, or none where a limit that does more than report is full."""
    due = (
        f"${{if def:{variable(flag)}{{INSERT INTO due SELECT DISTINCT {quote.sql(one.rule)}, column1, "
        f"{one.limit.count}, {one.limit.seconds}, {0 if one.reports else 1} "
        f"FROM (VALUES {_keys(one)}) WHERE column1 <> '';}}}}"
        for flag, one in of.limits
    )
    full = f"(SELECT count(*) FROM counted WHERE rule = due.rule AND key = due.key AND until > {_NOW}) >= most"
    return _lookup(
        *_COUNTED,
        "CREATE TEMP TABLE IF NOT EXISTS due (rule TEXT, key TEXT, most INTEGER, seconds INTEGER, strict INTEGER)",
        f"DELETE FROM counted WHERE until <= {_NOW}",
        "DELETE FROM due",
        f"{''.join(due)} INSERT INTO counted SELECT rule, key, {_NOW} + seconds FROM due "
        f"WHERE NOT {full} AND NOT EXISTS (SELECT 1 FROM due WHERE strict AND {full})",
        "SELECT CASE WHEN changes() = 0 AND EXISTS (SELECT 1 FROM due WHERE strict) THEN 'over' ELSE 'yes' END",
    )


def first_try(of: FirstTry) -> Quoted:
    names = (f"${ir.Fact.CLIENT.value}", f"${variable(of.sender)}", f"${variable(of.recipient)}")
    values = tuple(_value(name) for name in names)
    columns = ("client", "sender", "recipient")
    this = " AND ".join(f"{column} = {value}" for column, value in zip(columns, values, strict=True))
    return _lookup(
        *_SEEN,
        f"DELETE FROM seen WHERE until <= {_NOW}",
        f"INSERT OR IGNORE INTO seen VALUES ({', '.join(values)}, {_NOW}, {_NOW} + {of.seconds + KNOWN_SECONDS})",
        f"UPDATE seen SET until = {_NOW} + {KNOWN_SECONDS} WHERE {this} AND first <= {_NOW} - {of.seconds} "
        f"AND until < {_NOW} + {KNOWN_SECONDS - _DAY}",
        f"SELECT CASE WHEN first > {_NOW} - {of.seconds} THEN 'yes' ELSE 'no' END FROM seen WHERE {this}",
    )


def _lookup(*statements: str) -> Quoted:
    sql = "; ".join(statements)
    return Quoted(f"${{lookup sqlite,file=NULLSENDER_MEMORY,cache=no_rd {{{sql}}}{{$value}}{{unknown}}}}")


def _count(of: Reached) -> str:
    return f"(SELECT count(*) FROM counted WHERE rule = {quote.sql(of.rule)} AND key = column1 AND until > {_NOW})"


def _keys(of: Reached) -> str:
    """Return rows of one column: for whom the message counts; nobody where there is no name."""
    match of.limit.per:
        case "recipient":
            return _rows("$item")
        case "client":
            return _row(f"${ir.Fact.CLIENT.value}")
        case "sender":
            return _row(f"${variable(of.sender)}")
        case "login":
            return _row("$authenticated_id")
        case _:
            bare = condition(ir.Known.FROM_OWN_POSTMASTER)  # whom no domain counts for
            of_sender = _row(f"${{if {bare}{{}}{{${{lc:${ir.Fact.SENDER_DOMAIN.value}}}}}}}")
            return f"${{if def:{ir.Fact.SENDER.value}{{{of_sender}}}{{{_rows(_DOMAIN_OF_ITEM)}}}}}"


def _rows(key: str) -> str:
    """Return a row for each accepted recipient."""
    lines = rf"${{map{{<\n ${variable(ir.Var.RECIPIENTS)}}}{{{_row(key)}}}}}"
    return rf"${{sg{{{lines}}}{{\n}}{{,}}}}"


def _row(key: str) -> str:
    return f"({_value(key)})"


def _value(text: str) -> str:
    return f"'${{quote_sqlite:{text}}}'"
