"""`python -m lyapscreen` and the command `lyapscreen`."""

from __future__ import annotations

import os

from lyapscreen.errors import ExitCode

NO_MEMORY = b"error: the memory is not enough to start. Allow more (ulimit -v).\n"


def main() -> None:
    """Run the command line and end the process; where there is no memory to load it, with 5."""
    try:
        from lyapscreen.cli import main as command
    except MemoryError:
        os.write(2, NO_MEMORY)
        raise SystemExit(int(ExitCode.ENVIRONMENT)) from None
    command()


if __name__ == "__main__":
    main()
