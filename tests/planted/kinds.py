"""Kinds of faults at one operator, one number or one condition.

Each kind is a generator of `Edit`s.  It gets the source, a node of its syntax tree, and the nodes
around that, from the function inwards.  terms.py has the kinds that move or leave out more.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tests.planted.source import Source, called, is_text

Nodes = list[ast.AST]

OPERATORS: dict[type, tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.MatMult: ("@", "*"),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="),
}
AXES = {"axis", "axes"}
ALONG = {"sum", "mean", "max", "min", "argmax", "argmin", "any", "all", "cumsum", "squeeze"}
THEN_AXIS = {"total", "average", "expand_dims", "concatenate", "stack", "split", "repeat"}
WITHOUT_EFFECT = {"copy", "strict"}                # keywords that change no number
EXACT = {"G", "groups"}                            # divisors that layers check when they are built


class Edit(NamedTuple):
    """Bytes start..end become `new`; `shown` is what to show of it, if not the node around it."""

    start: int
    end: int
    new: str
    shown: ast.AST | None = None


def role(constant: ast.AST, above: Nodes) -> str:
    """What a constant is for: "axis", "index", "number", the name of a keyword, or "" for nothing.

    It is read off the nearest thing around it that tells.
    """
    inner = constant
    for node in reversed(above):
        if isinstance(node, ast.keyword):
            return "axis" if node.arg in AXES else node.arg or ""
        if isinstance(node, ast.Subscript) and inner is node.slice:
            return "" if is_needs_grad(node) else "index"
        if isinstance(node, ast.Call):
            return role_in_call(node, inner)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.LShift, ast.RShift)):
            return ""
        inner = node
    return "number"


def role_in_call(call: ast.Call, argument: ast.AST) -> str:
    name, place = called(call), [i for i, given in enumerate(call.args) if given is argument]
    if name in ("transpose", "reshape", "isinstance"):
        return ""
    library = getattr(getattr(call.func, "value", None), "id", "") in ("xp", "np")
    method = isinstance(call.func, ast.Attribute) and not library
    if place and name == "swapaxes" or (name in ALONG and place == [0] and method) \
            or (name in THEN_AXIS and place == [1]):
        return "axis"
    return "number"


def is_needs_grad(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and last_name(node.value) == "needs_grad"


def whole(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def flag(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is bool


def negative(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def is_arithmetic(node: ast.BinOp | ast.AugAssign) -> bool:
    """Numbers, not strings or lists that are joined."""
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return not any(is_text(side) or isinstance(side, (ast.List, ast.Tuple, ast.ListComp))
                   for side in sides)


def last_name(node: ast.AST) -> str:
    """"groups" for self.groups and for groups."""
    return getattr(node, "attr", getattr(node, "id", ""))


def is_condition(node: ast.AST, above: Nodes) -> bool:
    outer = above[-1]
    return isinstance(outer, (ast.If, ast.IfExp, ast.While)) and outer.test is node


def innermost(above: Nodes, kind: type) -> ast.AST | None:
    return next((node for node in reversed(above) if isinstance(node, kind)), None)


def operator(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """+ for -, * for /, < for <=, and back; += for -=."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and is_arithmetic(node):
        old, new = OPERATORS[type(node.op)]
        yield Edit(*source.between(node.left, node.right, old), new, node)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS and is_arithmetic(node):
        old, new = OPERATORS[type(node.op)]
        yield Edit(*source.between(node.target, node.value, old + "="), new + "=", node)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            equality = isinstance(op, (ast.Eq, ast.NotEq)) and is_condition(node, above)
            if type(op) in OPERATORS and not equality:     # `condition` does that one
                old, new = OPERATORS[type(op)]
                yield Edit(*source.between(left, right, old), new, node)


def rounding(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """a // b rounded up; groups divide without a rest, and -(-a // b) is rounded up already."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv) \
            and not negative(above[-1]) and last_name(node.right) not in EXACT:
        start, end = source.span(node)
        left, right = source.between(node.left, node.right, "//")
        a, b = source.text((start, left)).strip(), source.text((right, end)).strip()
        yield Edit(start, end, f"-(-({a}) // {b})", node)


def sign(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """-a or ~a without its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)) \
            and not isinstance(node.operand, ast.Constant):
        start = source.span(node)[0]
        yield Edit(start, start + 1, "")


def beside(node: ast.Constant, above: Nodes) -> list[int]:
    """The whole numbers next to this one, without a change of sign."""
    value = node.value
    return [value + 1] if value == 0 or negative(above[-1]) else [value + 1, value - 1]


def number(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """A whole number changed by one, another doubled."""
    if not isinstance(node, ast.Constant) or role(node, above) in (
            "", "axis", "index", *WITHOUT_EFFECT):
        return
    if whole(node):
        placeholder = negative(above[-1]) and isinstance(above[-2], ast.Tuple)     # (-1, 1, 1)
        for new in [] if placeholder else beside(node, above):
            yield Edit(*source.span(node), str(new))
    elif isinstance(node.value, float) and (node.value == 0 or node.value > 1e-3):
        yield Edit(*source.span(node), str(2 * node.value or 1.0))


def index(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """An index changed by one; a slice that starts one later or stops one sooner."""
    if whole(node) and role(node, above) == "index":
        for new in beside(node, above):
            yield Edit(*source.span(node), str(new), innermost(above, ast.Subscript))
    elif isinstance(node, ast.Slice):
        for bound, step in (node.lower, " + 1"), (node.upper, " - 1"):
            if isinstance(bound, (ast.Name, ast.Attribute, ast.BinOp, ast.Call)) \
                    and "needs_grad" not in source.text(source.span(bound)):
                end = source.span(bound)[1]
                yield Edit(end, end, step, innermost(above, ast.Subscript))


def axis(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """Another axis, or one axis of several left out."""
    if not isinstance(node, (ast.Tuple, ast.Constant)) or role(node, above) != "axis":
        return
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        for left_out in node.elts:
            others = [source.text(source.span(one)) for one in node.elts if one is not left_out]
            yield Edit(*source.span(node), f"({', '.join(others)},)", innermost(above, ast.Call))
    elif whole(node):
        listed = getattr(above[-1], "elts", getattr(above[-1], "args", []))
        taken = {other.value for other in listed if whole(other)}
        new = node.value - 1 if node.value and not negative(above[-1]) else node.value + 1
        if new in taken:
            new = max(taken) + 1
        yield Edit(*source.span(node), str(new), innermost(above, ast.Call))


def keepdims(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """keepdims=True for False, and back."""
    if flag(node) and role(node, above) == "keepdims":
        yield Edit(*source.span(node), str(not node.value), innermost(above, ast.Call))


def boolean(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """True for False, and back."""
    if flag(node) and role(node, above) not in ("", "keepdims", *WITHOUT_EFFECT):
        yield Edit(*source.span(node), str(not node.value))


def condition(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """A `not` more, or one less."""
    if isinstance(node, ast.IfExp) and (is_text(node.body) or is_text(node.orelse)):
        return
    tests = node.ifs if isinstance(node, ast.comprehension) else [getattr(node, "test", None)]
    for test in filter(None, tests):
        inner = test.operand if isinstance(test, ast.UnaryOp) and isinstance(
            test.op, ast.Not) else None
        new = source.text(source.span(inner or test))
        yield Edit(*source.span(test), new if inner else f"not ({new})", test)


def needs_grad(source: Source, node: ast.AST, above: Nodes) -> Iterator[Edit]:
    """The gradient of an input refused, or given where another input needs its own."""
    if is_needs_grad(node) and not isinstance(node.slice, ast.Slice):
        shown = above[-1] if isinstance(above[-1], ast.expr) else node
        yield Edit(*source.span(node), "False", shown)
        if whole(node.slice):
            yield Edit(*source.span(node.slice), str(abs(node.slice.value - 1)), shown)
