"""(g) Whole commands, as a person waits for them."""

import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.rows import Row, quotient, spread

BARE = """
import typer
app = typer.Typer()
@app.command()
def one(): ...
@app.command()
def two(): ...
app()
"""
OURS = [sys.executable, "-m", "lyapscreen"]


def seconds(command: list[str]) -> float:
    """Return the wall time of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def rows() -> Iterator[Row]:
    """Measure `--help` beside that of a bare two-command Typer program, and the default ranking."""
    pairs = [(seconds([*OURS, "--help"]), seconds([sys.executable, "-c", BARE, "--help"])) for _ in range(7)]
    yield spread("(g) --help / --help of a bare Typer program", quotient(*zip(*pairs, strict=True)), at_most=1.3)
    pairs = [(seconds([*OURS, "rank", "--quiet"]), seconds([sys.executable, "-c", "import torch"])) for _ in range(5)]
    rank, torch = zip(*pairs, strict=True)
    yield spread("(g) default rank, seconds", rank, at_most=6.0)
    yield spread("(g) of which importing torch, seconds", torch)
