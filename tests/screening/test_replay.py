"""A replay against the probe that it repeats: every optimizer, clipping, schedules, dropout, buffers, files."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from lyapscreen.cli.saved import of_file
from lyapscreen.errors import ModelError, SettingError
from lyapscreen.spec.optimizers import OPTIMIZERS

STEPS = 8
WINE = {"data": "wine", "act": "tanh", "lr": [0.02, 0.05], "seeds": [3, 4], "steps": STEPS, "batch_size": 32}


def trained(replay, steps=STEPS):
    """Train as a user would, and return the held-out loss."""
    for inputs, targets in replay.minibatches(steps):
        replay.optimizer.zero_grad()
        replay.loss(replay.model(inputs), targets).backward()
        if replay.clip_norm is not None:
            nn.utils.clip_grad_norm_(replay.model.parameters(), replay.clip_norm)
        replay.optimizer.step()
        if replay.scheduler is not None:
            replay.scheduler.step()
    return replay.held_out_loss()


def measured(screening, configuration, seed):
    (row,) = [row for row in screening.ranking.rows if row.configuration == configuration]
    return next(result.final.held_out_loss for result in row.results if result.candidate.seed == seed)


def require_equal(screening, **which):
    replay = screening.replay(**which)
    # The same sums in another order: in float64 a few units in the 15th digit, which eight steps keep small.
    assert trained(replay) == pytest.approx(measured(screening, replay.configuration, replay.seed), rel=1e-10)
    return replay


def noisy(activation, n_inputs, n_outputs):
    return nn.Sequential(
        nn.Linear(n_inputs, 8), nn.BatchNorm1d(8), activation(), nn.Dropout(0.4), nn.Linear(8, 8), activation(),
        nn.AlphaDropout(0.2), nn.Linear(8, n_outputs),
    )  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "lion"])
def test_every_optimizer_that_torch_has_repeats_the_probe(name):
    settings = {"weight_decay": 0.02, "clip_norm": 0.5, "schedule": "cosine", "warmup": 3, "full_steps": 20}
    found = ls.screen(**WINE, optimizer=name, dtype="float64", halving=False, rank_by="effective", **settings)
    require_equal(found, configuration="lr=0.05", seed=4)


@pytest.mark.parametrize(
    "settings",
    [{"sweep": "momentum=0,0.5", "optimizer": "nesterov"}, {"loss": "mse"}, {"batch_size": "full"},
     {"sweep": "weight_decay=0,0.1"}, {"data": "diabetes", "loss": "huber"}, {"full_epochs": 5, "schedule": "linear"}],
    ids=str,
)  # fmt: skip
def test_settings_repeat_the_probe(settings):
    found = ls.screen(**{**WINE, "halving": False, **settings}, dtype="float64", rank_by="effective")
    for row in found.ranking.rows[:2]:
        require_equal(found, configuration=row.configuration)


def test_dropout_drops_what_it_dropped_and_buffers_are_kept():
    found = ls.screen(**WINE, model=noisy, dtype="float64", halving=False, rank_by="effective")
    replay = require_equal(found, configuration="lr=0.05")
    assert replay.model.training
    inputs, _ = replay.held_out
    drawn = [replay.model(inputs) for _ in range(2)]  # no mask is left in place: torch's own generator is back
    assert not torch.equal(*drawn)


@pytest.mark.parametrize("leave", ["break", "raise"])
def test_a_loop_that_is_left_leaves_no_mask_behind(leave):
    replay = ls.replay(**{**WINE, "lr": 0.05}, model=noisy)
    with pytest.raises(ZeroDivisionError) if leave == "raise" else torch.no_grad():
        for inputs, _ in replay.batches:
            first = replay.model(inputs)
            if leave == "break":
                break
            raise ZeroDivisionError
    assert torch.overrides._get_current_function_mode_stack() == []
    masked = next(iter(replay.batches))[0]
    assert torch.equal(masked, inputs)
    assert first.shape == (32, 3)


def test_dropout_called_more_often_than_in_a_step_is_refused():
    replay = ls.replay(**{**WINE, "lr": 0.05}, model=noisy)
    for inputs, _ in replay.batches:
        replay.model(inputs)
        with pytest.raises(ModelError, match="calls dropout more often"):
            replay.model(inputs)


def test_held_out_loss_leaves_every_layers_mode_as_it_is():
    replay = ls.replay(**{**WINE, "lr": 0.05}, model=noisy)
    replay.model[1].eval()
    before = {name: b.clone() for name, b in replay.model.named_buffers()}
    assert replay.held_out_loss() > 0
    assert [layer.training for layer in replay.model] == [True, False, *[True] * 6]
    assert all(torch.equal(before[name], b) for name, b in replay.model.named_buffers())


def test_minibatches_are_a_sequence_and_a_longer_training_begins_as_a_short_one():
    replay = ls.replay(**{**WINE, "lr": 0.05}, seed=4)
    assert len(replay.batches) == STEPS
    assert len(replay.minibatches(50)) == 50
    for (inputs, targets), (again, targets_again) in zip(replay.batches, replay.minibatches(50), strict=False):
        assert torch.equal(inputs, again)
        assert torch.equal(targets, targets_again)
    assert torch.equal(replay.batches[7][0], inputs)
    with pytest.raises(SettingError, match="steps 0"):
        replay.minibatches(0)


def test_a_replay_of_a_file_is_that_of_the_screening(tmp_path):
    path = str(tmp_path / "r.json")
    found = ls.screen(**WINE, dtype="float64", rank_by="effective")
    found.to_json(path)
    again = of_file(path).replay("tanh/lr=0.05", 4)
    assert trained(again) == trained(found.replay("act=tanh,lr=0.05", 4))
    text = json.loads((tmp_path / "r.json").read_text())
    text["spec"]["data"] = "digits"
    (tmp_path / "r.json").write_text(json.dumps(text))
    with pytest.raises(SettingError, match="data digits: these are not the data that were screened"):
        of_file(path).replay("lr=0.05")


@pytest.mark.parametrize("setting", ["data", "model", "loss"])
def test_what_a_file_has_the_name_of_alone_is_refused(setting, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    objects = {
        "data": (rng.normal(size=(60, 3)), rng.integers(0, 2, 60)),
        "model": noisy,
        "loss": lambda outputs, targets: F.cross_entropy(outputs, targets),
    }
    monkeypatch.setattr(noisy, "__module__", "__main__")
    path = str(tmp_path / "r.json")
    ls.screen(**{**WINE, "data": "wine", setting: objects[setting]}, rank_by="effective").to_json(path)
    with pytest.raises(SettingError, match=f"^{setting} .*it was given from Python, and the file holds its name alone"):
        of_file(path).replay("lr=0.05")


@pytest.mark.parametrize(
    ("which", "message"),
    [({"configuration": "act=tanh,lr=0.3"}, "the nearest is at lr 0.05"),
     ({"configuration": "tanh/lr=0.3"}, "configuration tanh/lr=0.3: the screening has no tanh at lr 0.3"),
     ({"configuration": "relu/lr=0.05"}, "the screening has no relu"),
     ({"configuration": "tanh"}, "'tanh' is not name=value"),
     ({"configuration": "lr=0.05", "seed": 9}, "seed 9: the screening has no such seed. It has 3, 4"),
     ({}, "the screening recommends nothing. Say which, for example tanh/lr=")],
    ids=str,
)  # fmt: skip
def test_what_was_not_screened_is_refused(which, message):
    found = ls.screen(**{**WINE, "steps": 2}, rank_by="effective", max_growth=1.0000001)
    assert found.recommended is None
    with pytest.raises(SettingError, match=message):
        found.replay(**which)


def test_settings_of_several_configurations_need_one_named():
    with pytest.raises(SettingError, match="the settings name 2 configurations"):
        ls.replay(**WINE)
    assert ls.replay("lr=0.02", **WINE).configuration.lr == 0.02
    assert ls.replay("lr=0.02", **WINE).seed == 3


def test_lion_has_no_replay():
    with pytest.raises(SettingError, match=r"optimizer lion: torch\.optim has no such optimizer"):
        ls.replay(**{**WINE, "lr": 0.05}, optimizer="lion")
