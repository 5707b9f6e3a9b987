"""Further axes: what they may be, what they are called, and that each point is what it says."""

import csv
import io
import json
import math

import pytest
import torch
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import SettingError
from lyapscreen.report.formats.csv import COLUMNS, CONFIRMED, READ_AHEAD, columns
from lyapscreen.report.text import advice
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Regime, from_dict, to_dict
from lyapscreen.spec import sweep
from lyapscreen.spec.candidates import Batch, Candidate, Configuration, batches, configurations, settings
from lyapscreen.spec.constraints import RESULT_COLUMNS
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import C, probed

SMALL = {"data": "wine", "model": "mlp:4", "steps": 10, "seeds": 2, "lr": [0.05, 0.2], "act": "relu", "jobs": 1}


def factory(activation, n_inputs, n_outputs, width=4, norm=None):
    norms = {None: [], "layer": [torch.nn.LayerNorm(width)]}[norm]
    hidden = torch.nn.Linear(n_inputs, width)
    return torch.nn.Sequential(hidden, *norms, activation(), torch.nn.Linear(width, n_outputs))


def swept(**settings):
    optimizer = {} if "optimizer" in str(settings["sweep"]) else {"optimizer": "momentum"}
    return Spec.of(**{**optimizer, "model": factory, **settings})


# What may be swept


READ = [
    ("momentum=0,0.9", (("momentum", (0.0, 0.9)),)),
    (["batch-size=16,full", "width=4,8"], (("batch_size", (16, "full")), ("width", (4, 8)))),
    ({"width": 8, "momentum": [0]}, (("width", (8,)), ("momentum", (0.0,)))),
    ({"clip_norm": [None, 1]}, (("clip_norm", (None, 1.0)),)),
    ("clip_norm=none,1", (("clip_norm", (None, 1.0)),)),
    ("optimizer=momentum,nesterov", (("optimizer", ("momentum", "nesterov")),)),
    ({"schedule": ["constant", "cosine:200"], "warmup": "0,5"}, (("schedule", ("constant", "cosine:200")),
                                                                 ("warmup", (0, 5)))),
    ("norm=none,layer", (("norm", (None, "layer")),)),
    ({"norm": ["1e-3", "true"]}, (("norm", ("1e-3", "true")),)),
    ("norm=1e-3,true", (("norm", (1e-3, True)),)),
    ((("width", (4, 8)),), (("width", (4, 8)),)),
    ([], ()),
]  # fmt: skip


@pytest.mark.parametrize(("given", "found"), READ, ids=lambda value: str(value)[:40])
def test_axes_are_read(given, found):
    spec = swept(sweep=given)
    assert spec.sweep == found
    assert swept(sweep=spec.plain()["sweep"]).sweep == found


REFUSED = [
    ("momentum=0,1", {}, "sweep.momentum 1: it must be less than 1. Write a factor such as 0.9"),
    ("momentum=0,x", {}, "sweep.momentum x: it must be a valid number"),
    ("momentum=0,0.9", {"optimizer": "sgd"}, "sweep.momentum 0,0.9: the optimizer sgd has no momentum. Optimizers"),
    (["optimizer=sgd,momentum", "momentum=0,0.9"], {}, "sweep.momentum 0,0.9: the optimizer sgd has no momentum"),
    ("optimizer=sgd,momentum", {"momentum": 0.5}, "momentum 0.5: the optimizer sgd has no momentum"),
    ("optimizer=sgd,adma", {}, "sweep.optimizer adma: it must be one of sgd, .*Did you mean adam?"),
    ("momentum=0,0.9", {"momentum": 0.5}, "sweep.momentum 0,0.9: momentum is set to 0.5 as well. Take one of the two"),
    ("batch_size=8,0", {}, "sweep.batch_size 0: it must be a whole number from 1 on, or full"),
    ("schedule=cosine,step", {}, "sweep.schedule step: there is no such schedule"),
    ("schedule=constant,cosine:50", {}, "sweep.schedule cosine:50: it must last at least as long as the probe's 100"),
    ("warmup=0,100", {}, "sweep.warmup 100: it must end before the schedule's 100 steps"),
    ("lr=0.1,1", {}, "sweep.lr 0.1,1: lr is an axis already. Write its values to lr itself"),
    ("act=relu", {}, "sweep.act relu: act is an axis already"),
    ("seeds=3", {}, "sweep.seeds 3: seeds is an axis already"),
    ("steps=10,20", {}, "sweep.steps 10,20: steps is one and the same for a whole screening. Swept can be optimizer, "),
    ("rank=1,2", {}, "sweep.rank 1,2: rank is a column of the result. Give the keyword of your model another name"),
    ("width=4", {"model": "mlp:4"}, "sweep.width 4: the built-in mlp has no keyword width. Swept can be optimizer, "),
    ("momentun=0", {"model": "mlp:4"}, "no keyword momentun. Did you mean momentum?"),
    ("width=4", {"model": "cnn"}, "sweep.width 4: the built-in cnn has no keyword width"),
    ("width=4", {"model": torch.nn.Linear(2, 2)}, "sweep.width 4: a finished module has no keyword width"),
    ("widht=4", {}, "sweep.widht 4: the model's factory takes no keyword widht. Did you mean width?"),
    ("momentum", {}, "sweep momentum: an axis is a name and its values. Write a name and its values, such as"),
    ("momentum=", {}, "sweep.momentum '': the list is empty or has an empty entry"),
    ("momentum=0,,0.5", {}, "sweep.momentum 0,,0.5: the list is empty or has an empty entry"),
    ({"momentum": []}, {}, "sweep.momentum \\[\\]: the list is empty"),
    ("momentum=0,0.0", {}, "sweep.momentum 0,0.0: 0 stands twice"),
    ({"width": [1, True]}, {}, "True stands twice"),
    ({"norm": [1, "1"]}, {}, "1 stands twice"),
    (["width=4", "width=8"], {}, "sweep.width 8: the axis stands twice"),
    ("a b=4", {}, "sweep a b: an axis is named by a setting or by a keyword"),
    ({"width": [[4]]}, {}, "sweep.width \\[4\\]: a value is a number, a word, true, false or null"),
    ({"width": [math.nan]}, {}, "sweep.width nan: it must be a finite number"),
    ({"width": range(1000), "norm": range(1000)}, {}, "sweep.width act x lr x seeds x width x norm = 130000000 candi"),
    (5, {}, "sweep 5: an axis is a name and its values"),
    (None, {}, "sweep None: an axis is a name and its values"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "others", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_axes_are_refused(given, others, message):
    with pytest.raises(SettingError, match=message.replace("?", "\\?")):
        swept(sweep=given, **others)


def test_no_axis_can_be_named_as_a_column():
    assert {*COLUMNS, *READ_AHEAD, *CONFIRMED, "per_seed"} == RESULT_COLUMNS


def test_a_factory_of_any_keywords_may_be_swept_over_any():
    assert swept(model=lambda activation, **rest: None, sweep="anything=1,2").model_keywords == (("anything", 1),)


# Points, candidates, batches


def test_a_point_has_one_value_of_each_axis():
    spec = swept(sweep=["momentum=0,0.5", "width=4,8", "optimizer=nesterov", "clip_norm=none"], clip_norm=None)
    points = [spec.at(further) for further in settings(spec)]
    assert [(p.momentum_factor, p.model_keywords) for p in points] == [
        (0, (("width", 4),)), (0, (("width", 8),)), (0.5, (("width", 4),)), (0.5, (("width", 8),)),
    ]  # fmt: skip
    assert {(p.optimizer, p.clip_norm) for p in points} == {("nesterov", None)}
    assert spec.at(()) is spec


def test_names_say_everything_and_batches_are_of_one_point():
    spec = swept(sweep=["momentum=0,0.9", "norm=none,layer"], act="relu,tanh", lr="0.1,1", seeds=2)
    planned = batches(spec, configurations(spec), bytes_per_candidate=2**25)
    candidates = [candidate for batch in planned for candidate in batch.candidates]
    assert len({candidate.id for candidate in candidates}) == len(candidates) == 2 * 4 * 2 * 2
    assert candidates[0].id == "relu/lr=0.1/momentum=0/norm=none/seed=0"
    assert {c.configuration for c in candidates} == set(configurations(spec))
    for batch in planned:
        assert {c.configuration.settings for c in batch.candidates} == {batch.settings}


def test_values_of_any_kinds_have_an_order():
    given = [Configuration("relu", 0.1, (("x", value),)) for value in ("full", 2, None, 0.5, True, "a")]
    assert [c.settings[0][1] for c in sorted(given)] == [None, 0.5, True, 2, "a", "full"]
    assert max(given) > min(given)
    assert sorted([Configuration("relu", 0.1), Configuration("elu", 1), Configuration("elu", 0.1)])[0].lr == 0.1


def test_a_result_keeps_its_settings_when_it_is_written_and_read():
    (result,) = probed("relu", 0.1, -0.05, seeds=1)
    configuration = Configuration("relu", 0.1, (("momentum", 0.9), ("norm", None), ("batch_size", "full")))
    result = type(result)(Candidate(configuration, 0), result.rungs)
    assert from_dict(json.loads(json.dumps(to_dict(result)))) == result


def test_the_hash_knows_the_axes_and_their_order():
    def spec_hash(*sweep):
        return swept(sweep=sweep).hash({}, "")

    both = [spec_hash("momentum=0,0.9", "width=4,8"), spec_hash("width=4,8", "momentum=0,0.9")]
    assert len({spec_hash(), *both}) == 3
    assert spec_hash("momentum=0,0.9") == spec_hash("momentum=0,0.90")


# From end to end


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


# On the command line, and in words


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


FLAGS = ["rank", "--data", "wine", "--model", "mlp:4", "--steps", "10", "--seeds", "2", "--act", "relu", "--jobs", "1"]


def test_the_command_line_sweeps_and_shows_the_columns():
    flags = [*FLAGS, "--lr", "0.1,0.3", "--optimizer", "momentum", "--sweep", "momentum=0,0.9", "--sweep",
             "clip-norm=none,1"]  # fmt: skip
    result = run(*flags, "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 8
    assert {(row["momentum"], row["clip_norm"]) for row in rows} == {("0", ""), ("0", "1"), ("0.9", ""), ("0.9", "1")}
    table = run(*flags).stdout
    assert " momentum  clip_norm  regime" in table
    assert "relu momentum=0.9 clip_norm=none" in table
    assert "2 seeds x 2 momentum x 2 clip_norm" in run(*flags, "--dry-run").stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--sweep", "momentum=0,0.9"], "error: --sweep momentum=0,0.9: the optimizer sgd has no momentum. Optimi"),
        (["--sweep", "batch-size=8,0"], "error: --sweep batch_size=0: it must be a whole number from 1 on, or full"),
        (["--sweep", "batch-size"], "error: --sweep batch-size: an axis is a name and its values. Write a name"),
        (["--sweep", "widht=3"], "error: --sweep widht=3: the built-in mlp has no keyword widht. Swept can be"),
    ],
)
def test_a_bad_axis_is_one_message_as_it_was_typed(flags, message):
    result = run("rank", *flags)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert result.stderr.startswith(message)


def named(act, lr, mean, regime=C, spread=0.001, **further):
    return [
        type(r)(Candidate(Configuration(act, lr, tuple(further.items())), r.candidate.seed), r.rungs)
        for r in probed(act, lr, mean, regime, spread=spread)
    ]


def test_the_advice_names_the_settings():
    results = [
        *named("relu", 0.1, -0.05, momentum=0.9, width=64),
        *named("relu", 0.1, -0.0499, spread=0.002, momentum=0.0, width=64),
        *named("relu", 1.0, 0.1, regime=Regime.CHAOTIC, momentum=0.0, width=64),
    ]
    ranking = rank(results)
    assert advice.sentences(ranking, rank(results, at=50), Spec.of(lr="0.1,1"))[:4] == [
        "Recommended: relu at lr 0.1 (momentum 0.9, width 64), with lambda_eff -0.0500 per step (95% interval -0.0520 "
        "to -0.0480).",
        "Tied with it, as far as the seeds can tell: relu at lr 0.1 (momentum 0, width 64).",
        "No learning rate above it was screened for relu (momentum 0.9, width 64).",
        "At half the steps (50) the pick was the same.",
    ]


def test_ties_are_broken_by_the_settings():
    results = [
        *named("relu", 0.1, -0.05, x="full"),
        *named("relu", 0.1, -0.05, x=64),
        *named("relu", 0.1, -0.05, x=None),
    ]
    for given in (results, results[::-1]):
        assert [row.value("x") for row in rank(given).rows] == [None, 64, "full"]


def test_a_batch_without_axes_needs_no_settings():
    assert Batch(0, "relu", ()).settings == sweep.read([]) == ()
