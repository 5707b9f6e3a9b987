"""Whole commands, as a person waits for them."""

import subprocess
import sys
import time

BARE = """
import typer
app = typer.Typer()
@app.command()
def one(): ...
@app.command()
def two(): ...
app()
"""


def seconds(command: list[str], rounds: int) -> list[float]:
    """Return the wall time of a command, run `rounds` times."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return times


def measured(rounds: int = 7) -> dict[str, list[float]]:
    """Return seconds of `--help`, of the help of a bare two-command Typer program, and of the default ranking."""
    ours, bare = [], []
    for _ in range(rounds):  # side by side
        ours += seconds([sys.executable, "-m", "lyapscreen", "--help"], 1)
        bare += seconds([sys.executable, "-c", BARE, "--help"], 1)
    rank = seconds([sys.executable, "-m", "lyapscreen", "rank", "--quiet"], 3)
    return {"--help": ours, "--help of a bare Typer program": bare, "default rank": rank}
