"""What MkDocs is told beside mkdocs.yml: documents that lie elsewhere in the repository, and diagrams without a CDN."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
ELSEWHERE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/RESULTS.md", "examples/README.md")
MERMAID = ROOT / ".bootstrap/mermaid.min.js"
"""What scripts/mermaid fetched; without it diagrams are shown as the text that they are written in."""
START = "mermaid.initialize({startOnLoad: true, securityLevel: 'strict'});\n"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the documents that the navigation does not name yet, so that none is out of sight."""
    listed = Path(config.config_file_path).read_text(encoding="utf-8")
    more = [path.name for path in sorted(Path(config.docs_dir).glob("*.md")) if f" {path.name}\n" not in listed]
    if more:
        config.nav = [*(config.nav or []), {"More": more}]  # pyright: ignore[reportUnknownMemberType] - untyped there
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents that do not lie in docs/, and the program that draws diagrams."""
    for name in ELSEWHERE:
        if (ROOT / name).exists():
            files.append(File.generated(config, name, content=_inward((ROOT / name).read_text(encoding="utf-8"))))
    for plot in sorted((ROOT / "benchmarks/plots").glob("*.svg")):
        files.append(File.generated(config, f"benchmarks/plots/{plot.name}", abs_src_path=str(plot)))
    if MERMAID.exists():
        files.append(File.generated(config, "assets/mermaid.min.js", abs_src_path=str(MERMAID)))
        files.append(File.generated(config, "assets/mermaid.start.js", content=START))
        config.extra_javascript.extend(["assets/mermaid.min.js", "assets/mermaid.start.js"])
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Let links into the repository lead to its pages, and mark diagrams."""
    outward = re.sub(rf"\]\(\.\./({'|'.join(map(re.escape, ELSEWHERE))})", r"](\1", markdown)
    if not MERMAID.exists():
        return outward
    return re.sub(r"^```mermaid\n(.*?)^```$", r'<pre class="mermaid">\n\1</pre>', outward, flags=re.DOTALL | re.MULTILINE)


def _inward(text: str) -> str:
    """Return a document of the root with its links as docs/ sees them."""
    return text.replace("](docs/", "](").replace("](../docs/", "](../")
