"""Run the benchmarks, print the table, write JSON as the rows come.

python -m tests.benchmarks [PATH.json] [--only PARTS]
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console

from tests.benchmarks import commands, engines, figure5, gpu, own_models, peer, scale, steps, workers
from tests.benchmarks.rows import Row, number, page_width, save, table

PARTS: dict[str, Callable[[], Iterable[Row]]] = {
    # First: a process's peak counts what its parent held when it was started, and later parts hold more.
    "f": scale.rows,
    "abh": steps.rows,
    "c": figure5.rows,
    "d": peer.rows,
    "e": workers.rows,
    "g": commands.rows,
    "j": engines.rows,
    "k": gpu.rows,
    "l": own_models.rows,
}
"""By their letters in issues 5, 8 and 15; (i), what halving costs in regret, is part of ranking/."""


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, default=Path("bench.json"), help="default %(default)s")
    parser.add_argument("--only", default="abcdefghjkl", help="letters of the parts, such as acd")
    given = parser.parse_args()
    progress, found = Console(stderr=True), []
    for letters, measure in PARTS.items():
        if set(letters) & set(given.only):
            for row in measure():
                found.append(row)
                save(given.path, found)
                note = f" ({row.note})" if row.note else ""
                progress.print(f"{row.what}: {number(row.median)}{note}", highlight=False, soft_wrap=True)
    Console(width=page_width()).print(table(sorted(found, key=lambda row: row.what)))


main()
