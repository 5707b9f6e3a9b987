"""Settings for skorch: its own fit takes the steps that were screened."""

import pickle

import pytest
import torch

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.integrations.skorch import settings
from tests.helpers.needed import require

require("skorch", "1")

pytestmark = pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs

SHORT = {"model": "mlp:8", "act": "tanh", "lr": [0.05], "seeds": [3], "steps": 10, "full_steps": 12}

CASES = {
    "sgd": {"data": "wine"},
    "nesterov, decay": {"data": "wine", "optimizer": "nesterov", "momentum": 0.8, "weight_decay": 0.01},
    "adamw, clipped": {"data": "wine", "optimizer": "adamw", "clip_norm": 0.1},
    "a schedule": {"data": "wine", "schedule": "cosine", "warmup": 3},
    "a number": {"data": "diabetes", "optimizer": "rmsprop", "lr": [0.001]},
}


@pytest.mark.parametrize("more", CASES.values(), ids=CASES)
def test_a_fit_on_all_rows_is_the_training_that_was_screened(more):
    from skorch import NeuralNetClassifier, NeuralNetRegressor

    screening = ls.screen(**{**SHORT, "batch_size": "full", **more})
    found = settings(screening, screening.ranking.rows[0])
    replay = screening.replay(screening.ranking.rows[0])
    kind = NeuralNetRegressor if more["data"] == "diabetes" else NeuralNetClassifier
    net = kind(**found, train_split=None, verbose=0)
    x, y = replay.batches.train
    net.fit(x, y)
    assert len(net.history) == 12
    for inputs, targets in replay.minibatches(12):
        replay.optimizer.zero_grad()
        replay.loss(replay.model(inputs), targets).backward()
        if replay.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(replay.model.parameters(), replay.clip_norm)
        replay.optimizer.step()
        if replay.scheduler is not None:
            replay.scheduler.step()
    with torch.no_grad():
        # A full batch is taken in another order of rows, so that sums differ in their last digits.
        assert torch.allclose(net.module_(x), replay.model(x), atol=1e-4)


def test_the_settings_are_those_of_the_pick_and_can_be_kept():
    screening = ls.screen(**{**SHORT, "batch_size": 32, "data": "wine", "optimizer": "momentum"})
    found = settings(screening, screening.ranking.rows[0])
    assert {name: value for name, value in found.items() if name not in ("module", "criterion", "callbacks")} == {
        "optimizer": torch.optim.SGD, "lr": 0.05, "optimizer__momentum": 0.9, "batch_size": 32,
        "iterator_train__shuffle": True, "iterator_train__drop_last": True, "max_epochs": 3,
    }  # fmt: skip
    assert found["criterion"] is torch.nn.CrossEntropyLoss
    first, second = found["module"](), pickle.loads(pickle.dumps(found["module"]))()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_what_skorch_cannot_be_given_is_refused():
    screening = ls.screen(**{**SHORT, "data": "wine", "loss": "mse"})
    with pytest.raises(SettingError, match="loss mse: with accuracy as the score, skorch is given auto or cross-entr"):
        settings(screening, screening.ranking.rows[0])
    screening = ls.screen(**{**SHORT, "data": "wine", "optimizer": "lion", "lr": [0.001]})
    with pytest.raises(SettingError, match="optimizer lion: "):
        settings(screening, screening.ranking.rows[0])
