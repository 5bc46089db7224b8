import pytest

from codecompanion.domain.shell.arguments import inline_code, is_python, naming_paths, python_module, python_script
from codecompanion.domain.shell.wrappers import Started


@pytest.mark.parametrize(
    ("name", "python"),
    [("python", True), ("python3.13t", True), ("/opt/x/pypy3", True), ("PYTHON", True), ("pythonx", False), ("xpython", False)],
)
def test_an_interpreter_is_known_by_its_name(name: str, *, python: bool) -> None:
    assert is_python((name, "a.py")) is python


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("python -m pytest -q x", ("pytest", ("-q", "x"))),
        ("python -mpytest -q", ("pytest", ("-q",))),
        ("python -msmtpd -n", ("smtpd", ("-n",))),
        ("python -m", None),
        ("python -I -W error -m pip", ("pip", ())),
        ("python -Werror -X dev -Xutf8 -m pip list", ("pip", ("list",))),
        ("python -Im pip", ("pip", ())),
        ("python -Impip", ("pip", ())),
        ("python a.py -m pip", None),
        ("python", None),
        ("node -m pip", None),
    ],
)
def test_the_module_that_python_runs_is_found_behind_its_options(line: str, module: tuple[str, tuple[str, ...]] | None) -> None:
    assert python_module(tuple(line.split())) == module


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("python -I -W error a.py x", ["a.py", "x"]),
        ("python -X dev -u a.py", ["a.py"]),
        ("python", []),
        ("node a.js", []),
    ],
)
def test_the_script_that_python_runs_is_found_behind_its_options(line: str, script: list[str]) -> None:
    assert python_script(tuple(line.split())) == script


SUBPROCESS = "the Python code uses 'subprocess'"
ELSEWHERE = "Python would read its code from elsewhere"


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("python", "-c", "import subprocess"), SUBPROCESS),
        (("python", "-cimport subprocess"), SUBPROCESS),
        (("python", "-Ic", "import subprocess"), SUBPROCESS),
        (("python", "-W", "error", "-c", "import subprocess"), SUBPROCESS),
        (("python", "-c", "print(1)", "import subprocess"), None),
        (("python", "-c"), None),
        (("python",), ELSEWHERE),
        (("python", "-I"), ELSEWHERE),
        (("python", "-"), ELSEWHERE),
        (("python", "-Z"), ELSEWHERE),
        (("python", "-V"), None),
        (("python", "--version"), None),
        (("python", "-h"), None),
        (("python", "a.py"), None),
        (("python", "-m", "pytest"), None),
        (("node", "-e", "x"), "code of 'node' in a command line is not read"),
        (("node", "a.js", "--eval=x"), "code of 'node' in a command line is not read"),
        (("ruby",), "code of 'ruby' in a command line is not read"),
        (("lua", "a", "-"), "code of 'lua' in a command line is not read"),
        (("node", "a.js"), None),
        (("make", "-e", "x"), None),
        (("sed", "e"), "this program for 'sed' is not known to be harmless"),
        (("awk", "-f", "a"), "this program for 'awk' is not known to be harmless"),
        (("jq", "-r", ".a | .b", "c"), None),
    ],
)
def test_code_in_a_command_line_is_read_or_asked_for(argv: tuple[str, ...], why: str | None) -> None:
    assert inline_code(Started(argv)) == why


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("python",), SUBPROCESS),
        (("python", "-"), SUBPROCESS),
        (("python", "-I", "-", "x"), SUBPROCESS),
        (("python", "a.py"), None),
        (("node", "a.js"), "code of 'node' in a command line is not read"),
        (("cat",), None),
    ],
)
def test_a_text_that_is_fed_to_a_program_is_code_when_the_program_takes_it_so(argv: tuple[str, ...], why: str | None) -> None:
    assert inline_code(Started(argv, stdin="import subprocess\n")) == why


@pytest.mark.parametrize(
    "argv",
    [
        ("sed", "p", "a"),
        ("sed", "-n", "p", "a", "e"),
        ("sed", "-n", "-e", "p", "-e", "d", "a", "e"),
        ("sed", "--expression=p", "e"),
        ("sed", "--expression", "p", "e"),
        ("sed", "p", "a", "-n"),
        ("sed", "-ni.bak", "p", "a"),
        ("sed", "--in-place=.bak", "p"),
        ("awk", "{ print }", "a", "-x"),
        ("awk", "-F", "|", "{ print }"),
        ("awk", "-v", "x=system", "{ print x }"),
        ("awk", "-vx=system", "-F:", "{ print x }"),
        ("awk", "--", "{ print }"),
    ],
)
def test_programs_for_sed_and_awk_that_only_print_or_replace_are_harmless(argv: tuple[str, ...]) -> None:
    assert inline_code(Started(argv)) is None


@pytest.mark.parametrize(
    "argv",
    [
        ("sed",),
        ("sed", "-n"),
        ("sed", "-e"),
        ("sed", "-e", "p", "-e", "e"),
        ("sed", "-n", "e", "-e", "e"),
        ("sed", "--expression=e=", "p"),
        ("sed", "--expression", "e", "p"),
        ("sed", "p", "-f", "a"),
        ("sed", "p", "--file=a"),
        ("awk",),
        ("awk", "-F", "{ print }"),
        ("awk", "-v", "{ print }"),
        ("awk", "-i", "a", "{ print }"),
        ("awk", "-F", ":", "{ system(1) }"),
        ("awk", "-e", "{ print }"),
    ],
)
def test_programs_for_sed_and_awk_that_do_more_or_are_not_seen_are_asked_for(argv: tuple[str, ...]) -> None:
    assert inline_code(Started(argv)) == f"this program for {argv[0]!r} is not known to be harmless"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("ls a -l b", ["a", "-l", "b"]),
        ("ls", []),
        ("echo a", []),
        ("python a.py b", ["a.py", "b"]),
        ("python -c x a b", ["a", "b"]),
        ("python -I -c x a", ["a"]),
        ("python -m x a", ["-m", "x", "a"]),
        ("grep x a b", ["a", "b"]),
        ("grep -n x a", ["-n", "a"]),
        ("grep -e x a", ["a"]),
        ("grep -ne x a -e y b", ["a", "b"]),
        ("grep --regexp x a", ["a"]),
        ("grep -fx a", ["-fx", "a"]),
        ("grep a -fx", ["a", "-fx"]),
        ("grep --file=x a", ["--file=x", "a"]),
        ("jq .a b", ["b"]),
        ("sed p a", ["a"]),
        ("git grep x a", ["a"]),
        ("git log a b", ["log", "a", "b"]),
        ("git commit -m x a", ["commit", "-m", "a"]),
        ("git commit --message x a", ["commit", "--message", "a"]),
        ("git log -G x -S y a", ["log", "-G", "-S", "a"]),
        ("cut -d/ -f1 a", ["-f1", "a"]),
        ("tee -d/ a", ["-d/", "a"]),
    ],
)
def test_arguments_that_can_name_files_are_told_from_patterns_programs_and_messages(line: str, named: list[str]) -> None:
    assert naming_paths(tuple(line.split())) == named
