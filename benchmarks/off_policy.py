"""How often intervals of off-policy estimates hold the truth: `PYTHONPATH=tests python benchmarks/off_policy.py [SEEDS]`."""

import sys

from off_policy_world import HELD_BACK, coverage


def main(seeds: int) -> None:
    """Print a table."""
    print("| decisions | floor | policy | effective | SNIPS holds | DR holds | SNIPS error | DR error |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for decisions, floor in ((300, 0.1), (1000, 0.05), (1000, 0.1), (1000, 0.4)):
        for policy in HELD_BACK:
            found = coverage(policy, seeds=seeds, decisions=decisions, floor=floor)
            print(
                f"| {decisions} | {floor} | {policy.name} | {found.effective:.0f} | {found.snips:.3f} | {found.dr:.3f}"
                f" | {found.snips_error:.3f} | {found.dr_error:.3f} |"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
