"""The Python API: the same words as the flags, and nothing of the caller's changed."""

import numpy as np
import pytest
import torch

import lyapscreen as ls
from lyapscreen.errors import ModelError, OutputError, SettingError
from lyapscreen.spec.spec import Spec

SMALL = {
    "data": "wine",
    "model": "mlp:8",
    "steps": 20,
    "seeds": 2,
    "lr": [0.05, 0.2],
    "act": ["relu", "tanh"],
    "jobs": 1,
}


def small(**settings):
    return ls.screen(**{**SMALL, **settings})


def own(activation, n_inputs, n_outputs):
    return torch.nn.Sequential(torch.nn.Linear(n_inputs, 8), activation(), torch.nn.Linear(8, n_outputs))


def test_a_factory_gives_what_the_same_built_in_model_gives():
    ours, theirs = small(model=own), small()
    assert ours.csv() == theirs.csv()


def test_arrays_and_a_factory_of_one_argument():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3))
    y = (x[:, 0] > 0).astype(int)

    def factory(activation):
        return torch.nn.Sequential(torch.nn.Linear(3, 4), activation(), torch.nn.Linear(4, 2))

    s = small(model=factory, data=(x, y), lr="0.1:1:3", act=["relu", "tanh"], seeds=3)
    assert len(s.ranking.rows) == 6
    assert s.recommended is s.ranking.rows[0]
    assert s.score_name == "accuracy"
    assert s.spec.plain()["data"] == "arrays"


def test_frame_csv_and_json_agree(tmp_path):
    s = small()
    frame = s.to_frame()
    s.to_csv(tmp_path / "r.csv")
    s.to_json(str(tmp_path / "r.json"))
    assert (tmp_path / "r.csv").read_text() == s.csv()
    assert frame["lr"].tolist() == [row.lr for row in s.ranking.rows]
    assert (tmp_path / "r.json").read_text() == s.json()


def test_a_screening_is_a_sequence_of_its_rows():
    s = small()
    rows = s.ranking.rows
    assert (len(s), list(s), s[0], s[-1], s[1:3]) == (4, list(rows), rows[0], rows[-1], rows[1:3])
    assert s["act=tanh,lr=0.05"] is next(row for row in rows if (row.activation, row.lr) == ("tanh", 0.05))
    assert s.replay(s[2]).configuration == s[2].configuration
    with pytest.raises(IndexError):
        s[4]
    with pytest.raises(SettingError, match=r"^configuration act=tanh,lr=5: the screening has no tanh at lr 5"):
        s["act=tanh,lr=5"]


def test_every_row_has_settings_to_paste_and_what_to_expect():
    s = small(optimizer="momentum", sweep={"batch_size": [32, 64]}, lr=0.1, act="relu")
    for row in s:
        assert row.settings == {
            "activation": "relu", "lr": 0.1, "optimizer": "momentum", "momentum": 0.9, "weight_decay": 0.0,
            "batch_size": row.value("batch_size"), "schedule": "constant", "warmup": 0, "full_steps": 1500,
            "loss": "cross-entropy",
        }  # fmt: skip
        found = row.expected
        seeds = [result.final for result in row.results]
        assert found.loss == pytest.approx(sum(one.held_out_loss for one in seeds) / 2)
        # With two seeds the interval is 12.706 times half their difference, for t(0.975, 1) = 12.706.
        half = 12.7062 * abs(seeds[0].held_out_loss - seeds[1].held_out_loss) / 2
        assert (found.loss_low, found.loss_high) == pytest.approx((found.loss - half, found.loss + half), rel=1e-4)
        assert (found.score, found.steps) == (row.held_out_score, 20)


def test_of_a_confirmed_row_the_full_training_is_expected():
    s = small(confirm=1, full_steps=40, lr=0.2, act="relu")
    (row,) = s
    assert (row.expected.loss, row.expected.score, row.expected.steps) == (row.full_loss, None, 40)
    assert row.settings["full_steps"] == 40


def test_a_row_is_shown_in_one_line_and_a_screening_in_two():
    s = small(data=(np.eye(40)[:, :3], [0, 1] * 20), model=own)
    for row in s:
        assert repr(row).startswith(f"<Row {row.rank}: {row.activation} at lr {row.lr}, {row.regime}, held-out loss ")
        assert "\n" not in repr(row)
        assert len(repr(row)) < 140
    first, second = repr(s).splitlines()
    assert first.startswith("<Screening of 4 configurations x 2 seeds: arrays, ")
    assert first.endswith(":own, sgd, for 1,500 steps of training")
    assert second.strip() in ("nothing is recommended>", f"recommended: {s[0].summary}>")


def test_the_page_is_written_as_it_is_given(tmp_path):
    s = small(lr=0.1)
    s.to_html(tmp_path / "r.html")
    s.to_markdown(tmp_path / "r.md")
    assert (tmp_path / "r.html").read_text() == s.html()
    assert (tmp_path / "r.md").read_text() == s.markdown()
    for path in (5, None, b"r.csv"):
        with pytest.raises(OutputError, match=r"^csv .*: it is of type \w+, not a path"):
            s.to_csv(path)


def test_nothing_of_the_callers_is_changed():
    torch.manual_seed(5)
    np.random.seed(5)
    torch.set_num_threads(2)
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    small()
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert (np.random.get_state()[1] == numpy_before).all()
    assert torch.get_num_threads() == 2
    assert torch.is_grad_enabled()


def test_the_observer_hears_of_every_candidate_once():
    heard = []
    s = small(observer=heard.append)
    assert heard[0].results == ()
    told = [result.candidate for progress in heard for result in progress.results]
    asked = [candidate for candidate in told if candidate.configuration.lr in s.spec.lr]
    assert sorted(asked) == sorted({r.candidate for row in s.ranking.rows for r in row.results})
    assert heard[0].plan.candidates == len(told) == len(set(told)) > len(asked) == 8


def test_the_hash_is_stable_and_knows_what_matters():
    def spec_hash(steps=20, torch="1", data="x"):
        return Spec.of(steps=steps).hash({"torch": torch}, data)

    assert spec_hash() == spec_hash()
    assert len({spec_hash(), spec_hash(steps=21), spec_hash(torch="2"), spec_hash(data="y")}) == 4
    assert small().spec_hash == small().spec_hash != small(data="moons").spec_hash


def test_a_factory_that_ignores_the_activation_is_told_of():
    s = small(model=lambda activation: torch.nn.Linear(13, 3))
    assert any("learning rates alone are ranked" in notice for notice in s.notices)


def raises(activation):
    raise RuntimeError("no such layer")


BAD_FACTORIES = [
    (raises, "RuntimeError: no such layer"),
    (lambda activation: None, "the factory returned NoneType, not a torch.nn.Module"),
    (lambda activation: torch.nn.Identity(), "has no weights to train"),
    (lambda activation: torch.nn.Linear(13, 2), r"the network maps \(4, 13\) to \(4, 2\), but the data needs \(4, 3\)"),
    (lambda activation: torch.nn.Linear(5, 3), "shapes cannot be multiplied"),
    (5, "a model is a name or a factory"),
]


@pytest.mark.parametrize(("model", "message"), BAD_FACTORIES)
def test_a_model_that_cannot_be_probed_is_refused(model, message):
    with pytest.raises(SettingError, match=message) as caught:
        small(model=model)
    assert caught.value.setting == "model"
    assert isinstance(caught.value, ModelError) == (model != 5)


def test_an_unknown_setting_names_the_nearest():
    with pytest.raises(SettingError, match="Did you mean steps"):
        small(stps=3)


def test_the_callers_default_dtype_changes_nothing():
    plain = small().csv()
    torch.set_default_dtype(torch.float64)
    try:
        assert small().csv() == plain
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_factory_that_knows_only_the_activation_asked_for():
    def choosy(activation, n_inputs, n_outputs):
        assert activation.name == "relu"
        return own(activation, n_inputs, n_outputs)

    assert len(small(model=choosy, act="relu").ranking.rows) == 2


def test_a_picture_of_another_kind_is_refused():
    with pytest.raises(OutputError, match=r"plot pdf: a picture is one of png, svg\. Write one of these"):
        small().plot("pdf")
