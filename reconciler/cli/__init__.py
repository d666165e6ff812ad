"""What was typed -> a command, its output and an exit code; the only place that knows click."""

import os
import sys


def main() -> None:
    """Runs the command line of this process and ends it with the exit code of SPEC section 9.

    Where a shell asks what could be typed next, it answers that instead.
    """
    try:
        if "_RECONCILER_COMPLETE" in os.environ:
            from reconciler.cli.completion import complete

            sys.exit(complete(os.environ["_RECONCILER_COMPLETE"]))
        from reconciler.cli.edge import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))
