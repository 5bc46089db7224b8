import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.labels import Label
from codecompanion.domain.permission import Action, PermissionMode, Verdict, decide_permission

ROOT = "/state/worktrees/run-1"
PYTHON = "/opt/python/bin/python3.11"
PROJECT = ("python -m pytest", "npx eslint .", "npm test")
ALL = tuple(PermissionMode)
WORKING = (PermissionMode.DEFAULT, PermissionMode.ACCEPT_EDITS, PermissionMode.AUTO)


def commands(name: str) -> list[str]:
    """One command a line; ⏎ is a line break within it."""
    text = (Path(__file__).parent / "commands" / f"{name}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line]
    return [line.replace("⏎", "\n").replace("{worktree}", ROOT).replace("{python}", PYTHON) for line in lines]


HOSTILE = commands("hostile")


def decided(mode: PermissionMode, line: str) -> tuple[Verdict, str]:
    return decide_permission(mode, Action(kind="run", subject=line, root=ROOT, project_commands=PROJECT, interpreter=PYTHON))


def test_the_hostile_corpus_is_large() -> None:
    assert len(set(HOSTILE)) > 300


@pytest.mark.parametrize("line", HOSTILE)
def test_no_mode_lifts_the_floor(line: str) -> None:
    assert {decided(mode, line)[0] for mode in WORKING} == {Verdict.ASK}, decided(PermissionMode.AUTO, line)
    assert decided(PermissionMode.PLAN, line)[0] is Verdict.DENY


_INSTALLS = re.compile(r"(pip3?|uv pip|uv|npm|pnpm|yarn|poetry|cargo|gem|go) (-\S+ )*(install|add|i|ci|get)\b")
INSTALLING = [line for line in HOSTILE if _INSTALLS.match(line)]


@pytest.mark.attack("A77", "A99")
@pytest.mark.parametrize("line", INSTALLING)
def test_nobody_installs_a_package_and_runs_its_scripts_without_a_person(line: str) -> None:
    """Whether its name is the right one, a person sees: the line is in the question."""
    assert {decided(mode, line)[0] for mode in ALL} == {Verdict.ASK, Verdict.DENY}
    assert len(INSTALLING) >= 10


@pytest.mark.parametrize("line", commands("reading"))
def test_what_only_reads_is_allowed_in_every_mode(line: str) -> None:
    assert {mode: decided(mode, line) for mode in ALL} == dict.fromkeys(ALL, (Verdict.ALLOW, "it only reads"))


@pytest.mark.parametrize("line", commands("checking"))
def test_the_projects_checks_are_allowed_wherever_work_is(line: str) -> None:
    assert {mode: decided(mode, line) for mode in WORKING} == dict.fromkeys(WORKING, (Verdict.ALLOW, "it checks the project"))
    assert decided(PermissionMode.PLAN, line)[0] is Verdict.DENY


@pytest.mark.parametrize("line", commands("ordinary"))
def test_ordinary_work_is_asked_for_by_default_and_allowed_when_edits_are_accepted(line: str) -> None:
    verdicts = {mode: decided(mode, line)[0] for mode in ALL}
    assert verdicts == {
        PermissionMode.PLAN: Verdict.DENY,
        PermissionMode.DEFAULT: Verdict.ASK,
        PermissionMode.ACCEPT_EDITS: Verdict.ALLOW,
        PermissionMode.AUTO: Verdict.ALLOW,
    }, decided(PermissionMode.ACCEPT_EDITS, line)


def test_a_program_that_nobody_knows_is_allowed_only_in_auto() -> None:
    assert decided(PermissionMode.ACCEPT_EDITS, "frobnicate src") == (
        Verdict.ASK,
        "'frobnicate' is not known to be harmless in this mode",
    )
    assert decided(PermissionMode.AUTO, "frobnicate src")[0] is Verdict.ALLOW


def test_a_program_of_the_project_does_not_pass_for_one_of_the_system() -> None:
    assert decided(PermissionMode.DEFAULT, "./ls")[0] is Verdict.ASK
    assert decided(PermissionMode.DEFAULT, "bin/cat shop.py")[0] is Verdict.ASK
    assert decided(PermissionMode.DEFAULT, "/usr/bin/cat shop.py")[0] is Verdict.ALLOW


@pytest.mark.parametrize(
    "line",
    [
        *("sort --co=./x a", "uniq a b", "uniq - b", "file -C -m x", "less -o x a", "less -Nox a", "less +!ls a"),
        *("date -s 12:00", "date -us 12:00", "./sh -c ls", "./env ls", "./xargs grep x"),
    ],
)
def test_a_program_that_reads_does_not_pass_with_an_option_that_does_more_nor_the_projects_own_for_a_shell(line: str) -> None:
    assert decided(PermissionMode.PLAN, line)[0] is Verdict.DENY
    assert decided(PermissionMode.DEFAULT, line)[0] is Verdict.ASK


@pytest.mark.parametrize(
    "line", ["uniq -c a", "date +%s", "date -Iseconds", "file shop.py", "less -N shop.py", "printf '%s' PATH"]
)
def test_the_same_programs_pass_when_they_only_read(line: str) -> None:
    assert decided(PermissionMode.PLAN, line) == (Verdict.ALLOW, "it only reads")


def test_the_reason_names_what_is_wrong() -> None:
    assert (
        decided(PermissionMode.AUTO, "sh -c 'git push origin main'")[1]
        == "'git push origin' can lose work or reach other places"
    )
    assert decided(PermissionMode.AUTO, "cat a /etc/passwd")[1] == "'/etc/passwd' is outside the worktree"
    assert decided(PermissionMode.AUTO, "curl x")[1] == "'curl' uses the network"
    assert decided(PermissionMode.DEFAULT, "ls > out.txt")[1] == "it writes 'out.txt'"


@pytest.mark.parametrize("line", ["", " ", "# nothing", ";", "()", "{ }"])
def test_a_line_that_starts_nothing_is_no_command(line: str) -> None:
    reason = "the command is empty"
    assert [decided(mode, line) for mode in ALL] == [(Verdict.DENY, reason), *[(Verdict.ASK, reason)] * 3]


@pytest.mark.parametrize(
    ("mode", "line", "reason"),
    [
        (PermissionMode.PLAN, "mkdir out", "in plan mode only commands that read are run"),
        (PermissionMode.DEFAULT, "frobnicate > /dev/null", "'frobnicate' is not known to be harmless in this mode"),
        (PermissionMode.ACCEPT_EDITS, "mkdir out", "it is a developer's ordinary command"),
        (PermissionMode.AUTO, "frobnicate src", "nothing in it is beyond the worktree"),
    ],
)
def test_the_reason_names_the_rule(mode: PermissionMode, line: str, reason: str) -> None:
    assert decided(mode, line)[1] == reason


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "~/x", ".git/config", "a/.GIT/x", ""])
def test_no_mode_reads_outside_the_worktree_or_in_gits_own_files(path: str) -> None:
    assert {decide_permission(mode, Action(kind="read", subject=path))[0] for mode in ALL} == {Verdict.DENY}


def test_files_of_the_worktree_are_read_in_every_mode() -> None:
    answers = {decide_permission(mode, Action(kind="read", subject="shop.py")) for mode in ALL}
    assert answers == {(Verdict.ALLOW, "reading the worktree is always allowed")}


def single_quoted(line: str) -> str:
    return "'" + line.replace("'", "'\\''") + "'"


def double_quoted(line: str) -> str:
    return '"' + "".join(rf"\{c}" if c in '"$`' else c for c in line) + '"'


WRAPPERS: list[Callable[[str], str]] = [
    lambda line: f"sh -c {single_quoted(line)}",
    lambda line: f"bash -c {double_quoted(line)}",
    lambda line: f"env X=1 sh -c {single_quoted(line)}",
    lambda line: f"timeout 10 bash -lc {single_quoted(line)}",
    lambda line: f"nohup sh -c {single_quoted(line)}",
    lambda line: f"sudo sh -c {single_quoted(line)}",
    lambda line: f"eval {single_quoted(line)}",
    lambda line: f"xargs sh -c {single_quoted(line)}",
    lambda line: rf"find . -exec sh -c {single_quoted(line)} \;",
    lambda line: f"uv run sh -c {single_quoted(line)}",
    lambda line: f"trap {single_quoted(line)} EXIT",
    lambda line: f"ls && {line}",
    lambda line: f"ls; {line}",
    lambda line: f"ls | {line}",
    lambda line: f"ls || {line}",
    lambda line: f"ls & {line}",
    lambda line: f"true\n{line}",
    lambda line: f"{line}\nls",
    lambda line: f"({line}\n)",
    lambda line: f"{{ {line}\n}}",
    lambda line: f"if true; then {line}\nfi",
    lambda line: f"for i in 1 2; do {line}\ndone",
    lambda line: f"echo $({line}\n)",
    lambda line: f'echo "$({line}\n)"',
    lambda line: f"cat <<E\n$({line}\n)\nE",
    lambda line: "echo `" + "".join(rf"\{c}" if c in r"\`$" else c for c in line) + "`",
]


@given(st.sampled_from(HOSTILE), st.lists(st.sampled_from(WRAPPERS), min_size=1, max_size=3), st.sampled_from(WORKING))
def test_wrapping_a_command_of_the_floor_never_lifts_it(
    line: str, wrappers: list[Callable[[str], str]], mode: PermissionMode
) -> None:
    for wrap in wrappers:
        line = wrap(line)
    assert decided(mode, line)[0] is Verdict.ASK, line


@given(st.text(alphabet="git push$()`'\"\\n;&|<>{}#=~*/.-EOFx", max_size=60), st.sampled_from(ALL))
def test_every_text_gets_a_verdict(line: str, mode: PermissionMode) -> None:
    verdict, reason = decided(mode, line)
    assert reason
    assert not (mode is PermissionMode.PLAN and verdict is Verdict.ASK)


def called(mode: PermissionMode, *, outward: bool = False, allowed: bool = False) -> Verdict:
    return decide_permission(mode, Action(kind="call", subject="add of notes", outward=outward, allowed=allowed))[0]


def test_a_tool_of_an_mcp_server_is_asked_for_until_it_is_allowed() -> None:
    ask, allow, deny = Verdict.ASK, Verdict.ALLOW, Verdict.DENY
    assert [called(mode) for mode in ALL] == [deny, ask, ask, allow]
    assert [called(mode, allowed=True) for mode in ALL] == [deny, allow, allow, allow]


@pytest.mark.parametrize(
    ("mode", "leave", "reason"),
    [
        (PermissionMode.PLAN, {}, "in plan mode no MCP server is called"),
        (PermissionMode.AUTO, {"outward": True}, "the call goes over the network"),
        (PermissionMode.DEFAULT, {"allowed": True}, "you allowed this tool when you trusted its server"),
        (PermissionMode.AUTO, {}, "its server is trusted"),
        (PermissionMode.DEFAULT, {}, "the tool of an MCP server is not among those that were allowed"),
    ],
)
def test_the_answer_to_a_call_names_its_rule(mode: PermissionMode, leave: dict[str, bool], reason: str) -> None:
    action = Action(kind="call", subject="add of notes").model_copy(update=leave)
    assert decide_permission(mode, action)[1] == reason


def test_the_question_names_whose_words_the_agent_was_shown() -> None:
    shown = frozenset({Label.USER, Label.PROJECT, Label.MCP})
    action = Action(kind="call", subject="send of web", network=True, labels=shown)
    assert "the words of others (mcp, project)" in decide_permission(PermissionMode.AUTO, action)[1]


SHOWN = [frozenset({Label.USER, Label.PROJECT}), frozenset({Label.TOOL}), frozenset({Label.MEMORY, Label.MCP})]


@pytest.mark.attack("A82")
@pytest.mark.parametrize("labels", SHOWN, ids=sorted)
def test_private_data_and_strangers_words_and_a_way_out_need_a_person_although_the_network_was_allowed(
    labels: frozenset[Label],
) -> None:
    action = Action(kind="call", subject="send of web", network=True, labels=labels)
    verdict, reason = decide_permission(PermissionMode.AUTO, action)
    assert verdict is Verdict.ASK
    assert "was shown the words of others" in reason
    assert [decide_permission(mode, action)[0] for mode in ALL] == [Verdict.DENY, *[Verdict.ASK] * 3]
    named = action.model_copy(update={"allowed": True})
    assert decide_permission(PermissionMode.AUTO, named)[0] is Verdict.ALLOW, "a person said so before"
    for one_is_missing in ({"network": False}, {"labels": frozenset({Label.USER})}, {"labels": frozenset({Label.MCP})}):
        assert decide_permission(PermissionMode.AUTO, action.model_copy(update=one_is_missing))[0] is Verdict.ALLOW


def test_no_mode_and_no_list_lifts_the_floor_for_calls_that_cross_the_network() -> None:
    for allowed in (False, True):
        assert [called(mode, outward=True, allowed=allowed) for mode in ALL] == [Verdict.DENY, *[Verdict.ASK] * 3]


def test_in_a_weak_sandbox_every_command_is_asked_for() -> None:
    for mode in ALL:
        for line in ("cat shop.py", "python -m pytest", "ls"):
            action = Action(kind="run", subject=line, root=ROOT, project_commands=PROJECT, interpreter=PYTHON, weak=True)
            assert decide_permission(mode, action)[0] is not Verdict.ALLOW
    making = Action(kind="run", subject="mkdir out", root=ROOT, weak=True)
    assert [decide_permission(mode, making)[0] for mode in ALL] == [Verdict.DENY, *[Verdict.ASK] * 3]
    assert decide_permission(PermissionMode.AUTO, Action(kind="run", subject="ls", weak=True)) == (
        Verdict.ASK,
        "the sandbox is a weak one, which closes neither files nor network",
    )
