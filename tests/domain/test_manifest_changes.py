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
        ("sub/pyproject.toml", '+requests = "^2.31"'),
        ("pyproject.toml", '+  "requests<=2",'),
        ("pyproject.toml", '+  "requests~=2.0",'),
        ("pyproject.toml", '+  "requests!=2.0",'),
        ("pyproject.toml", '+  "requests==2.0",'),
        ("pyproject.toml", '+  "requests @ https://example.org/requests.whl",'),
        ("app.csproj", '+    <PackageReference Include="x" />'),
        ("composer.json", '+    "monolog/monolog": "^3.0",'),
        ("shop.gemspec", '+  spec.add_dependency "rake"'),
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
        ("pyproject.toml", '+readme = "README.md"'),
        ("package.json", '+    "test": "check node >= 20 && jest",'),
        ("requirements.txt", "+   # a comment"),
        ("requirements.txt", "+   "),
        ("go.mod", "+// a comment"),
        ("go.mod", "+  // a comment"),
        ("pom.xml", "+  <!-- <artifactId>junit</artifactId> -->"),
        ("shop.py", '+    "requests>=2",'),
        ("shop.py", '+"requests"'),
        ("pyproject.toml", '+keywords = ["shop", "cart"]'),
        ("requirements.txt", " unchanged"),
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


def test_a_manifest_that_is_only_deleted_renamed_or_binary_is_seen() -> None:
    head = "diff --git a/{0} b/{1}\n"
    assert changes_dependencies(head.format("yarn.lock", "yarn.lock") + "deleted file mode 100644\n") == ("yarn.lock",)
    renamed = head.format("sub/go.sum", "go.sum") + "similarity index 100%\nrename from sub/go.sum\nrename to go.sum\n"
    assert changes_dependencies(renamed) == ("go.sum",)
    for said in ("GIT binary patch\nliteral 4\n", "Binary files a/bun.lockb and b/bun.lockb differ\n"):
        assert changes_dependencies(head.format("bun.lockb", "bun.lockb") + said) == ("bun.lockb",)
    assert changes_dependencies(head.format("a.py", "a.py") + "deleted file mode 100644\n") == ()


def test_each_file_is_told_once_in_the_order_of_the_diff() -> None:
    two = diff("yarn.lock", "+a", "+b") + diff("a.py", "+x") + diff("go.mod", "+c") + diff("yarn.lock", "-d")
    assert changes_dependencies(two) == ("yarn.lock", "go.mod")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("a/go.mod", "b/go.mod", "go.mod"),
        ("a/go.mod\t2026-01-01", "b/go.mod\t2026-01-01", "go.mod"),
        ("go.mod", "go.mod", "go.mod"),
        ("go.mod", "/dev/null", "go.mod"),
        ("go.mod\t2026-01-01", "/dev/null\t2026-01-01", "go.mod"),
        ("a/go.mod", "/dev/null", "go.mod"),
        ("a/go.mod\t2026-01-01", "/dev/null\t2026-01-01", "go.mod"),
        ('"a/s p/go.mod"', '"b/s p/go.mod"', "s p/go.mod"),
        ('"a/s p/go.mod"', "/dev/null", "s p/go.mod"),
        ("a/s p/go.mod", "b/s p/go.mod", "s p/go.mod"),
        ("a/s p/go.mod", "/dev/null", "s p/go.mod"),
    ],
)
def test_a_diff_of_another_program_names_its_files_too(old: str, new: str, path: str) -> None:
    assert changes_dependencies(f"--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n") == (path,)


def test_a_changed_line_that_looks_like_a_head_is_none() -> None:
    added = diff("requirements.txt", "+++ b/a.py", "+requests")
    assert changes_dependencies(added) == ("requirements.txt",)


def test_changed_lines_that_look_like_the_heads_of_another_file_are_none() -> None:
    inside = "@@ -1,2 +1,3 @@\n--- a/a.py\n+++ b/a.py\n context\n+requests\n"
    assert changes_dependencies("--- a/requirements.txt\n+++ b/requirements.txt\n" + inside) == ("requirements.txt",)
    ends = "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    behind = "--- a/go.mod\n+++ b/go.mod\n@@ -1 +1 @@\n-c\n+d\n"
    assert changes_dependencies(f"--- a/a.py\n+++ b/a.py\n{ends}{behind}") == ("go.mod",)


def test_a_patch_without_a_head_is_of_no_file() -> None:
    assert changes_dependencies("@@ -1 +1 @@\n-a\n+requests>=2\n") == ()
