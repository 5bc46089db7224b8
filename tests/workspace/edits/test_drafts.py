"""What a response says, shows or thinks about an edit, and does not ask for, is not applied."""

import pytest

from edit_workspace import PYTHON, Workspace

PATH = "src/reader.py"
BLOCK = f"{PATH}\n```python\n<<<<<<< SEARCH\nimport os\n=======\nimport sys\n>>>>>>> REPLACE\n```\n"
EDITED = PYTHON.replace("import os", "import sys")


@pytest.mark.parametrize("tag", ["think", "thinking", "reasoning"])
def test_a_draft_in_thoughts_that_do_not_end_is_refused(reader: Workspace, tag: str) -> None:
    assert f"no '</{tag}>'" in reader.refuse(f"<{tag}>\nMaybe this:\n\n{BLOCK}\nBut wait. Does that also")


def test_a_tag_for_thoughts_that_is_shown_behind_the_edit_is_none(reader: Workspace) -> None:
    reader.apply(f"{BLOCK}\nSuch models write\n<think>\nfirst.\n")
    assert reader.text(PATH) == EDITED


@pytest.mark.parametrize("code", ["db.session.commit()", "app.run()", "np.array(x)", "result.value", "os.path", "a/b", "x.py"])
@pytest.mark.parametrize("fmt", [None, "whole", "udiff"])
def test_a_line_of_code_is_no_name_of_a_file(reader: Workspace, code: str, fmt: str | None) -> None:
    reader.refuse(f"This is the line that matters:\n\n```python\n{code}\nx = 1\n```\n", fmt)


@pytest.mark.parametrize("path", ["src/new.py", "src/(group)/page.py", "src/copy(1).py"])
def test_a_name_on_the_first_line_of_a_fence_makes_a_new_file(reader: Workspace, path: str) -> None:
    reader.apply(f"```python\n{path}\nx = 1\n```\n")
    assert reader.text(path) == "x = 1\n"


@pytest.mark.parametrize(
    "words", ["The rest of the file stays the same.", "(rest of the code unchanged)", "Everything else stays the same."]
)
def test_the_head_of_a_file_is_not_all_of_it_when_words_say_that_there_is_more(reader: Workspace, words: str) -> None:
    head = EDITED.split("    def close")[0]
    assert "not all of it" in reader.refuse(f"{PATH}\n```python\n{head}```\n\n{words}\n")


def test_words_for_what_stays_do_no_harm_beside_all_of_a_file(reader: Workspace) -> None:
    reader.apply(f"{PATH}\n```python\n{EDITED}```\n\nThe rest of the file stays the same.\n")
    assert reader.text(PATH) == EDITED


def test_a_whole_file_that_contradicts_the_edit_before_it_is_refused(reader: Workspace) -> None:
    other = PYTHON.replace("import os", "import json")
    assert "shows the file with 'import json'" in reader.refuse(f"{BLOCK}\n{PATH}\n```python\n{other}```\n")


@pytest.mark.parametrize("shown", [EDITED, PYTHON, EDITED.split("class")[0] + "# ... the class ...\n"])
def test_a_whole_file_that_shows_what_an_edit_makes_of_it_is_passed_over(reader: Workspace, shown: str) -> None:
    reader.apply(f"{BLOCK}\n{PATH}\n```python\n{shown}```\n")
    assert reader.text(PATH) == EDITED
