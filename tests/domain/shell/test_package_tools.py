import pytest

from codecompanion.domain.shell.expanding import OPEN
from codecompanion.domain.shell.package_tools import canonical, installs


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("pip", "pip"),
        ("pip3.11", "pip"),
        ("pip3.exe", "pip"),
        ("npm.cmd", "npm"),
        ("npm.exe", "npm"),
        ("gradlew", "gradle"),
        ("mvnw.cmd", "mvn"),
        ("pnpx", "npx"),
        ("bundler", "bundle"),
        ("pipx", "pipx"),
        ("python3", "python3"),
        ("2pip3", "2pip3"),
    ],
)
def test_a_package_manager_has_one_name(name: str, usual: str) -> None:
    assert canonical(name) == usual


@pytest.mark.parametrize(
    "line",
    [
        "pip list",
        "pip -q list install",
        "pip -q --no-color list",
        "pip --log=a list",
        "pip",
        "pip --version",
        "npm test",
        "npm -s run install",
        "cargo +nightly build",
        "uv",
        "poetry -V",
        "yarn build",
        "yarn --version",
        "yarn -v",
        "yarn -V",
        "yarn --help",
        "yarn -h",
        "bun test",
        "pnpm test",
        "mvn test",
        "gradle build",
        "setup.py build",
        "make install",
        "install a b",
    ],
)
def test_what_changes_no_environment_installs_nothing(line: str) -> None:
    name, *rest = line.split()
    assert not installs(name, rest)


@pytest.mark.parametrize(
    "line",
    [
        "pip install x",
        "pip -q install x",
        "pip --log a list",
        "pip frobnicate",
        "pipenv",
        "rye",
        "npm --prefix a test",
        "cargo -Z x build",
        "yarn",
        "yarn --silent",
        "yarn --version --silent",
        "bun -s",
        "composer",
        "bun add x",
        "pnpm -s add x",
        "mvn clean install",
        "mvn -q clean deploy",
        "gradle build publish",
        "setup.py build install",
        "setup.py -q develop",
        f"pip {OPEN}",
        f"yarn a{OPEN}",
    ],
)
def test_what_may_change_an_environment_installs(line: str) -> None:
    name, *rest = line.split()
    assert installs(name, rest)


def test_only_the_first_word_is_the_verb_of_most_managers() -> None:
    assert not installs("pnpm", ("run", "add"))
    assert not installs("dotnet", ("build", "tool"))
    assert not installs("yarn", ("test", "install"))
