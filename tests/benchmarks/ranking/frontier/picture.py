"""Gap against cost as a picture: our points and the rivals' curves, one column for each checkpoint that may be kept."""

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
MARKERS = {"25": "s", "100": "o"}
"""By the length of our probes."""

LOWEST = 1e-3
"""Gaps below are drawn here: nobody would notice them, and a logarithmic axis has no zero."""


def draw(results: Mapping[str, Any], path: Path = PICTURE) -> None:
    """Draw the cases of the shortest full training at a constant rate; the same results are the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    constant = [case for case in results["summary"] if case["schedule"] == "constant"]
    shortest = min(case["steps"] for case in constant)
    cases = [case for case in constant if case["steps"] == shortest]
    with mpl.rc_context({"svg.hashsalt": "lyapscreen", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 5.6), layout="constrained")
        every = figure.subplots(2, len(cases), sharex=True, sharey=True, squeeze=False)
        for row, (curve, gap, label) in enumerate((
            ("curve", "gap", "gap of the configuration,\nmean over its seeds"),
            ("model", "model", "gap of the network\nthat the search has trained"),
        )):  # fmt: skip
            every[row, 0].set_ylabel(label)
            for axes, case in zip(every[row], cases, strict=True):
                _panel(axes, case["groups"]["all"], curve, gap)
        for top, bottom, case in zip(*every, cases, strict=True):
            top.set_title(f"{case['keep']} checkpoint kept", fontsize=10)
            bottom.set_xlabel(f"cost in full trainings of {case['steps']:,} steps")
        every[1, -1].legend(frameon=False, fontsize=8)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _panel(axes: Axes, group: Mapping[str, Any], curve: str, gap: str) -> None:
    axes.set(xscale="log", yscale="log", xlim=(0.4, COSTS[-1] * 1.1), ylim=(LOWEST, 1.1))
    for name, found in group["rivals"].items():
        gaps = [max(value, LOWEST) for value in found[curve]]
        axes.plot(COSTS, gaps, DASHES[name], color=COLOURS[name], linewidth=1.4, label=RIVALS[name])
    for length, marker in MARKERS.items():
        points = [group["ours"][length][point] for point in POINTS if gap in group["ours"][length][point]]
        costs, gaps = [point["cost"] for point in points], [max(point[gap]["mean"], LOWEST) for point in points]
        axes.plot(costs, gaps, "-", marker=marker, color=OURS, markersize=4, linewidth=1, label=f"ours, T = {length}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xticks([0.5, 1, 2, 5, 10, 20, 50], ["0.5", "1", "2", "5", "10", "20", "50"])
    axes.minorticks_off()
