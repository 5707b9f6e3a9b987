"""A trial probed before it trains, and pruned where that ends badly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import optuna

from lyapscreen.errors import SettingError
from lyapscreen.integrations.optuna.names import FIX, Names, meant
from lyapscreen.results.ranking import Row
from lyapscreen.results.records import Regime
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out
from lyapscreen.spec import parsing
from lyapscreen.spec.candidates import configurations
from lyapscreen.spec.spec import Spec

HOPELESS = (Regime.DIVERGED, Regime.DEAD, Regime.CHAOTIC)
"""How a probe ends that is not worth a full training; one that stalls may only be slow."""


def prune(
    trial: optuna.trial.BaseTrial,
    steps: int = 25,
    *,
    regimes: str | Collection[str] = HOPELESS,
    names: Names | None = None,
    **settings: Any,
) -> Row:
    """Probe a trial's configuration, and prune the trial if that ends in one of some regimes.

    Call it between what is suggested and the full training. All that was suggested by then is part of the
    configuration: `lr`, `activation`, and settings or keywords of the model's factory by their own names. What the
    probe cannot know, such as a number of epochs, is suggested after the call. The trial keeps what was found in its
    user attributes: `probe_regime`, the worst among the seeds; `probe_effective`, lambda_eff per step, the mean over
    seeds; and `probe_steps`, the optimizer steps of all seeds together, for whoever counts them. Every call reads the
    data and looks at the model anew, some 0.1 s on small ones: it pays where a full training takes far longer.

    >>> trial = optuna.trial.FixedTrial({"lr": 0.3})
    >>> trial.suggest_float("lr", 1e-4, 1)
    0.3
    >>> prune(trial, data="wine", act="tanh", seeds=1).regime.value
    'converging'
    >>> trial.user_attrs["probe_steps"]
    25

    Args:
        trial: of a running study.
        steps: T, optimizer steps of each seed's probe.
        regimes: which ones prune, or which one.
        names: what the study calls a parameter, by our word for it; without it, `learning_rate`, `act_fn` and the like
            are taken for what they are.
        settings: further fields of `Spec`, the same words as for `screen`: `data`, `model`, `seeds` (by default five:
            125 steps), `lr` or `act` where they are not searched.

    Returns:
        The probe's row, of a trial that is worth its training.

    Raises:
        optuna.TrialPruned: it is not.
        SettingError: a regime or a parameter is unknown, a setting is also a parameter of the trial or breaks its
            rule, or the two together leave more than one configuration.

    """
    pruned = {_regime(name) for name in ([regimes] if isinstance(regimes, str) else regimes)}
    spec = _spec(trial, names or {}, {"rank_by": "effective", **settings, "steps": steps})
    row = carry_out(prepare(spec), jobs=1).ranking.rows[0]  # one batch: other processes are the study's to start
    trial.set_user_attr("probe_regime", row.regime.value)
    trial.set_user_attr("probe_effective", row.effective)
    trial.set_user_attr("probe_steps", sum(result.final.steps for result in row.results))
    if row.regime in pruned:
        raise optuna.TrialPruned(f"The probe of {row.configuration.id} ended {row.regime} at step {row.steps}.")
    return row


def _spec(trial: optuna.trial.BaseTrial, names: Names, settings: Mapping[str, Any]) -> Spec:
    """Return the spec of a screening of the trial's configuration alone."""
    for word, name in names.items():
        if name is not None and name not in trial.params:
            fix = f"Suggest it before prune. Suggested are {', '.join(trial.params) or 'none'}"
            raise SettingError(f"names.{word}", name, "the trial has no such parameter", fix)
    ours = {name: word for word, name in names.items()} | _matched(trial, names, settings)
    words = parsing.distinct("names", dict(names), [ours.get(name, name) for name in trial.params])
    sweep = dict(zip(words, trial.params.values(), strict=True))
    found: dict[str, Any] = {
        setting: [sweep.pop(word)] for word, setting in (("lr", "lr"), ("activation", "act")) if word in sweep
    }
    if sweep:
        found["sweep"] = {word: [value] for word, value in sweep.items()}
    for name in found.keys() & settings.keys():
        raise SettingError(name, settings[name], "the trial suggests it as well", "Take one of the two out")
    try:
        spec = Spec.of(**{**settings, **found})
    except SettingError as error:
        if error.setting.removeprefix("sweep.") not in sweep:
            raise
        fix = f"{error.fix}. Suggest a parameter that the probe should not see after the call of prune"
        raise SettingError(error.setting, error.value, error.rule, fix) from None
    if (count := len(configurations(spec))) > 1:
        fix = "Suggest lr and activation before prune, or give one value for each, as lr=0.1, act='relu'"
        raise SettingError("prune", trial.params, f"a trial is one configuration, but this leaves {count}", fix)
    return spec


def _matched(trial: optuna.trial.BaseTrial, names: Names, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return our word for each parameter that another library's name stands for: `learning_rate` is `lr`.

    Only learning rate and activation are matched, and only where nothing else says them: any other parameter may be a
    keyword of the model's factory.

    Raises:
        SettingError: two parameters could be one of them.

    """
    found: dict[str, str] = {}
    for word, setting in (("lr", "lr"), ("activation", "act")):
        if word in names or word in trial.params or setting in settings:
            continue
        like = [name for name in trial.params if name not in names.values() and meant(name, [word])]
        if len(like) > 1:
            fix = FIX.format(pairs=f"'{word}': '{like[0]}'") + ", or whichever it is"
            raise SettingError("names", dict(names), f"{' and '.join(like)} could each be {word}", fix)
        found.update(dict.fromkeys(like, word))
    return found


def _regime(name: str) -> Regime:
    if name not in list(Regime):
        fix = f"{parsing.nearest(name, list(Regime))}Known are {', '.join(Regime)}"
        raise SettingError("regimes", name, "there is no such regime", fix)
    return Regime(name)
