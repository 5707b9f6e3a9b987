"""Further axes: what they may be, and what is refused."""

import math

import pytest
import torch

from lyapscreen.errors import SettingError
from lyapscreen.report.formats.csv import COLUMNS, CONFIRMED
from lyapscreen.spec import measures
from lyapscreen.spec.constraints import RESULT_COLUMNS
from tests.helpers.swept import swept

READ = [
    ("momentum=0,0.9", (("momentum", (0.0, 0.9)),)),
    (["batch-size=16,full", "width=4,8"], (("batch_size", (16, "full")), ("width", (4, 8)))),
    ({"width": 8, "momentum": [0]}, (("width", (8,)), ("momentum", (0.0,)))),
    ({"clip_norm": [None, 1]}, (("clip_norm", (None, 1.0)),)),
    ("clip_norm=none,1", (("clip_norm", (None, 1.0)),)),
    ("optimizer=momentum,nesterov", (("optimizer", ("momentum", "nesterov")),)),
    ({"schedule": ["constant", "wsd:0.1"], "warmup": "0,5"}, (("schedule", ("constant", "wsd:0.1")),
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
    ("momentum=0,x", {}, "sweep.momentum x: it must be a number"),
    ("momentum=0,0.9", {"optimizer": "sgd"}, "sweep.momentum 0,0.9: the optimizer sgd has no momentum. Optimizers"),
    (["optimizer=sgd,momentum", "momentum=0,0.9"], {}, "sweep.momentum 0,0.9: the optimizer sgd has no momentum"),
    ("optimizer=sgd,momentum", {"momentum": 0.5}, "momentum 0.5: the optimizer sgd has no momentum"),
    ("optimizer=sgd,adma", {}, "sweep.optimizer adma: it must be one of sgd, .*Did you mean adam?"),
    ("momentum=0,0.9", {"momentum": 0.5}, "sweep.momentum 0,0.9: momentum is set to 0.5 as well. Remove one"),
    ("batch_size=8,0", {}, "sweep.batch_size 0: it must be a whole number from 1 on, or full"),
    ("schedule=cosine,step", {}, "sweep.schedule step: there is no such schedule"),
    ("schedule=constant,wsd:2", {}, "sweep.schedule wsd:2: the cooldown is a share of the steps"),
    ("warmup=0,1500", {}, "sweep.warmup 1500: it must end before the 1500 steps of full training"),
    ("batch_size=16,32", {"full_epochs": 3}, "with another batch size an epoch has other steps"),
    ("lr=0.1,1", {}, "sweep.lr 0.1,1: lr is an axis already. Write its values to lr itself"),
    ("act=relu", {}, "sweep.act relu: act is an axis already"),
    ("seeds=3", {}, "sweep.seeds 3: seeds is an axis already"),
    ("steps=10,20", {}, "sweep.steps 10,20: steps has one value for a whole screening. You can sweep optimizer, "),
    ("rank=1,2", {}, "sweep.rank 1,2: rank is a column of the result. Give the keyword of your model another name"),
    ("width=4", {"model": "mlp:4"}, "sweep.width 4: the built-in mlp has no keyword width. You can sweep optimizer, "),
    ("momentun=0", {"model": "mlp:4"}, "no keyword momentun. Did you mean momentum?"),
    ("width=4", {"model": "cnn"}, "sweep.width 4: the built-in cnn has no keyword width"),
    ("width=4", {"model": torch.nn.Linear(2, 2)}, "sweep.width 4: a finished module has no keyword width"),
    ("widht=4", {}, "sweep.widht 4: the model's factory takes no keyword widht. Did you mean width?"),
    ("momentum", {}, "sweep momentum: an axis is a name and its values. Write a name and its values, such as"),
    ("momentum=", {}, "sweep.momentum '': the list is empty or has an empty entry"),
    ("momentum=0,,0.5", {}, "sweep.momentum 0,,0.5: the list is empty or has an empty entry"),
    ({"momentum": []}, {}, "sweep.momentum \\[\\]: the list is empty"),
    ("momentum=0,0.0", {}, "sweep.momentum 0,0.0: 0 is given twice"),
    ({"width": [1, True]}, {}, "True is given twice"),
    ({"norm": [1, "1"]}, {}, "1 is given twice"),
    (["width=4", "width=8"], {}, "sweep.width 8: the axis is given twice"),
    ("a b=4", {}, "sweep a b: an axis is named after a setting or a keyword"),
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
    assert {*COLUMNS, *measures.columns(*measures.Columns), *CONFIRMED, "per_seed"} == RESULT_COLUMNS


def test_a_factory_of_any_keywords_may_be_swept_over_any():
    assert swept(model=lambda activation, **rest: None, sweep="anything=1,2").model_keywords == (("anything", 1),)


def test_the_hash_knows_the_axes_and_their_order():
    def spec_hash(*sweep):
        return swept(sweep=sweep).hash({}, "")

    both = [spec_hash("momentum=0,0.9", "width=4,8"), spec_hash("width=4,8", "momentum=0,0.9")]
    assert len({spec_hash(), *both}) == 3
    assert spec_hash("momentum=0,0.9") == spec_hash("momentum=0,0.90")
