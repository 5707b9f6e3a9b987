"""The panels over the steps of a probe: loss and local exponents of the leading configurations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lyapscreen.report.figures.drawing import SIZE, Drawing
from lyapscreen.report.figures.families import FAINT
from lyapscreen.report.figures.scales import drawable, loss_scale, scale
from lyapscreen.results.ranking import Row
from lyapscreen.results.records import windows
from lyapscreen.results.statistics import UNDEFINED, t_interval

FOLLOWED = 4
"""Configurations whose course is drawn."""

DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1, 1, 1)))
"""Of the lines of these: configurations of one family have one colour."""

Point = tuple[float, float, float]
"""Mean and 95 % interval over seeds; NaN is undefined."""


def measured(drawing: Drawing) -> list[Row]:
    """Return the leading configurations whose loss was measured at more than one length."""
    return list(islice((row for row in drawing.leaders if len(_losses(row)) > 1), FOLLOWED))


def followed(drawing: Drawing) -> list[Row]:
    """Return the leading configurations that have local exponents to show."""
    shown = (row for row in drawing.leaders if any(not math.isnan(mean) for mean, *_ in _windows(row)))
    return list(islice(shown, FOLLOWED))


@dataclass(frozen=True)
class Course:
    """What is drawn of one configuration."""

    row: Row
    at: Sequence[float]
    """Steps, one a point."""
    points: Sequence[Point]


def loss(axes: Axes, drawing: Drawing) -> None:
    """Draw the held-out loss at every length at which it was measured, the mean over seeds with its interval."""
    every = [(row, _losses(row)) for row in measured(drawing)]
    courses = [Course(row, list(found), list(found.values())) for row, found in every]
    axes.set_ylabel("held-out loss")
    loss_scale(axes, "y", [mean for course in courses for mean, *_ in course.points])
    _draw(axes, drawing, courses, marked=True)


def local(axes: Axes, drawing: Drawing) -> None:
    """Draw lambda_1 within each window of the probe, the mean over seeds with its interval."""
    ends = windows(drawing.spec.steps)
    middles = [(start + end) / 2 for start, end in zip([0, *ends], ends, strict=False)]
    every = [(row, _windows(row)[: len(middles)]) for row in followed(drawing)]
    courses = [Course(row, middles[: len(found)], found) for row, found in every]
    points = [point for course in courses for point in course.points]
    axes.set_ylabel("λ_1 per step")
    scale(
        axes,
        "y",
        [None if math.isnan(mean) else mean for mean, *_ in points],
        [end for _, *both in points for end in both if not math.isnan(end)],
    )
    axes.axhline(0, color=FAINT.light, linewidth=1, zorder=0)
    _draw(axes, drawing, courses, marked=False)


def _draw(axes: Axes, drawing: Drawing, courses: Sequence[Course], *, marked: bool) -> None:
    """Draw and name each course, the best on top, over an axis of the probe's steps."""
    for course, dashes in reversed(list(zip(courses, DASHES, strict=False))):
        look = drawing.look(course.row)
        means, lows, highs = np.array(course.points).T
        axes.fill_between(course.at, lows, highs, color=look.colour.light, alpha=0.15, linewidth=0)
        axes.plot(
            course.at,
            means,
            color=look.colour.light,
            linewidth=1.6,
            linestyle=dashes,
            marker=look.marker if marked else "",
            markersize=SIZE,
            label=drawing.name(course.row),
        )
    axes.set_xlim(0, 1.02 * drawing.spec.steps)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("optimizer step")
    axes.legend(reverse=True, frameon=False, loc="best")


def _losses(row: Row) -> dict[int, Point]:
    """Return the loss at every length at which all seeds have one."""
    by_seed = [{measures.steps: drawable(measures.held_out_loss) for measures in one.rungs} for one in row.results]
    every = {steps: [found.get(steps) for found in by_seed] for steps in sorted({s for one in by_seed for s in one})}
    return {steps: _point(values) for steps, values in every.items() if None not in values}


def _windows(row: Row) -> list[Point]:
    """Return the local exponent of every window that all seeds have passed."""
    return [
        _point([drawable(value) for value in values]) for values in zip(*(r.local for r in row.results), strict=False)
    ]


def _point(values: Sequence[float | None]) -> Point:
    """Return mean and interval of the seeds' values; undefined unless every one is there."""
    there = [value for value in values if value is not None]
    interval = t_interval(np.array(there)) if len(there) == len(values) else UNDEFINED
    mean, low, high = (math.nan if v is None else v for v in (interval.mean, interval.low, interval.high))
    return mean, low, high
