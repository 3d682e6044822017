"""Kinds of faults that leave out a term, confuse two names, or change an order."""

import ast
from collections.abc import Callable, Iterator
from functools import cache

from tests.planted import kinds
from tests.planted.kinds import Edit, Nodes, is_arithmetic, negative, whole
from tests.planted.source import Source, called

PAIRS = [("stride", "dilation"), ("top", "left"), ("bottom", "right"), ("rows", "columns"),
         ("rows", "cols"), ("us", "vs"), ("u", "v"), ("i", "j"), ("before", "after"),
         *((letter + "H", letter + "W") for letter in ("", "S", "K", "D", "P", "O", "R"))]
BACK = {"batch_first": "batch_last", "batch_last": "batch_first"}      # transpositions by name
ATTRIBUTES = {"stride": "dilation", "dilation": "stride", "reach": "kernel"}


def accumulation(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """= for +=, and for -=, *= and /=."""
    if isinstance(node, ast.AugAssign) and type(node.op) in kinds.OPERATORS \
            and is_arithmetic(node):
        old = kinds.OPERATORS[type(node.op)][0] + "="
        yield Edit(*source.between(node.target, node.value, old), "=", node)


def term(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """One term of a sum left out."""
    if not isinstance(getattr(node, "op", None), (ast.Add, ast.Sub)) or not is_arithmetic(node):
        return
    start, end = source.span(node)
    if isinstance(node, ast.AugAssign):
        yield Edit(start, end, "pass", node)
        return
    plus = isinstance(node.op, ast.Add)
    left, right = source.between(node.left, node.right, "+" if plus else "-")
    yield Edit(left, end, "", node)
    if plus:
        yield Edit(start, right, "", node)


def swap(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """Height for width: SH for SW, top for left; stride for dilation."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for other in sorted(partners(node.id) & bound(above[0])):
            yield Edit(*source.span(node), other)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        other = ATTRIBUTES.get(node.attr, "")
        owner = source.text(source.span(node.value)).split(".")[-1]
        if other and owner in ("self", "window") and f".{other}".encode() in source.code:
            end = source.span(node)[1]
            yield Edit(end - len(node.attr), end, other)
    listed = (node.args if isinstance(node, ast.Call) else
              node.elts if isinstance(node, ast.Tuple) else [])
    for a, b in zip(listed, listed[1:], strict=False):
        if isinstance(a, ast.Name) and isinstance(b, ast.Name) and b.id in partners(a.id):
            (start, comma), (after, end) = source.span(a), source.span(b)
            yield Edit(start, end, b.id + source.text((comma, after)) + a.id, node)


def partners(name: str) -> set[str]:
    return {b for pair in PAIRS for a, b in (pair, pair[::-1]) if a == name}


@cache
def bound(function: ast.AST) -> set[str]:
    """The names that a function gives a value to, its arguments among them."""
    return {getattr(node, "arg", getattr(node, "id", "")) for node in ast.walk(function)
            if isinstance(node, ast.arg)
            or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))}


def order(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """Axes or parts in another order: reversed(), [::-1], .T, transpose(...), swapaxes, sorted."""
    end = source.span(node)[1] if hasattr(node, "lineno") else 0
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield Edit(end - len(".T"), end, "", node)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) \
            and node.slice.step is not None and negative(node.slice.step):
        yield Edit(source.raw.rindex(b"[", 0, source.span(node.slice)[1]), end, "", node)
    elif isinstance(node, ast.Call) and called(node) in ("reversed", "sorted") and node.args:
        yield Edit(*source.span(node), f"list({source.text(source.span(node.args[0]))})", node)
    elif isinstance(node, ast.Call) and called(node) in BACK \
            and BACK[called(node)].encode() in source.code:
        yield Edit(*source.span(node.func), BACK[called(node)], node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "transpose" and len(node.args) > 1 and all(map(whole, node.args)):
            yield from other_transpositions(source, node)
        elif node.func.attr == "swapaxes" and len(node.args) == 2:
            name = source.span(node.func)[1] - len(".swapaxes")
            yield Edit(name, end, "", node)


def other_transpositions(source: Source, node: ast.Call) -> Iterator[Edit]:
    """Two neighbours exchanged, or the transposition the other way round."""
    axes = [axis.value for axis in node.args]
    others = [axes[:i] + [axes[i + 1], axes[i]] + axes[i + 2:] for i in range(len(axes) - 1)]
    back = [axes.index(axis) for axis in range(len(axes))] if sorted(axes) == list(
        range(len(axes))) else axes
    span = source.span(node.args[0])[0], source.span(node.args[-1])[1]
    for other in [*others, back]:
        if other != axes and (other is back or other != back):
            yield Edit(*span, ", ".join(map(str, other)), node)


Kind = Callable[[Source, ast.AST, Nodes], Iterator[Edit]]
KINDS: dict[str, Kind] = {
    "operator": kinds.operator, "rounding": kinds.rounding, "sign": kinds.sign,
    "number": kinds.number, "index": kinds.index, "axis": kinds.axis, "keepdims": kinds.keepdims,
    "boolean": kinds.boolean, "condition": kinds.condition, "needs_grad": kinds.needs_grad,
    "accumulation": accumulation, "term": term, "swap": swap, "order": order,
}
