"""Enough of PowerShell to run the scripts: a walk over the grammar's tree. What it does not know it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tree_sitter import Node

from tests.targets.exchange import builtin
from tests.targets.exchange.builtin import Failure, Table
from tests.targets.exchange.syntax import faults, parse, said, words

_CHAIN = {  # levels of precedence, nearly always with one child
    "logical_expression", "bitwise_expression", "comparison_expression", "additive_expression",
    "multiplicative_expression", "format_expression", "range_expression", "array_literal_expression",
    "unary_expression",
    "logical_argument_expression", "bitwise_argument_expression", "comparison_argument_expression",
    "additive_argument_expression", "multiplicative_argument_expression", "format_argument_expression",
    "range_argument_expression", "argument_expression", "left_assignment_expression", "key_expression",
    "string_literal", "integer_literal", "expression_with_unary_operator",
}  # fmt: skip


class _Stop(Exception):  # noqa: N818  # leaves a block, a function or the script
    def __init__(self, what: str, value: Any = None) -> None:
        super().__init__(what)
        self.what, self.value = what, value


@dataclass(slots=True)
class Host:
    """The session in which a script runs: cmdlets that reach the service, and what was written."""

    cmdlets: Callable[[str, Table], list[Any] | None]  # None: there is no such cmdlet
    what_if: bool = False
    out: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)

    def should_process(self, target: str, action: str) -> bool:
        if self.what_if:
            self.planned.append(f"{action} {target}")
        return not self.what_if


def run(script: Path, host: Host) -> int:
    """Run a script and return its exit code."""
    scope = Table({"PSScriptRoot": str(script.parent), "true": True, "false": False, "null": None})
    scope["PSCmdlet"] = host
    run_ = _Run(host, {}, scope)
    try:
        host.out.extend(map(builtin.text, run_.file(script)))
    except _Stop as stop:
        host.out.extend(map(builtin.text, run_.written))
        return int(stop.value or 0)
    return 0


class _Run:
    def __init__(self, host: Host, functions: dict[str, Node], scope: Table) -> None:
        self.host, self.functions, self.scope = host, functions, scope
        self.written: list[Any] = []

    def file(self, path: Path) -> list[Any]:
        root = parse(path.read_text(encoding="utf-8"))
        if faults(root):
            raise Failure(f"{path.name}: {faults(root)}")
        self.parameters(root, Table())
        self.written = []
        for output in self.block(root):
            self.written.append(output)
        return self.written

    # --- statements: each yields what it writes to the pipeline -------------------------------------------------------
    def block(self, node: Node) -> Iterator[Any]:
        for child in node.named_children:
            yield from self.statement(child)

    def statement(self, node: Node) -> Iterator[Any]:
        match node.type:
            case "statement_list" | "statement_block" | "script_block_body" | "script_block":
                yield from self.block(node)
            case "comment" | "empty_statement" | "param_block":
                return
            case "function_statement":
                self.functions[words(node.named_children[0]).lower()] = node.named_children[1]
            case "if_statement":
                yield from self.choice(node)
            case "foreach_statement":
                variable, items, body = node.named_children
                yield from self.loop(body, self.let_each(variable, self.value(items)))
            case "for_statement":
                start, until, step, body = node.named_children
                list(self.block(start))
                yield from self.loop(body, self.counted(until, step))
            case "flow_control_statement":
                value = self.value(node.named_children[0]) if node.named_children else None
                if words(node).startswith("throw"):
                    raise Failure(builtin.text(value))
                raise _Stop(words(node).split()[0], value)
            case "pipeline":
                yield from self.pipeline(node)
            case kind:
                raise NotImplementedError(f"statement {kind}: {words(node)}")

    def choice(self, node: Node) -> Iterator[Any]:
        condition, body, *others = node.named_children
        if _true(self.value(condition)):
            yield from self.block(body)
        elif others:
            raise NotImplementedError("else")

    def loop(self, body: Node, turns: Iterator[Any]) -> Iterator[Any]:
        for _ in turns:
            try:
                yield from self.block(body)
            except _Stop as stop:
                if stop.what != "continue":
                    raise

    def let_each(self, variable: Node, items: Any) -> Iterator[None]:
        for one in _each(items):
            self.let(variable, one)
            yield

    def counted(self, until: Node, step: Node) -> Iterator[None]:
        while _true(self.value(until.named_children[0])):
            yield
            list(self.block(step))

    def let(self, variable: Node, value: Any) -> None:
        self.scope[words(variable).removeprefix("$")] = value

    # --- pipelines and commands ---------------------------------------------------------------------------------------
    def pipeline(self, node: Node) -> Iterator[Any]:
        (inner,) = node.named_children
        if inner.type == "assignment_expression":
            self.assign(inner)
            return
        outputs: list[Any] | None = None
        for part in inner.named_children if inner.type == "pipeline_chain" else [inner]:
            outputs = self.command(part, outputs) if part.type == "command" else _each(self.value(part))
        yield from outputs or []

    def command(self, node: Node, piped: list[Any] | None) -> list[Any]:
        head, *rest = node.named_children
        if head.type == "command_invokation_operator":
            named, rest = rest[0], rest[1:]
            name = str(self.value(named.named_children[0]))
            if words(head) == "." or name.endswith(".ps1"):
                return self.file_below(Path(name), inside=words(head) == ".")
        else:
            name = words(head)
        arguments = self.arguments(rest[0].named_children if rest else [])
        if function := self.functions.get(name.lower()):
            return self.call(function, arguments)
        if (found := builtin.call(name, arguments, piped, self.host)) is not None:
            return found
        if (found := self.host.cmdlets(name, arguments)) is None:
            raise Failure(f"there is no command {name}")
        return found

    def file_below(self, path: Path, *, inside: bool) -> list[Any]:
        return _Run(self.host, self.functions, self.scope if inside else Table(self.scope)).file(path)

    def arguments(self, parts: list[Node]) -> Table:
        found, name = Table(), ""
        for part in (part for part in parts if part.type != "command_argument_sep"):
            if part.type == "command_parameter":
                name = words(part).removeprefix("-")
                found[name] = True
            elif words(part).startswith("@") and part.type == "array_literal_expression" and words(part)[1].isalpha():
                found.update(self.scope[words(part)[1:]])
            else:
                value = words(part) if part.type == "generic_token" else self.value(part)
                found[name or builtin.FIRST] = value
                name = ""
        return found

    def call(self, function: Node, arguments: Table) -> list[Any]:
        inner = _Run(self.host, self.functions, Table(self.scope))
        inner.parameters(function, arguments)
        outputs: list[Any] = []
        try:
            outputs.extend(inner.block(function))
        except _Stop as stop:
            if stop.what != "return":
                raise
            outputs.extend(_each(stop.value))
        return outputs

    def parameters(self, node: Node, arguments: Table) -> None:
        for block in (child for child in node.named_children if child.type == "param_block"):
            for one in (
                n for part in block.named_children for n in part.named_children if n.type == "script_parameter"
            ):
                (variable,) = (child for child in one.named_children if child.type == "variable")
                name = words(variable).removeprefix("$")
                defaults = [child for child in one.named_children if child.type == "script_parameter_default"]
                default = self.value(defaults[0].named_children[0]) if defaults else None
                self.scope[name] = arguments.pop(name, default)
            if arguments:
                raise Failure(f"unknown parameters {sorted(arguments)}")

    # --- expressions --------------------------------------------------------------------------------------------------
    def value(self, node: Node) -> Any:
        inner = node.named_children
        if node.type == "array_literal_expression" and len(inner) > 1:
            return [self.value(one) for one in inner]
        if node.type in _CHAIN and len(node.children) == 1:
            return self.value(inner[0])
        found = getattr(self, f"of_{node.type}", None)
        if found is None:
            raise NotImplementedError(f"expression {node.type}: {words(node)}")
        return found(node)

    def of_pipeline(self, node: Node) -> Any:
        (inner,) = node.named_children
        if inner.type == "pipeline_chain" and (len(inner.children) > 1 or inner.named_children[0].type == "command"):
            return _one(list(self.pipeline(node)))
        return self.value(inner.named_children[0] if inner.type == "pipeline_chain" else inner)

    def of_parenthesized_expression(self, node: Node) -> Any:
        return self.value(node.named_children[0])

    def of_array_expression(self, node: Node) -> Any:
        return list(self.block(node))

    def of_variable(self, node: Node) -> Any:
        return self.scope[words(node).removeprefix("$")]

    def of_verbatim_string_characters(self, node: Node) -> str:
        return said(words(node))

    def of_decimal_integer_literal(self, node: Node) -> int:
        return int(words(node))

    def of_real_literal(self, node: Node) -> float:
        return float(words(node))

    def of_hash_literal_expression(self, node: Node) -> Table:
        entries = (entry for body in node.named_children for entry in body.named_children if entry.type == "hash_entry")
        return Table({words(key): self.value(value) for key, value in (entry.named_children for entry in entries)})

    def of_member_access(self, node: Node) -> Any:
        of, member = node.named_children
        return builtin.member(self.value(of), self.member_name(member))

    def member_name(self, node: Node) -> str:
        (name,) = node.named_children
        return words(name) if name.type == "simple_name" else str(self.value(name))

    def of_element_access(self, node: Node) -> Any:
        of, at = map(self.value, node.named_children)
        if isinstance(of, Table):
            return of.get(at)
        return of[at] if -len(of) <= at < len(of) else None

    def of_invokation_expression(self, node: Node) -> Any:
        of, name, given = node.named_children
        listed = given.named_children[0].named_children if given.named_children else []
        return builtin.method(self.value(of), words(name), [self.value(one) for one in listed])

    def of_cast_expression(self, node: Node) -> Any:
        kind, of = node.named_children
        return builtin.cast(words(kind), self.value(of))

    def of_expression_with_unary_operator(self, node: Node) -> Any:
        value = self.value(node.named_children[0])
        match words(node.children[0]):
            case "-not":
                return not _true(value)
            case ",":
                return [value]
            case "-":
                return -value
        raise NotImplementedError(words(node))

    def of_logical_expression(self, node: Node) -> bool:
        left, right = node.named_children
        first = _true(self.value(left))
        if words(node.children[1]) == "-and":
            return first and _true(self.value(right))
        return first or _true(self.value(right))

    def of_additive_expression(self, node: Node) -> Any:
        left, right = map(self.value, node.named_children)
        if words(node.children[1]) == "-":
            return left - right
        return builtin.add(left, right)

    of_additive_argument_expression = of_additive_expression

    def of_comparison_expression(self, node: Node) -> Any:
        left, operator, right = node.named_children
        of = self.value(left)
        if words(operator) == "-is":
            return builtin.is_a(of, words(right))
        if words(operator) == "-match":
            found = re.search(self.value(right), builtin.text(of), re.IGNORECASE)
            if found:
                self.scope["Matches"] = [found[0], *found.groups()]
            return bool(found)
        return builtin.compare(words(operator), of, self.value(right))

    def assign(self, node: Node) -> None:
        left, operator, right = node.named_children
        target, value = left, self.value(right)
        while target.type in _CHAIN:
            target = target.named_children[0]
        match words(operator):
            case "+=":
                value = builtin.add(self.value(target), value)
            case "-=":
                value = self.value(target) - value
        if target.type == "element_access":
            of, at = map(self.value, target.named_children)
            of[at] = value
        else:
            self.let(target, value)


def _each(value: Any) -> list[Any]:
    """Return what a value is to the pipeline: the elements of a list, nothing for null."""
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _one(outputs: list[Any]) -> Any:
    return None if not outputs else outputs[0] if len(outputs) == 1 else outputs


def _true(value: Any) -> bool:
    return bool(_one(value)) if isinstance(value, list) else bool(value)


def value_of(script: Path) -> Any:
    """Return the one value that a script is."""
    scope = Table({"true": True, "false": False, "null": None})
    return _one(_Run(Host(lambda *_: None), {}, scope).file(script))
