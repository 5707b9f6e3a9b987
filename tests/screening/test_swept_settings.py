"""Further axes from end to end: each point gives what its setting alone gives."""

import json

import pytest

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.report.formats.csv import columns
from lyapscreen.spec.spec import Spec
from tests.helpers.swept import factory

SMALL = {"data": "wine", "model": "mlp:4", "steps": 10, "seeds": 2, "lr": [0.05, 0.2], "act": "relu", "jobs": 1}


def test_two_axes_from_end_to_end():
    sweep = {"momentum": [0, 0.9], "width": [4, 8]}
    s = ls.screen(**{**SMALL, "model": factory, "optimizer": "momentum", "sweep": sweep})
    assert len(s.ranking.rows) == 2 * 4
    assert columns(s.ranking)[2:7] == ("activation", "lr", "momentum", "width", "regime")
    assert list(s.to_frame().columns) == list(columns(s.ranking)) == s.csv().split("\n")[0].split(",")
    assert sorted(zip(s.to_frame()["momentum"], s.to_frame()["width"], strict=True))[::2] == [
        (0, 4), (0, 8), (0.9, 4), (0.9, 8),
    ]  # fmt: skip
    plain = json.loads(s.json())
    assert plain["spec"]["sweep"] == {"momentum": [0.0, 0.9], "width": [4, 8]}
    assert "momentum" not in plain["spec"]
    assert [(row["momentum"], row["width"]) for row in plain["ranking"]] == [
        (row.value("momentum"), row.value("width")) for row in s.ranking.rows
    ]
    again = ls.screen(**{**SMALL, "model": factory, "optimizer": "momentum", "sweep": sweep})
    assert (again.csv(), again.spec_hash) == (s.csv(), s.spec_hash)


@pytest.mark.parametrize(
    ("axis", "value", "alone"),
    [
        ("momentum", 0.5, {"momentum": 0.5}),
        ("optimizer", "adam", {"optimizer": "adam"}),
        ("weight_decay", 0.1, {"weight_decay": 0.1}),
        ("clip_norm", 0.1, {"clip_norm": 0.1}),
        ("batch_size", 16, {"batch_size": 16}),
        ("batch_size", "full", {"batch_size": "full"}),
        ("schedule", "cosine", {"schedule": "cosine"}),
        ("warmup", 5, {"warmup": 5}),
        ("width", 7, {"model": lambda activation, n, m: factory(activation, n, m, width=7)}),
        ("norm", "layer", {"model": lambda activation, n, m: factory(activation, n, m, norm="layer")}),
    ],
)
def test_a_point_of_an_axis_gives_what_the_setting_alone_gives(axis, value, alone):
    base = {**SMALL, "model": factory, "optimizer": "sgd" if axis == "optimizer" else "momentum"}
    other = {"optimizer": "rmsprop", "batch_size": 32, "schedule": "constant", "norm": None}.get(axis, 3)
    other = 0.25 if axis == "momentum" else other
    without = {k: v for k, v in base.items() if k != axis}
    both = ls.screen(**without, sweep={axis: [other, value]})
    measured = {row.lr: row.results[0].final for row in both.ranking.rows if row.value(axis) == value}
    expected = {row.lr: row.results[0].final for row in ls.screen(**{**base, **alone}).ranking.rows}
    assert measured == expected
    assert len(measured) == 2


def test_batches_are_planned_for_the_largest_point():
    from lyapscreen.screening.plan import prepare

    def size(**settings):
        return prepare(Spec.of(**{**{k: v for k, v in SMALL.items() if k != "jobs"}, "model": factory, **settings}))

    wide = size(model=lambda activation, n, m: factory(activation, n, m, width=64), batch_size="full")
    assert size(sweep={"width": [64, 4], "batch_size": [8, "full"]}).bytes_per_candidate == wide.bytes_per_candidate


def test_a_keyword_that_breaks_the_model_is_refused_before_anything_is_probed():
    with pytest.raises(SettingError) as caught:
        ls.screen(**{**SMALL, "model": factory, "sweep": {"norm": ["layer", "bach"]}})
    assert caught.value.setting == "model"
