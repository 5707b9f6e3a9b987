"""What an extrapolated learning rate says, in sentences and as JSON."""

from __future__ import annotations

from dataclasses import asdict

from lyapscreen.report.text.characters import json_text
from lyapscreen.results.extrapolate_lr import Extrapolation


def as_json(found: Extrapolation) -> str:
    """Return all of it as JSON."""
    return json_text(asdict(found))


def sentences(found: Extrapolation) -> list[str]:
    """Say which rate, which are as good, and what to doubt."""
    text = [
        f"For {found.full_steps:,} steps: lr {found.lr:.3g}. Rates from {found.low:.3g} to {found.high:.3g} "
        "are as good, as far as the losses show."
    ]
    if found.overfits:
        text.append(
            "Training and held-out loss prefer different rates: the task overfits, and the last checkpoint wants a "
            "lower rate than the best one."
        )
    if found.at_end:
        text.append("The loss is lowest at an end of the rates: the best may lie outside. Measure further.")
    if found.is_guess:
        text.append(
            f"{found.full_steps / found.probe_steps:,.0f} times as long a training as the short run was never "
            "measured: take this as a guess, or measure a longer run."
        )
    return text
