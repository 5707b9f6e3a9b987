"""Optuna studies served by a screening: its leading configurations tried first, trials probed before they train.

    screening = ls.screen(data=data, lr="1e-4:1", act=["relu", "tanh"])
    study = optuna.create_study()
    enqueue(study, screening)


    def objective(trial):
        lr = trial.suggest_float("lr", 1e-4, 1, log=True)
        activation = trial.suggest_categorical("activation", ["relu", "tanh"])
        prune(trial, data=data)
        return train_fully(lr, activation)

`suggest_space(screening)` has narrower distributions for the two. A study's parameters have the words of the ranking:
`lr`, `activation`, and the settings swept besides. Where a study has other words, `names={"lr": "learning_rate"}` maps
ours to its own; without that, a name that is none of ours is matched, as `learning_rate` by `prune`, or refused.
"""

from __future__ import annotations

try:
    import optuna as _optuna
except ModuleNotFoundError as missing:
    raise ImportError(
        "lyapscreen.integrations.optuna needs optuna, which is not installed. Run pip install 'lyapscreen[optuna]'"
    ) from missing

from lyapscreen.integrations.optuna.enqueuing import enqueue
from lyapscreen.integrations.optuna.pruning import HOPELESS, prune
from lyapscreen.integrations.optuna.space import suggest_space

__all__ = ["HOPELESS", "enqueue", "prune", "suggest_space"]

del _optuna
