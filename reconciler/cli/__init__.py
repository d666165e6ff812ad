"""What was typed -> a command, its output and an exit code; the only place that knows click."""

import sys


def main() -> None:
    """Runs the command line of this process and ends it with the exit code of SPEC section 9."""
    try:
        from reconciler.cli.edge import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))
