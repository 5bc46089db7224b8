"""The kinds of edit, one family a file, with how often real one-statement bugs are of each kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codecompanion.repair.templates import (
    access,
    calls,
    comparisons,
    conditions,
    constants,
    expressions,
    imports,
    names,
    operators,
    statements,
    strings,
    updates,
)
from codecompanion.repair.templates.site import Proposal, Site


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of edit. `prior` is its share among one-statement bugs, as far as it applies to a statement at all.

    `best_share` bounds the part of that share which a single offer at one statement gets: kinds with many offers wait longer.
    """

    name: str
    prior: float
    propose: Callable[[Site], Iterator[Proposal]]
    best_share: float = 0.5


TEMPLATES = (
    Template("comparison operator", 12, comparisons.changed),
    Template("swapped comparison", 1.5, comparisons.swapped),
    Template("boolean logic", 4, comparisons.logic),
    Template("negation", 4, comparisons.negation),
    Template("arithmetic operator", 7, operators.changed),
    Template("augmented assignment", 4, operators.augmented),
    Template("operand order", 3, operators.operands),
    Template("grouping", 1, operators.grouping),
    Template("sign", 1, operators.unary),
    Template("number", 8, constants.numbers),
    Template("flag", 3, constants.flags),
    Template("off by one", 5, constants.off_by_one),
    Template("container", 2, constants.containers),
    Template("string", 6, strings.others, 0.2),
    Template("string edit", 4, strings.edited),
    Template("case of strings", 1, strings.together),
    Template("pattern", 2, strings.escapes),
    Template("variable", 14, names.variables),
    Template("function", 8, names.functions),
    Template("attribute", 10, names.attributes, 0.2),
    Template("member", 3, names.members, 0.15),
    Template("variable for expression", 3, names.replaced, 0.3),
    Template("surplus argument", 4, calls.dropped),
    Template("argument order", 2, calls.swapped),
    Template("missing argument", 6, calls.added, 0.2),
    Template("missing call", 5, calls.wrapped, 0.15),
    Template("sort key", 1, calls.keyed, 0.2),
    Template("surplus call", 4, calls.unwrapped),
    Template("uncalled", 1, calls.called),
    Template("donor expression", 4, expressions.donors, 0.15),
    Template("call as elsewhere", 1.5, expressions.borrowed, 0.15),
    Template("missing operand", 3, expressions.operands, 0.06),
    Template("separator", 1.5, expressions.joints),
    Template("extreme of two", 1, expressions.extremes),
    Template("lower or upper bound", 1.5, expressions.bounded, 0.08),
    Template("access", 2.5, access.changed, 0.3),
    Template("exchanged variables", 1.5, access.exchanged),
    Template("index", 2, expressions.indices, 0.15),
    Template("slice", 3, expressions.slices),
    Template("filter", 2, expressions.filters),
    Template("ternary", 1, expressions.ternaries),
    Template("condition", 5, conditions.strengthened, 0.08),
    Template("missing guard", 4, conditions.guarded, 0.08),
    Template("surplus guard", 1, conditions.unguarded),
    Template("early exit", 2, conditions.early_exits, 0.04),
    Template("surplus statement", 1.5, statements.removed),
    Template("missing statement", 5, statements.inserted, 0.06),
    Template("missing update", 4, updates.filled, 0.2),
    Template("varied statement", 2, updates.varied, 0.05),
    Template("missing branch", 2, updates.branches, 0.1),
    Template("missing import", 2, imports.missing),
    Template("other statement", 3, statements.filled, 0.1),
    Template("statement order", 2, statements.moved),
    Template("result", 3, statements.returned),
    Template("exception type", 2, statements.errors),
)

__all__ = ["TEMPLATES", "Proposal", "Site", "Template"]
