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


@pytest.mark.parametrize("code", ["db.session.commit()", "app.run()", "np.array(x)", "result.value", "os.path", "a/b"])
@pytest.mark.parametrize("fmt", [None, "whole", "udiff"])
def test_a_line_of_code_is_no_name_of_a_file(reader: Workspace, code: str, fmt: str | None) -> None:
    reader.refuse(f"This is the line that matters:\n\n```python\n{code}\nx = 1\n```\n", fmt)


@pytest.mark.parametrize("path", ["src/new.py", "new.py", "src/(group)/page.py", "src/copy(1).py"])
def test_a_name_on_the_first_line_of_a_fence_makes_a_new_file(reader: Workspace, path: str) -> None:
    reader.apply(f"```python\n{path}\nx = 1\n```\n")
    assert reader.text(path) == "x = 1\n"
