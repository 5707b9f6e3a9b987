"""The dictionary of columns: what stands in CSV, Parquet and pandas, and in JSON besides."""

from __future__ import annotations

from collections.abc import Mapping

from lyapscreen.spec.measures import MEASURE, Columns
from lyapscreen.spec.measures import columns as measured

_MEASURES = {
    "effective": "effective speed (λ_eff), the mean over seeds, per step of the probe",
    "transverse": "learning speed (λ_perp), the mean over seeds, per step of the probe",
    "lyapunov": "λ_1, the largest Lyapunov exponent, the mean over seeds, per step of the probe; times `steps` it "
    "is the instability",
    "kantz_wolf": "the paper's estimate (λ_KW); filled with --kantz-wolf alone",
    "train_loss": "training loss at the end of the probe, the mean over seeds",
    "held_out_loss": "held-out loss at the end of the probe, the mean over seeds",
    "held_out_score": "held-out accuracy, or R2 for regression, at the end of the probe, the mean over seeds",
    "projected": "λ_proj, per step of the full training; times --full-steps it is the projected learning",
}


def _of_measures(place: Columns) -> Mapping[str, str]:
    found = {}
    for column in measured(place):
        name, _, end = column.rpartition("_")
        is_end = end in ("low", "high") and name in MEASURE
        found[column] = f"{end} end of the 95% interval of {name}" if is_end else _MEASURES[column]
    return found


COLUMNS: Mapping[str, str] = {
    "rank": "place in the ranking, 1 the best",
    "group": "tie group: 1 is the best and all that is as good as far as the seeds can tell; empty with one seed",
    "activation": "activation",
    "lr": "learning rate",
    "regime": "how the probe ended, the worst of its seeds: converging (learns), stalled (hardly learns), chaotic, "
    "dead, diverged, failed",
    **_of_measures(Columns.STANDING),
    "seeds": "how many seeds",
    "steps": "steps of the probe, of the seed that came least far",
    "best_seed": "the seed that did better than chance explains, if one did",
    "recommended": "1 on the recommended row, else 0; in JSON true or false",
    **_of_measures(Columns.APPENDED),
    "full_loss": "held-out loss of the full training at the checkpoint kept, with --confirm",
    "full_loss_low": "low end of the 95% interval of full_loss",
    "full_loss_high": "high end of the 95% interval of full_loss",
    "full_steps": "steps of that full training",
    **_of_measures(Columns.INTERVALS),
}
"""Every column with its meaning; settings that are swept have a column of their own name behind `lr`."""
