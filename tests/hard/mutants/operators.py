"""Small changes to a program, one at a time: `mutants(source)`.

Each operator is a function from a node to the nodes that may stand in its place. `CLASSIC` are the
changes that a slip makes: a wrong comparison, a boundary off by one, a lost statement, the first
or last round of a loop only. `EVERY` adds what somebody who misunderstands writes: a part for the
whole, another variable, nothing at all. Limits: no operator changes an annotation, a docstring, or
the words of a sentence; and one change at a time finds no bug that takes two.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import takewhile

Operator = Callable[[ast.AST], Iterator[ast.AST]]

_OTHER: dict[type, tuple[type, ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
}
_TWINS = {"any": "all", "all": "any", "min": "max", "max": "min"}
_TWINS |= {"startswith": "endswith", "endswith": "startswith", "lower": "upper", "upper": "lower"}
_WRAPS = (
    "not e",
    "e[:1]",
    "e[1:]",
    "e[0]",
    "e[-1]",
    "e[::-1]",
    "[e]",
    "str(e)",
    "set(e)",
    "len(e)",
)
_LONG, _AROUND = 120, 40  # characters of a change
_UNTOUCHED = ("annotation", "returns", "type_params", "ctx", "decorator_list", "format_spec")


@dataclass(frozen=True)
class Mutant:
    """A changed program: its whole text, and the change in the form that `equivalents.toml` keeps,
    "old lines => new lines", which does not depend on what stands above or below.
    """

    source: str
    change: str


def _expression(text: str, **parts: ast.AST) -> ast.AST:
    """The expression in this text, with nodes put in for names."""

    class PutIn(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return parts.get(node.id, node)

    return PutIn().visit(ast.parse(text, mode="eval").body)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def comparisons(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for number, old in enumerate(node.ops):
            for other in _OTHER[type(old)]:
                yield _with(node, ops=[*node.ops[:number], other(), *node.ops[number + 1 :]])


def connectives(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=_OTHER[type(node.op)][0]())
        for left_out in node.values:
            values = [value for value in node.values if value is not left_out]
            yield _with(node, values=values) if len(values) > 1 else values[0]


def negations(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    for field in ("test", "ifs"):
        tests = getattr(node, field, None)
        if isinstance(tests, ast.expr):
            for text in ("not e", "True", "False"):
                yield _with(node, test=_expression(text, e=tests))
        for test in tests if isinstance(tests, list) else ():
            for text in ("not e", "True"):
                new = [_expression(text, e=test) if each is test else each for each in tests]
                yield _with(node, ifs=new)


def constants(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant):
        match node.value:
            case bool():
                others: Collection[object] = (not node.value,)
            case int():
                others = {node.value + 1, node.value - 1, 0} - {node.value}
            case str() if node.value.count(" ") > 1:
                others = ()  # a sentence
            case str() | bytes():
                others = {node.value.swapcase(), node.value[:-1], node.value[:0]} - {node.value}
            case _:
                others = ()
        yield from (ast.Constant(other) for other in sorted(others, key=repr))


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for other in _OTHER.get(type(node.op), ()):
            yield _with(node, op=other())


def calls(node: ast.AST) -> Iterator[ast.AST]:
    """Two arguments exchanged, an argument or a keyword left out."""
    if not isinstance(node, ast.Call):
        return
    for number in range(len(node.args) - 1):
        first, second = node.args[number : number + 2]
        yield _with(node, args=[*node.args[:number], second, first, *node.args[number + 2 :]])
    for left_out in node.args[1:]:
        yield _with(node, args=[argument for argument in node.args if argument is not left_out])
    for left_out in node.keywords:
        yield _with(node, keywords=[word for word in node.keywords if word is not left_out])


def twins(node: ast.AST) -> Iterator[ast.AST]:
    """The function's opposite: `all` for `any`."""
    name = getattr(node, "func", None)
    for field in ("id", "attr"):
        if (twin := _TWINS.get(getattr(name, field, ""))) is not None:
            yield _with(node, func=_with(name, **{field: twin}))


def choices(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)


def slices(node: ast.AST) -> Iterator[ast.AST]:
    """A bound left out or off by one, and the last item for the first."""
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper"):
            if old := getattr(node, bound):
                for text in ("e + 1", "e - 1"):
                    yield _with(node, **{bound: _expression(text, e=old)})
                yield _with(node, **{bound: None})
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        for old_index, new_index in ((0, -1), (-1, 0)):
            if node.slice.value == old_index:
                yield _with(node, slice=ast.Constant(new_index))


def loops(node: ast.AST) -> Iterator[ast.AST]:
    """The first round only, the last, none; backwards; all but the first or the last."""
    if isinstance(node, ast.For | ast.comprehension):
        for part in ("[:1]", "[-1:]", "[:0]", "[::-1]", "[1:]", "[:-1]"):
            yield _with(node, iter=_expression(f"list(e){part}", e=node.iter))
    if isinstance(node, ast.For | ast.While):
        yield _with(node, body=[*node.body, ast.Break()])


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A statement left out, a `with` or `try` without what it guards, nothing returned."""
    if isinstance(node, ast.stmt) and not isinstance(
        node,
        ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Pass | ast.AnnAssign,
    ):
        yield ast.Pass()
    if isinstance(node, ast.With | ast.Try):
        yield ast.If(ast.Constant(True), node.body, [])
    if isinstance(node, ast.Return) and node.value and ast.unparse(node.value) != "None":
        yield _with(node, value=None)
    if isinstance(node, ast.Continue | ast.Break):
        yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()


def handlers(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.ExceptHandler):
        yield _with(node, body=[ast.Raise()])
        if node.type and ast.unparse(node.type) != "Exception":
            yield _with(node, type=ast.Name("Exception"))
        for left_out in node.type.elts if isinstance(node.type, ast.Tuple) else ():
            kinds = [kind for kind in node.type.elts if kind is not left_out]
            yield _with(node, type=_with(node.type, elts=kinds))


def _is_value(node: ast.AST) -> bool:
    """An expression that is read, not one that is assigned to."""
    return (
        isinstance(node, ast.expr)
        and not isinstance(node, ast.Slice | ast.Starred | ast.Constant)
        and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        and getattr(node, "elts", None) != []
    )


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """A part for the whole: `x` for `x.f(y)`, `y` for `f(y)`."""
    if _is_value(node):
        yield from (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def blanks(node: ast.AST) -> Iterator[ast.AST]:
    """Nothing in place of something."""
    if _is_value(node):
        for text in ("None", "True", "False", "0", "''", "[]"):
            yield _expression(text)


def wraps(node: ast.AST) -> Iterator[ast.AST]:
    """The wrong part of it, or the wrong form."""
    if _is_value(node):
        for text in _WRAPS:
            yield _expression(text, e=node)


def other_names(names: Sequence[str]) -> Operator:
    """Each variable for each other one."""

    def operator(node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from (ast.Name(name) for name in names if name != node.id)

    return operator


CLASSIC: tuple[Operator, ...] = (
    *(comparisons, connectives, negations, constants, arithmetic, calls, twins, choices),
    *(slices, loops, statements, handlers),
)


def names(source: str) -> list[str]:
    """The parameters and the variables that this program assigns to."""
    found = {
        node.arg if isinstance(node, ast.arg) else node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.arg)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }
    return sorted(found)


def every(names: Sequence[str]) -> tuple[Operator, ...]:
    """The classic operators and those of a misunderstanding."""
    return (*CLASSIC, parts, blanks, wraps, other_names(names))


@dataclass(frozen=True)
class Place:
    """A node, and where it hangs: in which field of its parent, at which index when that is a list,
    in which function.
    """

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    function: str

    @property
    def line(self) -> int | None:
        """The line where it begins. The `for` of a comprehension knows only its parent's."""
        return getattr(self.node, "lineno", None) or getattr(self.parent, "lineno", None)

    def put(self, new: ast.AST) -> None:
        """Hang another node there."""
        if self.index is None:
            setattr(self.parent, self.field, new)
        else:
            getattr(self.parent, self.field)[self.index] = new


def _places(parent: ast.AST, function: str = "") -> Iterator[Place]:
    """Every node that may change. What is called is not one, but what its method belongs to is."""
    if isinstance(parent, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{parent.name}".lstrip(".")
    for field, value in ast.iter_fields(parent):
        if field == "func":
            yield from _places(value, function)
        elif field not in _UNTOUCHED and not (isinstance(parent, ast.Raise) and field == "exc"):
            for index, node in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(node, ast.AST) and not _says_nothing(node):
                    yield Place(
                        node, parent, field, index if isinstance(value, list) else None, function
                    )
                    yield from _places(node, function)


def _says_nothing(node: ast.AST) -> bool:
    """Docstrings, type aliases, and formatted texts: words for people."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Assign) and isinstance(value, ast.Subscript | ast.Call):
        return ast.unparse(value).startswith(("Literal[", "Callable[", "TypeVar("))
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Expr) and isinstance(value, ast.Constant)
    )


def mutants(
    source: str, operators: Sequence[Operator] = CLASSIC, lines: Collection[int] | None = None
) -> Iterator[Mutant]:
    """Every different program that one operator makes at one place (in these lines), in order."""
    tree = ast.parse(source)
    before = ast.unparse(tree)
    seen = {before}
    for place in list(_places(tree)):
        if lines is not None and place.line not in lines:
            continue
        for new in (new for operator in operators for new in operator(place.node)):
            place.put(new)
            after = ast.unparse(tree)
            place.put(place.node)
            if after not in seen and _compiles(after):
                seen.add(after)
                yield Mutant(after, f"{place.function}: {change(before, after)}".removeprefix(": "))


def _compiles(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            compile(source, "mutant", "exec")
        except (SyntaxError, ValueError):
            return False
    return True


def change(before: str, after: str) -> str:
    """The lines that differ, "old / old => new", without their indentation; of long ones the part
    that differs.
    """
    old, new = before.splitlines(), after.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    one, other = (" / ".join(map(str.strip, each)) for each in (old, new))
    alike = _shared(one, other) - _AROUND
    if alike > 0 and len(one) > _LONG:
        one, other = f"...{one[alike:]}", f"...{other[alike:]}"
    alike = _shared(one[::-1], other[::-1]) - _AROUND
    if alike > 0 and len(one) > _LONG:
        one, other = f"{one[:-alike]}...", f"{other[:-alike]}..."
    return f"{one} => {other}"


def _shared(one: str, other: str) -> int:
    """How many characters they begin with that are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
