import pytest

from codecompanion.domain.manifest_changes import changes_dependencies


def diff(path: str, *lines: str) -> str:
    return "\n".join([f"diff --git a/{path} b/{path}", f"--- a/{path}", f"+++ b/{path}", "@@ -1,3 +1,4 @@", *lines, ""])


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("requirements.txt", "+requests"),
        ("requirements/dev.txt", "-pytest==8"),
        ("pyproject.toml", '+  "requests>=2",'),
        ("pyproject.toml", '-    "httpx[http2]",'),
        ("pyproject.toml", '+dependencies = ["requests"]'),
        ("pyproject.toml", '+requests = "^2.31"'),
        ("pyproject.toml", '+requests = { version = "^2.31", optional = true }'),
        ("pyproject.toml", '+requires = ["hatchling"]'),
        ("setup.cfg", "+    requests>=2"),
        ("setup.py", "+    install_requires=['requests'],"),
        ("package.json", '+    "left-pad": "^1.3.0",'),
        ("package.json", '-    "@types/node": "18.0.0"'),
        ("package.json", '+    "local": "file:../local",'),
        ("Cargo.toml", '+serde = { version = "1", features = ["derive"] }'),
        ("go.mod", "+require golang.org/x/text v0.3.0"),
        ("Gemfile", "+gem 'rails'"),
        ("uv.lock", "+name = 'x'"),
        ("sub/package-lock.json", "+  x"),
        ("pom.xml", "+      <artifactId>junit</artifactId>"),
        ("build.gradle.kts", '+    implementation("a:b:1")'),
    ],
)
def test_a_changed_dependency_is_seen(path: str, line: str) -> None:
    assert changes_dependencies(diff(path, " context", line)) == (path,)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pyproject.toml", '+version = "1.2.3"'),
        ("pyproject.toml", "+line-length = 100"),
        ("pyproject.toml", '+requires-python = ">=3.11"'),
        ("pyproject.toml", '+description = "A shop."'),
        ("pyproject.toml", '+addopts = ["-q"]'),
        ("package.json", '+  "version": "1.2.0",'),
        ("package.json", '+    "test": "jest",'),
        ("Cargo.toml", '+edition = "2021"'),
        ("requirements.txt", "+# a comment"),
        ("shop.py", "+import requests"),
        ("README.md", "+requests>=2"),
        ("setup.cfg", "+line_length = 100"),
    ],
)
def test_another_change_is_not_taken_for_one(path: str, line: str) -> None:
    assert changes_dependencies(diff(path, line)) == ()


def test_deleted_renamed_and_new_manifests_are_seen() -> None:
    deleted = "diff --git a/requirements.txt b/requirements.txt\ndeleted file mode 100644\n"
    deleted += "--- a/requirements.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-requests\n"
    added = "--- /dev/null\n+++ b/sub/requirements.txt\n@@ -0,0 +1 @@\n+requests\n"
    assert changes_dependencies(deleted + added) == ("requirements.txt", "sub/requirements.txt")
    assert changes_dependencies("") == ()
