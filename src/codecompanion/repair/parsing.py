"""Parse without the warnings that a text deserves: they are for whoever wrote it, not for whoever repairs it."""

import ast
import warnings


def parse_module(text: str | bytes) -> ast.Module:
    """Return the tree of a module.

    Raises:
        SyntaxError: It is not Python, or nested too deeply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error)) from error


def parse_expression(text: str) -> ast.expr:
    """Return the tree of an expression.

    Raises:
        SyntaxError: It is none, or nested too deeply.
    """
    match parse_module(f"({text}\n)").body:
        case [ast.Expr(value=value)]:
            return value
        case _:
            raise SyntaxError(f"{text!r} is no expression")


def compiles(text: str) -> bool:
    """Whether a module's text compiles, which is more than that it parses: a `return` outside of a function does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<candidate>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
