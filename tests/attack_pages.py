# ruff: noqa: E501 - rows of a table
"""The page of attacks, made from its table and from the tests that bear their ids."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codecompanion.workspace.sandboxes.attacks.table import ACCEPTED, ATTACKS

TESTS = Path(__file__).parent
SUITE = "workspace/sandboxes/test_attack_suite.py"
ON_THE_RUNGS = (
    f"`{SUITE}::test_no_attack_gets_through_but_those_that_are_named`, `{SUITE}::test_an_ordinary_user_is_held_as_root_is`"
)
PREFACE = """\
# The attacks

What the product must survive, what stops it, and the tests that show it. A01 to A63 (and A79, A101) are tried from inside the cage, on each rung, as root and as
an ordinary user; [SANDBOX.md](SANDBOX.md#the-attacks) says what each tries. The others are attacks on the whole. Paths are below `tests/`.
Exceptions are named with their reason; where the column is empty there is none.

<!-- Made from the code: pytest tests/test_attack_page.py --update-golden -->
"""


@dataclass(frozen=True)
class OnTheProduct:
    """An attack on more than the cage: what it tries, what stops it, and what gets through all the same, and why."""

    tries: str
    stopped_by: str
    accepted: str = ""


PRODUCT: Mapping[str, OnTheProduct] = {
    "A64": OnTheProduct("flood stdout and stderr", "of each stream the ends are kept, in little memory"),
    "A65": OnTheProduct(
        "write a line without an end", "the same; a program that is asked for lines is lost at the limit of one"
    ),
    "A66": OnTheProduct("steer the terminal by escapes", "they are written out wherever a stranger's text is shown"),
    "A67": OnTheProduct("hide or turn round text in a diff", "what is not seen, or turns the order, is written out"),
    "A68": OnTheProduct(
        "leave a pipe, a socket or a device to be read", "`safe_open` takes regular files only and waits for nothing"
    ),
    "A69": OnTheProduct(
        "swap a folder for a symlink between the check and the use",
        "reads by openat2 beneath the root; writes, renames and removals by descriptors of folders that were reached so",
    ),
    "A70": OnTheProduct("lead a walk in circles by symlinks to folders", "walks follow none"),
    "A71": OnTheProduct(
        "a million files, folders 4,000 deep, odd names",
        "names are bytes after `--` or NUL; too deep folders are removed; what is read is bounded",
    ),
    "A72": OnTheProduct(
        "sparse files of a terabyte", "size is asked before reading; the quota counts blocks and files, not sizes"
    ),
    "A73": OnTheProduct(
        "an archive that is a bomb or leads elsewhere",
        "bundles are read as strictly as they are written, counted while unpacked",
    ),
    "A74": OnTheProduct(
        "a patch out of the tree, into `.git`, a link, a device, a mode", "it is refused whole, in every form of edits"
    ),
    "A75": OnTheProduct(
        "a repository whose git configuration starts programs", "git is called with all of that set to nothing"
    ),
    "A76": OnTheProduct(
        "`conftest.py`, `sitecustomize.py`, `.pth` and plugins that run on the host",
        "Python of a project runs in the cage alone; environments are judged by their files; such a file, new, blocks",
    ),
    "A77": OnTheProduct(
        "install scripts of packages",
        "installing is on the floor that asks in every mode; `agents run installer` asks, without keys",
    ),
    "A78": OnTheProduct(
        "leave LD_PRELOAD, PATH, PYTHONPATH or GIT_* for the next step", "each command has a fresh HOME, TMPDIR and environment"
    ),
    "A79": OnTheProduct(
        "change our own configuration, MCP servers or prompts",
        "in the cage they are put back; edits of them need a person, whatever the plan allows; a project's settings can only tighten",
    ),
    "A80": OnTheProduct(
        "change tests, or report what did not run",
        "results are told by our own reporter with a nonce, the tests are compared with the base, canaries must fail",
    ),
    "A81": OnTheProduct(
        "code that notices where it runs",
        "code that asks whether it is tested is a finding that blocks",
        "code that notices the cage in a way of its own behaves well in it: read the change",
    ),
    "A82": OnTheProduct(
        "text of strangers that wants something",
        "the floor asks in every mode; labels, a mark and the instructions as canaries; a corpus of injections that are obeyed",
        "bad code in the branch: it is reviewed, tested, and never merged by us",
    ),
    "A83": OnTheProduct(
        "an injection that travels through a plan or a summary",
        "rules hold for what is done, whoever's words led to it; a plan does away with no test that fails",
        "tests that passed: a plan can say that the objective changes them, and the report tells which did",
    ),
    "A84": OnTheProduct(
        "an image in Markdown that sends something away",
        "strangers' Markdown is shown as text, and the pages load nothing from elsewhere",
    ),
    "A85": OnTheProduct("script in names, events or artifacts", "the same; diagrams get no syntax of a stranger"),
    "A86": OnTheProduct("formulas in exported tables", "no tables are exported"),
    "A87": OnTheProduct(
        "make us ask an address inside",
        "each address of a name is looked at, the one that was looked at is used, redirects are off",
        "addresses that the user configured as private",
    ),
    "A88": OnTheProduct(
        "another site that acts through the user's browser",
        "tokens in headers and no cookies at the API; Origin and Host are checked by the pages",
    ),
    "A89": OnTheProduct(
        "tokens in logs and addresses, cut, copied, revoked",
        "only hashes are kept; a query is never logged; every request looks anew",
    ),
    "A90": OnTheProduct(
        "read the runs of another principal",
        "scopes bound what a token may do",
        "all who have a token of one server see all its runs: it serves one team",
    ),
    "A91": OnTheProduct(
        "approve twice, or something else than was shown",
        "an approval can name the version that was looked at (the web UI does), and counts once",
    ),
    "A92": OnTheProduct("forge lines of the log", "a record is one line of JSON; ends of lines are written out"),
    "A93": OnTheProduct(
        "change, remove, reorder or cut off events",
        "hash chain, hashes of a bundle's members, `audit verify --head` with a hash kept elsewhere",
        "without such a hash, who writes the whole log can write it anew",
    ),
    "A94": OnTheProduct(
        "bombs in files that are parsed", "no parser that runs code or fetches; sizes bounded; declarations of entities refused"
    ),
    "A95": OnTheProduct(
        "get round a list of allowed hosts",
        "no command has any network; an MCP server that was trusted with hosts has a proxy that asks no others, and not the worktree",
        "the tunnel is not looked into: another name in the TLS is for the allowed server to refuse",
    ),
    "A96": OnTheProduct(
        "send something away by DNS",
        "a network of its own without a way out, or no sockets; the proxy looks up allowed names alone",
        "to the name servers of a domain that was allowed whole (`*.NAME`)",
    ),
    "A97": OnTheProduct(
        "read a key out of errors, the environment or a patch",
        "exact values and shapes are masked everywhere; a new secret blocks",
    ),
    "A98": OnTheProduct(
        "spend past the budget by many at once",
        "money is set aside in one transaction before each request",
        "one call beyond the limit: its true cost is known only afterwards",
    ),
    "A99": OnTheProduct(
        "install a package of a similar name", "installing needs a person, who sees the name", "no index is pinned"
    ),
    "A100": OnTheProduct("import a crafted run", "all of it verifies before anything is kept, or nothing is"),
}


def shown_by() -> dict[str, list[str]]:
    """Return the tests that bear each id, as PATH::NAME below `tests`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for name, number in _marks(ast.parse(text)) if "mark.attack(" in text else ():
            found[number].append(f"{path.relative_to(TESTS).as_posix()}::{name}")
    return dict(found)


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:  # a test that is not at the top is not collected
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.attack":
                    yield from ((node.name, str(ast.literal_eval(number))) for number in mark.args)


def attack_page() -> str:
    """Return docs/ATTACKS.md."""
    shown = shown_by()
    rows = [_row_of_the_cage(one.number, shown.get(one.number, [])) for one in ATTACKS if one.number not in PRODUCT]
    rows += [_row(number, shown.get(number, [])) for number in PRODUCT]
    head = ("| | what it tries | what stops it | gets through all the same | tests |", "| --- | --- | --- | --- | --- |")
    return PREFACE + "\n" + "\n".join([*head, *rows]) + "\n"


def _row_of_the_cage(number: str, more: list[str]) -> str:
    (one,) = (one for one in ATTACKS if one.number == number)
    accepted = "; ".join(f"{rung}: {why[number]}" for rung, why in ACCEPTED.items() if number in why)
    return f"| {number} | {one.tries} | the cage, on both strong rungs | {accepted} | {', '.join([ON_THE_RUNGS, *_quoted(more)])} |"


def _row(number: str, tests: list[str]) -> str:
    one = PRODUCT[number]
    suite = [ON_THE_RUNGS] if any(attack.number == number for attack in ATTACKS) else []
    return f"| {number} | {one.tries} | {one.stopped_by} | {one.accepted} | {', '.join([*suite, *_quoted(tests)])} |"


def _quoted(tests: list[str]) -> list[str]:
    return [f"`{test}`" for test in tests]
