"""Settings for scikit-learn's multilayer perceptrons: one step there is one step here, and what differs is refused."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPClassifier, MLPRegressor

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.integrations.sklearn import settings

SHORT = {"model": "mlp:8", "act": "tanh", "lr": [0.05], "seeds": 2, "steps": 10, "full_steps": 40, "dtype": "float64"}


def two_targets():
    x = np.random.default_rng(0).normal(size=(80, 3))
    return x, np.stack([x[:, 0] * x[:, 1], x[:, 2] + 0.1], axis=1)


OPTIMIZERS = [("sgd", {}), ("momentum", {"momentum": 0.8}), ("nesterov", {"momentum": 0.8}), ("adam", {})]
TASKS = {
    "three classes": ({"data": "wine"}, MLPClassifier),
    "a number": ({"data": "diabetes"}, MLPRegressor),
    "two numbers": ({"data": two_targets()}, MLPRegressor),
}


@pytest.mark.filterwarnings("ignore")  # that it has not converged
@pytest.mark.parametrize(("optimizer", "more"), OPTIMIZERS, ids=[name for name, _ in OPTIMIZERS])
@pytest.mark.parametrize(("task", "kind"), TASKS.values(), ids=TASKS)
def test_steps_with_these_settings_are_those_that_were_screened(task, kind, optimizer, more):
    """Three steps on all rows, from the same weights; Adam has its 1e-8 elsewhere there: 1 % of one of its steps."""
    screening = ls.screen(**SHORT, **task, optimizer=optimizer, **more, batch_size="full")
    replay = screening.replay()
    x, y = (tensor.numpy() for tensor in replay.batches.train)
    asked = {**settings(screening), "early_stopping": False, "shuffle": False, "batch_size": len(x)}
    classes = {"classes": np.unique(y)} if kind is MLPClassifier else {}
    model = kind(**asked, random_state=0).partial_fit(x, y.squeeze(), **classes)
    parameters = [p.detach() for p in replay.model.parameters()]
    for theirs, ours in zip(model.coefs_, parameters[::2], strict=True):
        theirs[...] = ours.numpy().T
    for theirs, ours in zip(model.intercepts_, parameters[1::2], strict=True):
        theirs[...] = ours.numpy()
    del model._optimizer  # what it remembers of the step before
    model._optimizer = _anew(model, asked)
    for _ in range(3):
        model.partial_fit(x, y.squeeze())
        replay.optimizer.zero_grad()
        replay.loss(replay.model(torch.tensor(x)), torch.tensor(y)).backward()
        replay.optimizer.step()
    for theirs, ours in zip(model.coefs_, list(replay.model.parameters())[::2], strict=True):
        assert theirs == pytest.approx(ours.detach().numpy().T, abs=5e-4 if optimizer == "adam" else 1e-9)


def _anew(model, asked):
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

    parameters = model.coefs_ + model.intercepts_
    if asked["solver"] == "adam":
        return AdamOptimizer(parameters, asked["learning_rate_init"], 0.9, 0.999, 1e-8)
    return SGDOptimizer(
        parameters, asked["learning_rate_init"], "constant", asked["momentum"], asked["nesterovs_momentum"]
    )


@pytest.mark.filterwarnings("ignore")
def test_a_fit_runs_for_the_whole_training():
    screening = ls.screen(**SHORT, data="wine", batch_size=32)
    found = settings(screening)
    assert found == {
        "hidden_layer_sizes": (8,), "activation": "tanh", "solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0,
        "nesterovs_momentum": False, "learning_rate": "constant", "alpha": 0.0, "batch_size": 32,
        "max_iter": 10, "n_iter_no_change": 10, "tol": 0.0, "early_stopping": True, "validation_fraction": 0.25,
    }  # fmt: skip
    x, y = (tensor.numpy() for tensor in screening.replay().batches.train)
    model = MLPClassifier(**found, random_state=0).fit(x, y)
    assert model.n_iter_ == 10  # 133 rows in batches of 32: four steps a pass, 40 steps in all
    assert model.score(x, y) > 0.4


def test_another_configuration_and_the_last_weights():
    screening = ls.screen(**{**SHORT, "act": "sigmoid,linear,relu"}, data="wine", keep="last")
    found = {name: settings(screening, f"act={name},lr=0.05") for name in ("sigmoid", "linear", "relu")}
    assert [one["activation"] for one in found.values()] == ["logistic", "identity", "relu"]
    assert "early_stopping" not in found["relu"]


def test_two_classes_are_warned_of():
    screening = ls.screen(**SHORT, data="moons")
    with pytest.warns(UserWarning, match="one output for two classes"):
        settings(screening)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settings(ls.screen(**SHORT, data="wine"))


REFUSED = {
    "activation": ({"act": "gelu"}, "act gelu: scikit-learn's MLP has no such activation"),
    "optimizer": ({"optimizer": "rmsprop"}, "optimizer rmsprop: scikit-learn's MLP has no such optimizer"),
    "decay": ({"weight_decay": 0.1}, "weight_decay 0.1: its alpha decays no biases"),
    "clipping": ({"clip_norm": 1.0}, "clip_norm 1: scikit-learn's MLP does not clip"),
    "schedule": ({"schedule": "cosine"}, "schedule cosine: scikit-learn's MLP has no such schedule"),
    "loss": ({"loss": "mse"}, "loss mse: for this task scikit-learn's MLP minimises cross-entropy alone"),
    "model": ({"model": lambda activation, n, m: torch.nn.Sequential(torch.nn.Linear(n, 4), activation(),
              torch.nn.Linear(4, m))}, "scikit-learn has no networks but multilayer perceptrons"),
}  # fmt: skip


@pytest.mark.parametrize(("more", "message"), REFUSED.values(), ids=REFUSED)
def test_what_scikit_learn_cannot_do_is_refused(more, message):
    screening = ls.screen(**{**SHORT, "data": "wine", **more})
    with pytest.raises(SettingError) as refused:
        settings(screening, screening.ranking.rows[0])
    assert message in str(refused.value)


def test_what_is_no_screening_is_refused():
    with pytest.raises(SettingError, match="it is no finished screening"):
        settings(None)
