"""The length of the full training in epochs: passes over the training rows, known once the data are."""

from __future__ import annotations

import math

from lyapscreen.spec import constraints
from lyapscreen.spec.lengths import probe_steps
from lyapscreen.spec.spec import Spec


def in_steps(spec: Spec, rows: int) -> Spec:
    """Return the spec with its `full_epochs` as `full_steps`, and the steps of a probe that follow from them.

    An epoch is as many steps as there are whole minibatches; the remainder of the rows is left out.

    Args:
        spec: as it was asked for; one whose length is given in steps is returned as it is.
        rows: of the training part.

    Raises:
        SettingError: that is longer than any training may be, or shorter than probes or warm-up.

    """
    if spec.full_epochs is None:
        return spec
    full = math.ceil(round(spec.full_epochs * _steps(spec, rows), 6))
    steps = spec.steps if "steps" in spec.model_fields_set else probe_steps(full)
    constraints.check_lengths("full_epochs", spec.full_epochs, full, steps)
    found = spec.model_copy(update={"full_steps": full, "full_epochs": None, "steps": steps})
    constraints.check(found)
    return found


def epochs(spec: Spec, rows: int) -> float:
    """Return how many passes over so many training rows the full training is."""
    return spec.full_steps / _steps(spec, rows)


def _steps(spec: Spec, rows: int) -> int:
    return rows // spec.minibatch_rows(rows)
