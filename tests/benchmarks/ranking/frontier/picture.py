"""Gap against cost as a picture: our points and the rivals' curves, one panel for each checkpoint that may be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.ranking.frontier.lines import COSTS, POINTS
from tests.benchmarks.ranking.frontier.page import RIVALS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = Path(__file__).parents[1] / "frontier.svg"
COLOURS = {"random": "0.55", "asha": "#e69f00", "hyperband": "#009e73", "tpe": "#0072b2"}
DASHES = {"random": ":", "asha": "-.", "hyperband": "--", "tpe": "-"}
OURS = "#d55e00"
LENGTHS = {"25": "s", "100": "o"}
"""Marker by the length of our probes."""


def draw(results: Mapping[str, Any], path: Path = PICTURE) -> None:
    """Draw the cases of the shortest full training at a constant rate; the same results are the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    constant = [case for case in results["summary"] if case["schedule"] == "constant"]
    shortest = min(case["steps"] for case in constant)
    cases = [case for case in constant if case["steps"] == shortest]
    with mpl.rc_context({"svg.hashsalt": "lyapscreen", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 3.4), layout="constrained")
        for number, case in enumerate(cases):
            axes = figure.add_subplot(1, len(cases), number + 1, xscale="log", yscale="log")
            _panel(axes, case)
            axes.set_title(f"{case['keep']} checkpoint kept", fontsize=10)
            axes.set_xlabel(f"cost in full trainings of {case['steps']:,} steps")
            if not number:
                axes.set_ylabel("gap, mean over tasks")
                axes.legend(frameon=False, fontsize=8)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _panel(axes: Axes, case: Mapping[str, Any]) -> None:
    every = case["groups"]["all"]
    for name, found in every["rivals"].items():
        axes.plot(COSTS, found["curve"], DASHES[name], color=COLOURS[name], linewidth=1.4, label=RIVALS[name])
    for length, marker in LENGTHS.items():
        points = [every["ours"][length][point] for point in POINTS]
        costs, gaps = [point["cost"] for point in points], [point["gap"]["mean"] for point in points]
        axes.plot(costs, gaps, "-", marker=marker, color=OURS, markersize=4, linewidth=1, label=f"ours, T = {length}")
        axes.annotate("rank", (costs[0], gaps[0]), (-3, 4), textcoords="offset points", ha="right", color=OURS)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(0.4, COSTS[-1] * 1.1)
    axes.set_xticks([0.5, 1, 2, 5, 10, 20, 50], ["0.5", "1", "2", "5", "10", "20", "50"])
    axes.minorticks_off()
