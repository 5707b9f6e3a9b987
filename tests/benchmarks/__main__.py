"""Run every benchmark, print a table, write JSON.

python -m tests.benchmarks [PATH.json]
"""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from tests.benchmarks import commands, steps


def ratio(a: list[float], b: list[float]) -> dict[str, float]:
    """Return the median of a / b, round by round, with its quartiles."""
    ratios = np.array(a) / np.array(b)
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    return {"median": float(middle), "low": float(low), "high": float(high)}


def rows() -> list[dict[str, object]]:
    """Measure everything."""
    torch.set_num_threads(1)
    found: list[dict[str, object]] = []
    aims = {"tabular 20-32-32-2": 0.25, "digits 64-64-64-10": 0.70}
    rate = steps.matrix_rate()
    for name, network in steps.NETWORKS.items():
        times = steps.microseconds(steps.measured(*network))
        both, gradient, plain = times["gradient and tangent"], times["gradient, stacked"], times["plain PyTorch"]
        share = steps.tangent_flops(*network) / (np.median(both) * 1e-6) / 1e9 / rate
        found += [
            {
                "what": f"(a) {name}: probe step / plain PyTorch step",
                **ratio(both, plain),
                "at_most": aims[name],
            },
            {
                "what": f"(b) {name}: probe step / torch.func's step without tangent",
                **ratio(both, gradient),
                "at_most": 3.0,
            },
            {"what": f"(h) {name}: share of the matrix-product rate", "median": float(share), "at_most": None},
        ]
    times = commands.measured()
    ours, bare = times["--help"], times["--help of a bare Typer program"]
    found.append({"what": "(g) --help / --help of a bare Typer program", **ratio(ours, bare), "at_most": 1.3})
    found.append(
        {"what": "(g) default rank, seconds", "median": float(np.median(times["default rank"])), "at_most": 6.0}
    )
    return found


def main() -> None:
    """Print the table and write the JSON."""
    found = rows()
    table = Table("ratio", "median", "quartiles", "aim", box=None)
    for row in found:
        quartiles = f"{row['low']:.2f} to {row['high']:.2f}" if "low" in row else ""
        aim = "" if row["at_most"] is None else f"at most {row['at_most']:g}"
        table.add_row(str(row["what"]), f"{row['median']:.2f}", quartiles, aim)
    Console().print(table)
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "bench.json")
    about = {"torch": torch.__version__, "python": platform.python_version(), "machine": platform.machine()}
    path.write_text(json.dumps({"versions": about, "rows": found}, indent=2) + "\n")


main()
