"""DataParallel and compiled networks: taken out of their wrappers, whose names stay."""

import pytest
import torch
from torch import nn

from lyapscreen.errors import ModelError
from tests.helpers.networks import data
from tests.helpers.plain_training import built, initial
from tests.helpers.user_modules import (
    Holding,
    compiled,
    compiled_in_place,
    small,
)

WRAPPED = {
    "DataParallel": (nn.DataParallel, "DataParallel is left out"),
    "compiled": (compiled, "torch.compile is left out"),
    "compiled in place": (compiled_in_place, "torch.compile is left out"),
    "both": (lambda module: nn.DataParallel(compiled(module)), "torch.compile is left out"),
    "inside, DataParallel": (lambda module: Holding(nn.DataParallel), "DataParallel is left out"),
    "inside, compiled": (lambda module: Holding(compiled), "torch.compile is left out"),
}


@pytest.mark.parametrize("finished", [False, True], ids=["factory", "finished"])
@pytest.mark.parametrize("name", WRAPPED)
def test_wrappers_are_taken_off_and_their_names_kept(name, finished):
    wrap, notice = WRAPPED[name]
    made = wrap(small())
    model = made if finished else lambda activation: wrap(small())
    found = built(model, data((6,)))
    assert notice in str(found.notices)
    assert list(found.state_dict_names) == list(made.state_dict())
    kinds = {type(layer).__name__ for layer in found.module.modules()}
    assert not kinds & {"DataParallel", "OptimizedModule"}
    made.load_state_dict(initial(found))
    if finished:
        assert type(made) is type(wrap(small()))
        assert [type(layer) for layer in made.modules()] == [type(layer) for layer in wrap(small()).modules()]


def test_a_network_spread_over_devices_is_refused():
    module = nn.DataParallel(small())
    module.device_ids = [0, 1]
    with pytest.raises(ModelError, match="it is spread over several devices"):
        built(module, data((6,)))


@pytest.mark.filterwarnings("ignore")
def test_a_distributed_network_is_unwrapped(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        made = nn.parallel.DistributedDataParallel(small())
        found = built(made, data((6,)))
        assert list(found.state_dict_names) == list(made.state_dict())
        assert "DistributedDataParallel is left out" in str(found.notices)
    finally:
        torch.distributed.destroy_process_group()
