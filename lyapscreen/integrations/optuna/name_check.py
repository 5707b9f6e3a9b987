"""What a study's sampler is asked in between: whether the trials that were enqueued are what the objective suggests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from lyapscreen.errors import SettingError
from lyapscreen.integrations.optuna.names import FIX, meant

OURS = "screening_spec_hash"
"""Attribute of the trials that a screening has enqueued."""


class NameCheck(BaseSampler):
    """A study's own sampler, behind a look at the trials that a screening has enqueued.

    Optuna passes over an enqueued value whose name the objective never suggests. A trial that asks for
    `learning_rate` where `lr` was enqueued fails with a message, and so does one that ends without having asked.

    Args:
        sampler: the study's own, which everything is left to.

    """

    def __init__(self, sampler: BaseSampler) -> None:
        self.sampler = sampler

    def __getattr__(self, name: str) -> Any:
        """Return what only the study's own sampler has."""
        if name.startswith("__") or name == "sampler":  # as a copy or a pickle is made
            raise AttributeError(name)
        return getattr(self.sampler, name)

    def __str__(self) -> str:
        """Return the name of the study's own sampler."""
        return str(self.sampler)

    def reseed_rng(self) -> None:
        """Leave it to the study's own sampler."""
        self.sampler.reseed_rng()

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Leave it to the study's own sampler, but for a trial of ours: each of its parameters is looked at."""
        return {} if OURS in trial.user_attrs else self.sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Leave it to the study's own sampler."""
        return self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value for a parameter that was not enqueued.

        Raises:
            SettingError: it was, by another name.

        """
        missing = [name for name in _enqueued(trial) if name not in trial.params]
        if word := meant(param_name, missing):
            rule = f"a screening enqueued a value for {word}, and the objective asks for {param_name}"
            raise SettingError("names", param_name, rule, FIX.format(pairs=f"'{word}': '{param_name}'") + " in enqueue")
        return self.sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Leave it to the study's own sampler."""
        self.sampler.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Leave it to the study's own sampler.

        Raises:
            SettingError: the trial ended well, and never asked for a value that was enqueued.

        """
        self.sampler.after_trial(study, trial, state, values)
        missing = [name for name in _enqueued(trial) if name not in trial.params]
        if missing and state == TrialState.COMPLETE:
            asked = ", ".join(trial.params) or "none"
            rule = f"a screening enqueued a value for {missing[0]}, which the objective never asked for"
            pair = FIX.format(pairs=f"'{missing[0]}': NAME")
            fix = f"{pair} in enqueue, where NAME is one of its own ({asked}) or None"
            raise SettingError("names", missing[0], rule, fix)


def _enqueued(trial: FrozenTrial) -> tuple[str, ...]:
    """Return the names of the values that a screening has enqueued for a trial."""
    return tuple(trial.system_attrs.get("fixed_params", {})) if OURS in trial.user_attrs else ()
