import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_every_plot_shows_what_its_table_says() -> None:
    done = subprocess.run([sys.executable, "plots.py", "--check"], cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shown = (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8")
    assert {f"plots/{path.name}" for path in (BENCHMARKS / "plots").glob("*.svg")} == {
        line.partition("(")[2].rstrip(")") for line in shown.splitlines() if line.startswith("![")
    }
