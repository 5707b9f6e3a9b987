"""Optuna studies served by a screening: its leading configurations tried first, trials probed before they train.

    study = optuna.create_study()
    enqueue(study, ls.screen(data=data, lr="1e-4:1", act=["relu", "tanh"]))


    def objective(trial):
        lr = trial.suggest_float("lr", 1e-4, 1, log=True)
        activation = trial.suggest_categorical("activation", ["relu", "tanh"])
        prune(trial, data=data)
        return train_fully(lr, activation)

A study's parameters have the words of the ranking: `lr`, `activation`, and the settings swept besides. Where a study
says it otherwise, `names={"lr": "learning_rate"}` maps ours to its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.results.ranking import Row
from lyapscreen.results.records import Regime
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out
from lyapscreen.screening.screening import Screening
from lyapscreen.spec import parsing
from lyapscreen.spec.candidates import configurations
from lyapscreen.spec.spec import Spec

try:
    import optuna
except ModuleNotFoundError as missing:
    raise ImportError(
        "lyapscreen.integrations.optuna needs optuna, which is not installed. Run pip install 'lyapscreen[optuna]'"
    ) from missing

HOPELESS = (Regime.DIVERGED, Regime.DEAD, Regime.CHAOTIC)
"""How a probe ends that is not worth a full training; one that stalls may only be slow."""

MOST = 1000
"""Configurations enqueued at most."""


def enqueue(
    study: optuna.Study, screening: Screening, count: int = 3, *, names: Mapping[str, str] | None = None
) -> tuple[Row, ...]:
    """Have a study try the leading configurations of a screening first, best first.

    Only those are enqueued that may be recommended, so none at all where nothing converges. Each trial says where it
    comes from, in its user attributes `screening_rank`, `screening_projected` and `screening_effective` (lambda_proj
    and lambda_eff per step) and `screening_spec_hash`. Optuna takes an enqueued value for what it is: a learning rate
    outside of the study's range is tried with a warning, an activation that is not among its choices fails the trial.

    >>> import lyapscreen as ls
    >>> screening = ls.screen(data="wine", act="tanh", lr="1e-3:1:4", seeds=2, steps=20)
    >>> study = optuna.create_study()
    >>> [row.lr for row in enqueue(study, screening, 2)]
    [1.0, 0.1]
    >>> [row.lr for row in enqueue(study, screening, 2)]
    []

    Args:
        study: whatever its sampler and its storage.
        screening: a finished one.
        count: how many at most.
        names: what the study calls a parameter, by our word for it.

    Returns:
        The rows that were enqueued; those that the study had before, tried or waiting, are left out.

    Raises:
        SettingError: `screening` is none, `count` is no whole number from 1 on, or `names` has a word that is no
            parameter here.

    """
    if not isinstance(screening, Screening):
        kind = type(screening).__name__
        raise SettingError(
            "screening", f"a {kind}", "it is no finished screening", "Pass what lyapscreen.screen returns"
        )
    most = parsing.within("count", count, 1, MOST, "Write how many of the leading configurations to enqueue, as 3")
    words = ("lr", "activation", *screening.ranking.swept)
    theirs = _named(names or {}, words)
    enqueued = []
    for row in screening.ranking.leading(most):
        params = {theirs.get(word, word): row.value(word) for word in words}
        about = {
            "screening_rank": row.rank,
            "screening_effective": row.effective,
            "screening_projected": row.projected,
            "screening_spec_hash": screening.spec_hash,
        }
        # Optuna does not say whether it skipped; two processes that enqueue at once may each count the other's.
        before = len(study.get_trials(deepcopy=False))
        study.enqueue_trial(params, user_attrs=about, skip_if_exists=True)
        if len(study.get_trials(deepcopy=False)) > before:
            enqueued.append(row)
    return tuple(enqueued)


def prune(
    trial: optuna.trial.BaseTrial,
    steps: int = 25,
    *,
    regimes: str | Collection[str] = HOPELESS,
    names: Mapping[str, str] | None = None,
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
        names: what the study calls a parameter, by our word for it.
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


def _spec(trial: optuna.trial.BaseTrial, names: Mapping[str, str], settings: Mapping[str, Any]) -> Spec:
    """Return the spec of a screening of the trial's configuration alone."""
    for word, name in names.items():
        if name not in trial.params:
            fix = f"Suggest it before prune. Suggested are {', '.join(trial.params) or 'none'}"
            raise SettingError(f"names.{word}", name, "the trial has no such parameter", fix)
    ours = {name: word for word, name in names.items()}
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


def _named(names: Mapping[str, str], words: Collection[str]) -> Mapping[str, str]:
    """Return `names` if every word in it is a parameter."""
    for word, name in names.items():
        if word not in words:
            fix = f"{parsing.nearest(word, words)}Parameters of this screening are {', '.join(words)}"
            raise SettingError(f"names.{word}", name, f"there is no parameter {word}", fix)
    parsing.distinct("names", dict(names), [names.get(word, word) for word in words])
    return names


def _regime(name: str) -> Regime:
    if name not in list(Regime):
        fix = f"{parsing.nearest(name, list(Regime))}Known are {', '.join(Regime)}"
        raise SettingError("regimes", name, "there is no such regime", fix)
    return Regime(name)
