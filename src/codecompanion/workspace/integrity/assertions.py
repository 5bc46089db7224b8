"""What a test asserts: of which value, how strictly, and what it expects."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from codecompanion.workspace.integrity.expanding import Expander
from codecompanion.workspace.integrity.reach import Guard, reached
from codecompanion.workspace.integrity.relations import CALLS, COMPARISONS, RAISING, TOLERANCES, Strength, judges, mocked
from codecompanion.workspace.integrity.syntax import FunctionNode, dotted, is_literal, last_name, literals, truth

_EITHER_WAY = ("==", "is", "!=", "≈", "in", "not in")
"""Relations that are kept as of the value that is no constant, whichever side it stands on."""

_OF_WEAK_CALLS = ("any", "bool", "len", "hasattr", "callable")


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion with the local names in it expanded.

    `subject` is the source of what is looked at, `relation` how it is compared, `expected` with what ("" when nothing).
    `literal` says that `expected` is made of constants. `tolerances` are the limits of an approximate comparison by name.
    `source` is the assertion as it is written, for a person.
    """

    subject: str
    relation: str
    expected: str
    strength: Strength
    line: int
    guard: Guard
    source: str
    literal: bool = False
    constants: frozenset[str] = frozenset()
    tolerances: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    @property
    def text(self) -> str:
        """The assertion without its tolerances; the same for the same assertion wherever it stands."""
        return f"{self.subject} {self.relation} {self.expected}".strip()


@dataclass(frozen=True, slots=True)
class _Site:
    """Where an assertion stands: its statement, what guards it, and how names are expanded there."""

    statement: ast.stmt
    guard: Guard
    expand: Expander

    def made(
        self, subject: str, relation: str, expected: str, strength: Strength, sources: Sequence[ast.expr] = ()
    ) -> Assertion:
        """Return an assertion whose constants are those of the given expressions."""
        nodes = [self.expand.node(one) for one in sources]
        constants = frozenset[str]().union(*map(literals, nodes))
        literal = bool(nodes) and all(map(is_literal, nodes))
        line, source = self.statement.lineno, _as_written(self.statement)
        return Assertion(subject, relation, expected, strength, line, self.guard, source, literal, constants)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads assertions of one file. `names` are its module's assignments, `helpers` its functions that assert."""

    names: Mapping[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    helpers: frozenset[str] = frozenset()

    def read(self, node: FunctionNode) -> list[Assertion]:
        """Return the assertions of a function that can be reached and that can fail, in order."""
        expand = Expander.of(node, self.names)
        sites = (_Site(statement, guard, expand) for statement, guard in reached(node.body))
        return [one for site in sites for one in self._of(site) if one.strength]

    def _of(self, site: _Site) -> Iterator[Assertion]:
        match site.statement:
            case ast.Assert(test=test):
                yield from _claimed(test, site)
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                yield from self._called(call, site)
            case ast.Return(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call) if last_name(call) in RAISING:
                yield from self._called(call, site)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                asked = [one.context_expr for one in items if isinstance(one.context_expr, ast.Call)]
                what = "; ".join(map(site.expand.text, body))
                yield from (_raised(call, site, what) for call in asked if last_name(call) in RAISING)
            case _:
                pass

    def _called(self, call: ast.Call, site: _Site) -> Iterator[Assertion]:
        name, expand = last_name(call), site.expand
        if name in RAISING and len(call.args) > 1:
            yield _raised(call, site, expand.text(call.args[1]))
        elif (strength := mocked(name)) and isinstance(call.func, ast.Attribute):
            yield site.made(expand.text(call.func.value), name, _arguments(call, expand), strength, call.args)
        elif name in ("assertTrue", "assertFalse") and call.args:
            yield from _claimed(call.args[0] if name == "assertTrue" else ast.UnaryOp(ast.Not(), call.args[0]), site)
        elif name in CALLS and call.args:
            yield _related(*CALLS[name], call, site)
        elif judges(name) or name in self.helpers or dotted(call.func).startswith(("expect.", "assert_that.")):
            first = expand.text(call.args[0]) if call.args else ""
            yield site.made(first, f"call:{dotted(call.func)}", _arguments(call, expand), Strength.STRONG, call.args)


def helpers_that_assert(functions: Iterable[FunctionNode]) -> frozenset[str]:
    """Return the names of functions whose bodies hold an assertion."""
    return frozenset(one.name for one in functions if any(map(_asserts, ast.walk(one))))


def _asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and judges(last_name(node)))


def _claimed(test: ast.expr, site: _Site) -> Iterator[Assertion]:
    test = site.expand.node(test)
    match test:
        case _ if truth(test) is not None:
            return
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _claimed(value, site)
        case ast.Compare(left=left, ops=operators, comparators=others):
            for operator, one, other in zip(operators, [left, *others], others, strict=False):
                yield _compared(one, COMPARISONS[type(operator)], other, site)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield site.made(ast.unparse(operand), "is false", "", Strength.WEAK, [operand])
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, kind]):
            strength = Strength.NONE if ast.unparse(kind) == "object" else Strength.STRONG
            yield site.made(ast.unparse(value), "isinstance", ast.unparse(kind), strength, [value])
        case ast.Call(args=[_, *_]) if last_name(test) not in _OF_WEAK_CALLS:
            yield site.made(ast.unparse(test), "is true", "", Strength.STRONG, [test])
        case _:
            yield site.made(ast.unparse(test), "is true", "", Strength.WEAK, [test])


def _compared(left: ast.expr, how: tuple[str, Strength], right: ast.expr, site: _Site) -> Assertion:
    relation, strength = how
    if (is_literal(left) and not is_literal(right) and relation in _EITHER_WAY) or _is_approx(left):
        left, right = right, left
    if isinstance(right, ast.Constant) and right.value is None and relation in ("is", "is not", "==", "!="):
        relation, strength = f"{relation} None", Strength.EXACT if relation in ("is", "==") else Strength.WEAK
    if last_name(right) == "ANY" or (relation == ">=" and last_name(left) == "len" and ast.unparse(right) == "0"):
        strength = Strength.NONE
    tolerances: dict[str, str] = {}
    if isinstance(right, ast.Call) and _is_approx(right):
        relation = "≈"
        tolerances = dict(zip(("rel", "abs"), map(ast.unparse, right.args[1:]), strict=False)) | _limits(right.keywords)
        right = right.args[0]
    made = site.made(ast.unparse(left), relation, ast.unparse(right), strength, [left, right])
    return replace(made, literal=is_literal(right), tolerances=tolerances)


def _is_approx(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node) == "approx" and bool(node.args)


def _limits(keywords: Iterable[ast.keyword]) -> dict[str, str]:
    return {one.arg: ast.unparse(one.value) for one in keywords if one.arg in TOLERANCES}


def _related(relation: str, strength: Strength, call: ast.Call, site: _Site) -> Assertion:
    parts = [site.expand.node(one) for one in call.args[:2]]
    if len(parts) == 1:
        return site.made(ast.unparse(parts[0]), relation, "", strength, parts)
    if ast.dump(parts[0]) == ast.dump(parts[1]) or all(map(is_literal, parts)):
        strength = Strength.NONE
    limits = _limits(call.keywords)
    if len(call.args) > 2 and relation == "≈":  # noqa: PLR2004 - places, or the relative tolerance, stand third
        limits["places" if last_name(call) == "assertAlmostEqual" else "rtol"] = site.expand.text(call.args[2])
    made = _compared(parts[0], (relation, strength), parts[1], site)
    return replace(made, tolerances={**made.tolerances, **limits})


def _raised(call: ast.Call, site: _Site, what: str) -> Assertion:
    expected = ", ".join([*map(ast.unparse, call.args[:1]), *(f"{one.arg}={ast.unparse(one.value)}" for one in call.keywords)])
    if last_name(call).endswith("Regex") and len(call.args) > 1:
        expected += f", match={ast.unparse(call.args[1])}"
    return replace(site.made(what, "raises", expected, Strength.EXACT), constants=literals(call))


def _arguments(call: ast.Call, expand: Expander) -> str:
    named = [f"{one.arg or '**'}={expand.text(one.value)}" for one in call.keywords]
    return ", ".join([*map(expand.text, call.args), *named])


def _as_written(statement: ast.stmt) -> str:
    if isinstance(statement, ast.With | ast.AsyncWith):
        return f"with {', '.join(map(ast.unparse, statement.items))}"
    return ast.unparse(statement.test) if isinstance(statement, ast.Assert) else ast.unparse(statement)


def unreached(node: FunctionNode, live: Iterable[Assertion], names: Mapping[str, ast.expr]) -> frozenset[str]:
    """Return the texts of the assert statements that are written in a function and cannot run. `live` are those that can."""
    lines = {one.line for one in live}
    expand = Expander.of(node, names)
    dead = (part for part in ast.walk(node) if isinstance(part, ast.Assert) and part.lineno not in lines)
    return frozenset(one.text for part in dead for one in _claimed(part.test, _Site(part, Guard.NONE, expand)))
