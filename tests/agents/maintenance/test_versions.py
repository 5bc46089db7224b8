from itertools import pairwise

import pytest

from codecompanion.agents.maintenance.python.markers import applies
from codecompanion.agents.maintenance.python.versions import accepts, parse_version

ASCENDING = (
    "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0rc1 1.0 1.0+abc.5 1.0+5 1.0.post456.dev34 "
    "1.0.post456 1.1 1!0.1"
)
"""In the order that PEP 440 gives as its own example."""


def test_versions_are_ordered_as_the_standard_says() -> None:
    versions = [version for text in ASCENDING.split() if (version := parse_version(text))]
    assert len(versions) == len(ASCENDING.split())
    assert all(one < other and not other < one for one, other in pairwise(versions))


@pytest.mark.parametrize("spelling", ["1.0", "v1", "1.0.0", " 1 "])
def test_spellings_of_one_version_are_equal(spelling: str) -> None:
    assert parse_version(spelling) == parse_version("1.0")


@pytest.mark.parametrize(
    ("specifier", "version", "answer"),
    [
        ("", "1.0", True),
        (">=1.2,<2", "1.9.9", True),
        (">=1.2,<2", "2.0", False),
        ("<2", "2.0rc1", False),
        ("~=1.4.2", "1.4.9", True),
        ("~=1.4.2", "1.5", False),
        ("~=1.4", "1.9", True),
        ("==1.4.*", "1.4.7", True),
        ("!=1.4.*", "1.4.7", False),
        ("==1.0", "1.0+local", True),
        (">1.0", "1.0.post1", False),
        ("===weird", "weird", True),
        (">=1", "not a version", None),
        ("^1", "1.0", None),
        ("~=1", "1.0", None),
    ],
)
def test_specifiers_accept_as_the_standard_says(specifier: str, version: str, *, answer: bool | None) -> None:
    assert accepts(specifier, version) is answer


ENVIRONMENT = {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux", "os_name": "posix"}


@pytest.mark.parametrize(
    ("marker", "answer"),
    [
        ("", True),
        ('python_version < "3.9"', False),
        ('python_version >= "3.10"', True),
        ('sys_platform == "win32" or python_version > "3.2"', True),
        ('sys_platform == "win32" and nobody == "knows"', False),
        ('(os_name == "posix") and extra == "test"', False),
        ('"lin" in sys_platform', True),
        ('nobody == "knows"', None),
        ('python_version ~= "3.9"', None),
        ("__import__('os')", None),
    ],
)
def test_markers_are_evaluated_without_being_run(marker: str, *, answer: bool | None) -> None:
    assert applies(marker, ENVIRONMENT) is answer
