"""What each figure shows: a panel draws one view of a ranking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes

from lyapscreen.report.figures import over_lr, over_steps
from lyapscreen.report.figures.drawing import Drawing, marks
from lyapscreen.report.figures.scales import drawable, loss_scale, scale
from lyapscreen.results.ranking import Row


@dataclass(frozen=True)
class Panel:
    """One figure."""

    name: str
    """Short and stable, for what refers to it."""
    title: str
    caption: str
    """What is seen, and what to look for."""
    draw: Callable[[Axes, Drawing], None]


def panels(drawing: Drawing) -> list[Panel]:
    """Return the panels there is something to draw in; the first is the one that most people look for."""
    spec, ranking = drawing.spec, drawing.ranking
    reads_ahead = ranking.measure.reads_ahead
    found = [
        Panel(
            "loss-over-lr",
            "Loss over learning rate",
            _loss_over_lr(drawing),
            over_lr.loss,
        ),
        Panel(
            "projected",
            "Projected learning",
            f"What is learnt by the end of {spec.full_steps:,} steps of training, N λ_proj. Lowest is best.",
            over_lr.projected,
        ),
        Panel(
            "learning",
            "Learning speed in the probe",
            "Lowest is fastest. Dashed is λ_perp, the learning speed alone; λ_eff, with the marks, is that and what "
            "instability costs.",
            over_lr.learning,
        ),
        Panel(
            "growth",
            "Instability",
            "Logarithm of how much a tiny change grows over the probe, T λ_1, the mean over seeds. "
            f"A seed beyond the dashed line ({spec.ln_max_growth:.2g}) is chaotic.",
            over_lr.growth,
        ),
        Panel(
            "loss-over-steps",
            "Loss over steps",
            "Held-out loss where the probes of the leading configurations were measured.",
            over_steps.loss,
        ),
        Panel(
            "local",
            "Instability over steps",
            "A tiny change of the leading configurations grows where λ_1 is above 0, and shrinks below.",
            over_steps.local,
        ),
        Panel(
            "loss-against-learning",
            "Loss against learning",
            "Each configuration by its λ_eff and the held-out loss it ended at.",
            _loss_against_learning,
        ),
    ]
    without = {
        "projected": not reads_ahead,
        "learning": not _any(drawing, "effective", "transverse"),
        "growth": not _any(drawing, "lyapunov"),
        "loss-against-learning": not _pairs(drawing),
        "loss-over-steps": not over_steps.measured(drawing),
        "local": not over_steps.followed(drawing),
    }
    return [panel for panel in found if not without.get(panel.name, False)]


def _loss_over_lr(drawing: Drawing) -> str:
    steps, early = drawing.steps, drawing.shortest
    words = [f"Held-out loss at the end of the probe, after {f'at most {steps}' if early else steps} steps."]
    if early:
        words.append(f"Dashed: after {early}, which all went.")
    if drawing.ranking.recommended:
        band = ", the band those that are as good" if len(over_lr.equals(drawing)) > 1 else ""
        words.append(f"The line marks the rate recommended{band}.")
    return " ".join(words)


def _any(drawing: Drawing, *fields: str) -> bool:
    """Tell whether there is a number to draw."""
    return any(drawable(getattr(row, field)) is not None for row in drawing.rows for field in fields)


def _pairs(drawing: Drawing) -> list[tuple[Row, float, float]]:
    """Return lambda_eff and held-out loss of each row that has both, the best last."""
    return [
        (row, x, y)
        for row in reversed(drawing.rows)
        if (x := drawable(row.effective)) is not None and (y := drawable(row.held_out_loss)) is not None
    ]


def _loss_against_learning(axes: Axes, drawing: Drawing) -> None:
    points = _pairs(drawing)
    axes.set_xlabel("λ_eff per step")
    axes.set_ylabel("held-out loss")
    scale(axes, "x", [x for _, x, _ in points])
    loss_scale(axes, "y", [y for *_, y in points])
    marks(axes, drawing, points)
