"""For which training a projected recommendation is, which rates are as good, and how far it can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lyapscreen.report.text.numbers import compact
from lyapscreen.results.naming import family_of
from lyapscreen.results.projection import horizon_of
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import STALLED_ABOVE, UNMEASURED
from lyapscreen.results.shift import MEASURED_RATIO
from lyapscreen.spec import schedules
from lyapscreen.spec.spec import Spec

MANY = 1000
"""Epochs from which on they are counted in whole ones."""


def longer(ranking: Ranking, row: Row, spec: Spec) -> str:
    """Say for how long a training the recommendation would hold."""
    if not ranking.measure.reads_ahead or row.full_steps is not None:
        return ""  # full training has judged, and over its own length
    steps = holds_until(ranking, row, spec)
    if steps is None:
        return "longer trainings want lower rates (--full-steps)"
    return f"should hold for up to about {steps:,} steps; longer ones want lower rates (--full-steps)"


def training(spec: Spec, epochs: float | None) -> str:
    """Say what training a recommendation is for.

    >>> training(Spec.of(full_steps=20_000, schedule="cosine", warmup=100), 12.5)
    '20,000 steps (12.5 epochs) along a cosine after 100 steps of warm-up, the best checkpoint kept'
    """
    name, cooldown = schedules.parts(spec.schedule)
    along = {
        "constant": "at a constant learning rate",
        "linear": "at a learning rate that falls linearly to 0",
        "cosine": "along a cosine",
        "wsd": f"at a constant learning rate that falls to 0 over the last {cooldown:.0%}",
    }[name]
    count = "" if epochs is None else f"{epochs:,.0f}" if epochs >= MANY else f"{epochs:.3g}"
    passes = f" ({count} {'epoch' if epochs == 1 else 'epochs'})" if count else ""
    rise = f" after {spec.warmup:,} steps of warm-up" if spec.warmup else ""
    return f"{spec.full_steps:,} steps{passes} {along}{rise}, the {spec.keep} checkpoint kept"


def holds_until(ranking: Ranking, row: Row, spec: Spec) -> int | None:
    """Return for how long a training the recommendation would stay about the best, two digits of it.

    Training for k times as many steps moves the best rate, and all that are as good, down by k^p. The recommended one
    stays among them up to k = (highest of those / its own)^(1/p), and up to half the way to the next of the grid where
    none is tied with it; never further than reading ahead was measured. None where there is no other rate, or no
    longer training.
    """
    horizon = horizon_of(spec.at_point(row.configuration.settings))
    family = family_of(row.configuration)
    lower = [r.lr for r in ranking.rows if family_of(r.configuration) == family and r.lr < row.lr]
    room = math.log10(ranking.equally_good(row)[-1].lr / row.lr)
    if room == 0:
        if not lower:
            return None
        room = math.log10(row.lr / max(lower)) / 2
    exponent = 1.0 if horizon.keep == "last" else horizon.least_exponent
    steps = min(spec.full_steps * 10 ** (room / exponent), spec.steps * MEASURED_RATIO)
    return int(float(f"{steps:.2g}")) if steps > spec.full_steps else None


def warnings(ranking: Ranking, spec: Spec) -> Iterator[str]:
    """Yield what makes a projection a guess, and how many configurations have none."""
    if not ranking.measure.reads_ahead:
        return
    ratio = spec.full_steps / spec.steps
    if ratio > MEASURED_RATIO:
        yield (
            f"The full training is {ratio:,.0f} times as long as the probe, and reading ahead was measured up to "
            f"{MEASURED_RATIO} times: the projection is a guess. --steps {math.ceil(spec.full_steps / MEASURED_RATIO)} "
            "would make it one no more."
        )
    without = sum(row.projected is None and row.regime not in UNMEASURED for row in ranking.rows)
    if without:
        are = "configurations have" if without > 1 else "configuration has"
        yield (
            f"{without} {are} no projected learning and rank last in their regime: probes at the learning rates that "
            "they are read at failed, or have not finished."
        )


def too_little(ranking: Ranking, spec: Spec) -> str:
    """Say why a ranking with a converging configuration recommends none, and what to try."""
    leader, low = ranking.rows[0], spec.lr[0]
    if leader.projected is None:
        return "No configuration that learns has a projected learning. Try --rank-by effective."
    longer = min(10 * spec.steps, spec.full_steps)
    return (
        f"No configuration that learns is projected to learn over {spec.full_steps:,} steps: the best projected "
        f"learning is {leader.projected * spec.full_steps:.3f}, and {STALLED_ABOVE} or less is asked for. Try longer "
        f"probes, --steps {longer}, or lower learning rates, --lr {compact(low / 100)}:{compact(low)}."
    )
