"""Change the source of a module in one place: mistakes that whoever writes a lowering could make."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file with one mistake."""

    path: Path
    line: int
    operator: str
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}: {self.operator}: {self.before} -> {self.after}"


_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_CALLED = {"any": "all", "all": "any", "any_of": "all_of", "all_of": "any_of", "member": "stranger", "Yes": "Defined"}


def of_python(path: Path) -> Iterator[Mutant]:
    """Yield every mistake that can be made in a module."""
    source = path.read_text()
    tree = ast.parse(source)
    decorators = {id(inner) for node in ast.walk(tree) for outer in getattr(node, "decorator_list", ())
                  for inner in ast.walk(outer)}  # fmt: skip
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr | ast.stmt) or id(node) in decorators:
            continue
        before = ast.get_source_segment(source, node)
        for operator, part, after in _mistakes(node, source):
            old = ast.get_source_segment(source, part)
            if before and old and old != after:
                text = _replaced(source, part, after)
                yield Mutant(path, part.lineno, operator, _short(old), _short(after), text)


def _mistakes(node: ast.AST, source: str) -> Iterator[tuple[str, ast.expr, str]]:
    """Yield operators, the expression they replace, and by what."""

    def text(of: ast.expr) -> str:
        return ast.get_source_segment(source, of) or ""

    match node:
        case ast.Compare(left, [operator], [right]):
            other = _COMPARED[type(operator)]()
            yield "another comparison", node, ast.unparse(ast.Compare(left, [other], [right]))
        case ast.BoolOp(operator, values):
            other_one = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield "and for or", node, f"({ast.unparse(ast.BoolOp(other_one, values))})"
        case ast.UnaryOp(ast.Not(), operand):
            yield "a negation dropped", node, text(operand)
        case ast.If(test) | ast.IfExp(test):
            yield "a test negated", test, f"(not ({text(test)}))"
        case ast.Constant(bool(value)):
            yield "a flag turned", node, str(not value)
        case ast.Constant(int(value)):
            yield "off by one", node, str(value + 1)
        case ast.Dict(_, values):
            yield from _rows(values, text)
        case ast.Call(ast.Name(name)) if name in _CALLED:
            yield "another way to join", node.func, _CALLED[name]
        case ast.Call(ast.Attribute(of, name)) if name in _CALLED:
            yield "another way to join", node.func, f"{text(of)}.{_CALLED[name]}"
        case _:
            return


def _rows(values: list[ast.expr], text: Callable[[ast.expr], str]) -> Iterator[tuple[str, ast.expr, str]]:
    for one, other in pairwise(values):
        yield "the row of another kind", one, text(other)


def _replaced(source: str, part: ast.expr, after: str) -> str:
    lines = source.encode().splitlines(keepends=True)
    first = sum(map(len, lines[: part.lineno - 1])) + part.col_offset
    last = sum(map(len, lines[: (part.end_lineno or 0) - 1])) + (part.end_col_offset or 0)
    octets = source.encode()
    return (octets[:first] + after.encode() + octets[last:]).decode()


_LUA = (
    ("another comparison", r" == ", " ~= "),
    ("another comparison", r" ~= ", " == "),
    ("another comparison", r" > ", " >= "),
    ("another comparison", r" >= ", " > "),
    ("another comparison", r" < ", " <= "),
    ("and for or", r" and ", " or "),
    ("and for or", r" or ", " and "),
    ("a negation dropped", r"\bnot ", ""),
    ("a flag turned", r"\btrue\b", "false"),
    ("a flag turned", r"\bfalse\b", "true"),
    ("another answer", r"truth\.YES", "truth.NO"),
    ("another answer", r"truth\.NO\b", "truth.YES"),
    ("another answer", r"truth\.UNKNOWN", "truth.NO"),
    ("another way to join", r"truth\.all\b", "truth.any"),
    ("another way to join", r"truth\.any\b", "truth.all"),
    ("a line dropped", r"(?m)^ +(?:break|carry_out\..*|.*remove_headers.*|task:.*)$", ""),
    ("off by one", r"(?<=[ (])[012](?=[,) ])", "3"),
)


def of_lua(path: Path) -> Iterator[Mutant]:
    """Yield every mistake that can be made in a file of the engine; comments are left alone."""
    source = path.read_text()
    for operator, pattern, after in _LUA:
        for found in re.finditer(pattern, source):
            start = source.rfind("\n", 0, found.start()) + 1
            if "--" not in source[start : found.start()]:
                text = source[: found.start()] + after + source[found.end() :]
                line = source.count("\n", 0, found.start()) + 1
                yield Mutant(path, line, operator, _short(found[0]), _short(after), text)


def _short(text: str) -> str:
    return " ".join(text.split())[:60]
