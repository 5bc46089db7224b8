"""`python -m codecompanion`, and what the installed command calls."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it; an interruption before it is loaded is answered, too."""
    try:
        from codecompanion.cli.main import main as run_command_line
    except KeyboardInterrupt:
        print("interrupted: nothing was begun", file=sys.stderr)
        sys.exit(INTERRUPTED)
    run_command_line()


if __name__ == "__main__":
    main()
