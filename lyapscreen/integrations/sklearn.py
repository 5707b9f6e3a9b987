"""The pick as settings of scikit-learn's `MLPClassifier` and `MLPRegressor`.

    model = make_pipeline(StandardScaler(), MLPClassifier(**settings(screening)))

What scikit-learn cannot do in the same way is refused. Some things differ whatever the settings, so that a training
there is alike, not the same: its initial weights (Glorot's), its order of the minibatches, a last minibatch that is
smaller, and where the best weights are kept (`keep="best"`), a choice by score, not by loss, on rows of its own choice.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.results.candidate_choice import candidate_of
from lyapscreen.results.ranking import Row
from lyapscreen.screening.screening import Screening
from lyapscreen.spec import parsing
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "linear": "identity"}
"""What scikit-learn calls the activations that it has."""

SOLVERS = ("sgd", "momentum", "nesterov", "adam")
"""Optimizers that scikit-learn has."""

LOSSES = {"accuracy": "cross-entropy", "R2": "mse"}
"""The loss that scikit-learn minimises, by the score of a task."""

SKORCH = "or use lyapscreen.integrations.skorch"
"""What can do more."""


def settings(screening: Screening, configuration: Configuration | Row | str | None = None) -> dict[str, Any]:
    """Return keyword arguments for `MLPClassifier`, or for `MLPRegressor` where a number was learnt.

    The regressor minimises half the sum of the squared errors of a row where we take their mean, so that with K targets
    gradient descent there needs 2 / K times the learning rate; Adam does not depend on it.

    >>> import lyapscreen as ls
    >>> found = settings(ls.screen(data="wine", lr=[0.05, 0.2], act="tanh", model="mlp:16", seeds=2, steps=20))
    >>> [found[name] for name in ("hidden_layer_sizes", "activation", "solver", "learning_rate_init", "momentum")]
    [(16,), 'tanh', 'sgd', 0.2, 0.0]

    Args:
        screening: a finished one, of an MLP.
        configuration: which of those screened, by default the one recommended.

    Warns:
        UserWarning: there are two classes, for which scikit-learn has one output where the network screened has two:
            its last layer then learns at half the rate.

    Raises:
        SettingError: scikit-learn has no such model, activation, optimizer, loss, clipping, schedule or weight decay.

    """
    if not isinstance(screening, Screening):
        kind = type(screening).__name__
        raise SettingError(
            "screening", f"a {kind}", "it is no finished screening", "Pass what lyapscreen.screen returns"
        )
    chosen = candidate_of(screening.ranking, screening.spec, configuration).configuration
    spec = screening.spec.at_point(chosen.settings)
    _require_alike(spec, chosen, screening.score_name)
    outputs = _outputs(screening, chosen)
    if screening.score_name == "accuracy" and outputs == 2:
        text = "MLPClassifier has one output for two classes, so that its last layer learns at half the rate screened."
        warnings.warn(text, UserWarning, stacklevel=2)
    epochs = _epochs(screening, spec)
    found: dict[str, Any] = {
        "hidden_layer_sizes": tuple(parsing.widths(spec.model)),
        "activation": ACTIVATIONS[chosen.activation],
        **_solver(spec, chosen.lr, 1 if screening.score_name == "accuracy" else 2 / outputs),
        "learning_rate": "constant",
        "alpha": 0.0,
        "batch_size": _batch_size(screening, spec),
        "max_iter": epochs,
        "n_iter_no_change": epochs,  # that is, never stop before the end
        "tol": 0.0,
    }
    if spec.keep == "best":
        share = spec.held_out if isinstance(spec.held_out, float) else 0.25
        found |= {"early_stopping": True, "validation_fraction": share}
    return found


def _solver(spec: Spec, lr: float, scale: float) -> dict[str, Any]:
    """Return the optimizer; gradients there are 1 / scale times as large."""
    if spec.optimizer == "adam":
        return {"solver": "adam", "learning_rate_init": lr, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
    nesterov = spec.optimizer == "nesterov" and spec.momentum_factor > 0
    return {
        "solver": "sgd",
        "learning_rate_init": lr * scale,
        "momentum": spec.momentum_factor,
        "nesterovs_momentum": nesterov,
    }


def _require_alike(spec: Spec, chosen: Configuration, score_name: str) -> None:
    """Refuse what scikit-learn does not have, or does in another way."""
    if not (isinstance(spec.model, str) and spec.model.startswith("mlp:")):
        rule = "scikit-learn has no networks but multilayer perceptrons"
        raise SettingError("model", spec.plain()["model"], rule, f"Screen an MLP, {SKORCH}")
    if chosen.activation not in ACTIVATIONS:
        fix = f"It has {', '.join(ACTIVATIONS)}; choose one with configuration="
        raise SettingError("act", chosen.activation, "scikit-learn's MLP has no such activation", fix)
    if spec.optimizer not in SOLVERS:
        rule = "scikit-learn's MLP has no such optimizer"
        raise SettingError("optimizer", spec.optimizer, rule, f"It has {', '.join(SOLVERS)}")
    if spec.loss not in ("auto", LOSSES.get(score_name)):
        rule = f"for this task scikit-learn's MLP minimises {LOSSES.get(score_name, 'nothing')} alone"
        raise SettingError("loss", spec.plain()["loss"], rule, f"Screen with that, {SKORCH}")
    if spec.decay:
        rule = "its alpha decays no biases, and depends on the size of the minibatch"
        raise SettingError("weight_decay", f"{spec.decay:g}", rule, f"Screen without, {SKORCH}")
    if spec.clip_norm is not None:
        rule = "scikit-learn's MLP does not clip gradients"
        raise SettingError("clip_norm", f"{spec.clip_norm:g}", rule, f"Screen without, {SKORCH}")
    if spec.schedule != "constant" or spec.warmup:
        rule = "scikit-learn's MLP has no such schedule"
        fix = f"Screen a constant learning rate, {SKORCH}"
        raise SettingError("schedule" if spec.schedule != "constant" else "warmup", spec.schedule, rule, fix)


def _outputs(screening: Screening, chosen: Configuration) -> int:
    """Return how many outputs the network has."""
    weights = list(screening.replay(chosen).model.parameters())
    return len(weights[-1])


def _batch_size(screening: Screening, spec: Spec) -> int:
    if screening.train_rows is None:
        fix = "Screen the data again, or write batch_size yourself"
        raise SettingError(
            "batch_size", spec.batch_size, "this ranking does not say how many rows were trained on", fix
        )
    return spec.minibatch_rows(screening.train_rows)


def _epochs(screening: Screening, spec: Spec) -> int:
    """Return the length of the full training in epochs, none cut short."""
    rows = _batch_size(screening, spec)
    return max(1, math.ceil(round(spec.full_steps / ((screening.train_rows or rows) // rows), 6)))
