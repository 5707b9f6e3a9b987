"""What the three scripts share: their options, and files that are the same bytes for the same numbers."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

COLOURS = {"linear": "#0072b2", "sigmoid": "#d55e00", "relu": "#009e73"}
"""Okabe and Ito's, which colour-blind readers tell apart."""


def options(description: str, points: int) -> argparse.Namespace:
    """Read the command line, make its folder and take one thread: the networks are too small for more."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--points", type=int, default=points, help="starting points (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="what every random number is drawn from (default 0)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder for the files")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    return given


def table(path: Path, rows: Sequence[Any]) -> None:
    """Write dataclasses as CSV, a field a column, numbers with nine digits and what is undefined empty."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(asdict(rows[0]))
        writer.writerows([_cell(value) for value in asdict(row).values()] for row in rows)


@contextmanager
def picture(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Give a figure of so many inches to draw on, then save it as path.png and path.svg."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": path.name}
    with rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        figure.savefig(path.with_suffix(".png"), dpi=120, metadata={"Software": None})
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None, "Creator": None})


def can_draw() -> bool:
    """Tell whether matplotlib is there; say so on stderr where it is not."""
    try:
        import matplotlib as _  # noqa: F401
    except ImportError:
        print("matplotlib is missing, so no plots: pip install 'lyapscreen[report]'", file=sys.stderr)
        return False
    return True


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return "" if value != value else f"{value:.9g}"
    return str(value)
