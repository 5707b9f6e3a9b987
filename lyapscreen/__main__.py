"""`python -m lyapscreen` is the command `lyapscreen`."""

from lyapscreen.cli import main

main()
