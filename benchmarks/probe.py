"""A command -> its seconds, its peak memory, its exit code and output, as JSON.

A small process of its own: what Linux calls the peak of a process includes that of the process
that started it. The peak is that of the largest one, where the command starts others.
"""

import json
import resource
import subprocess
import sys
import time


def main(argv: list[str]) -> None:
    """Runs the command once."""
    started = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    bytes_in_unit = 1 if sys.platform == "darwin" else 1024
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak_mb": peak * bytes_in_unit / 1e6,
                "code": done.returncode,
                "out": done.stdout,
                "err": done.stderr,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
