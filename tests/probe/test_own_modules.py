"""Every kind of layer, screened against the user's own module trained one at a time in float64 with double backward."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from lyapscreen.data import Dataset
from lyapscreen.errors import ModelError
from lyapscreen.probe.inspection import inspect
from lyapscreen.probe.probe import ProbeTask, probe
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.seeds import named_seed
from lyapscreen.training import dropout
from lyapscreen.training.activations import Activation
from lyapscreen.training.autodiff import kernels
from lyapscreen.training.step_map import minibatch_rows
from tests.helpers.networks import CLASSES, LR, MODELS, ROWS, STEPS, data, spec


def screened(model, sample, act="tanh", **settings):
    case = spec(model, act=act, **settings)
    cast = {"float32": np.float32, "float64": np.float64}[case.dtype]
    if sample.inputs != "tokens":
        sample = Dataset(
            **{**vars(sample), "x_train": sample.x_train.astype(cast), "x_held_out": sample.x_held_out.astype(cast)}
        )
    configuration = Configuration(act, LR)
    batch = Batch(0, act, tuple(Candidate(configuration, seed) for seed in case.seeds))
    return probe(case, sample, ProbeTask(batch, (case.steps // 2, case.steps))).results


def reference(factory, sample, seed, act):
    """The module itself, trained in float64: lambda_1 by Hessian-vector products, dropout by the same masks."""
    torch.manual_seed(named_seed(seed, "weights"))
    module = factory(Activation(act)).double().train()
    names = [name for name, _ in module.named_parameters()]
    weights = list(module.parameters())
    generator = torch.Generator().manual_seed(named_seed(seed, "perturbation"))
    v = [torch.randn(w.shape, generator=generator, dtype=torch.float64) for w in weights]
    assert len(set(names)) == len(weights)
    x, y = torch.from_numpy(sample.x_train), torch.from_numpy(sample.y_train)
    with torch.no_grad():
        calls = dropout.calls(lambda: factory(Activation(act)).double().train()(x[:8]))
    start = math.sqrt(sum(float(a.square().sum()) for a in v))
    with kernels(module):
        for t, rows in enumerate(minibatch_rows(ROWS, 8, STEPS, named_seed(seed, "order"))):
            with dropout.replayed(dropout.masks(calls, named_seed(seed, f"dropout/{t}"))):
                loss = F.cross_entropy(module(x[rows]), y[rows])
            gradient = torch.autograd.grad(loss, weights, create_graph=True, materialize_grads=True)
            product = torch.autograd.grad(gradient, weights, grad_outputs=v, materialize_grads=True)
            v = [a - LR * h for a, h in zip(v, product, strict=True)]
            with torch.no_grad():
                for w, g in zip(weights, gradient, strict=True):
                    w -= LR * g
    module.eval()
    with torch.no_grad():
        held_out = F.cross_entropy(module(torch.from_numpy(sample.x_held_out)), torch.from_numpy(sample.y_held_out))
    return math.log(math.sqrt(sum(float(a.square().sum()) for a in v)) / start) / STEPS, float(held_out)


@pytest.mark.parametrize("act", ["tanh", "relu"])
@pytest.mark.parametrize("name", MODELS)
def test_equal_to_the_users_own_module_one_at_a_time(name, act):
    factory, sample = MODELS[name]
    for result, seed in zip(screened(factory, sample, act), (0, 1), strict=True):
        lyapunov, held_out = reference(factory, sample, seed, act)
        # Both in float64: the same sums in another order.
        assert result.final.lyapunov == pytest.approx(lyapunov, abs=1e-10)
        assert result.final.held_out_loss == pytest.approx(held_out, rel=1e-9)


@pytest.mark.parametrize(("act", "tolerance"), [("tanh", 1e-6), ("relu", 1e-4)])
@pytest.mark.parametrize("name", MODELS)
def test_float32_is_within_the_promised_error(name, act, tolerance):
    factory, sample = MODELS[name]
    got = [result.final.lyapunov for result in screened(factory, sample, act, dtype="float32")]
    wanted = [reference(factory, sample, seed, act)[0] for seed in (0, 1)]
    # Where a perturbation grows e^4 times in eight steps (the cnn), rounding grows along: a relative 1e-5.
    assert got == pytest.approx(wanted, abs=tolerance, rel=1e-5)


def test_switches_of_torch_are_put_back():
    before = torch.backends.mkldnn.enabled, torch.backends.mha.get_fastpath_enabled()
    screened(*MODELS["lstm"])
    assert (torch.backends.mkldnn.enabled, torch.backends.mha.get_fastpath_enabled()) == before


def test_a_finished_module_has_its_activations_replaced_and_its_weights_drawn_or_kept():
    module = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, CLASSES))
    before = {key: w.clone() for key, w in module.state_dict().items()}
    fresh, kept = (screened(module, data((6,)), init=init) for init in ("fresh", "keep"))
    assert len({r.final.held_out_loss for r in fresh}) == 2
    notices = inspect(spec(module, init="keep"), data((6,))).notices
    assert any("activation layers replaced: 1" in notice for notice in notices)
    assert any("starts from the weights given" in notice for notice in notices)
    factory_made = screened(lambda a: nn.Sequential(nn.Linear(6, 4), a(), nn.Linear(4, CLASSES)), data((6,)))
    assert [r.final.effective for r in fresh] == [r.final.effective for r in factory_made]
    assert kept[0].final.held_out_loss != fresh[0].final.held_out_loss
    assert all(torch.equal(module.state_dict()[key], w) for key, w in before.items())


def test_weights_from_a_file(tmp_path):
    def factory(activation):
        return nn.Sequential(nn.Linear(6, 4), activation(), nn.Linear(4, CLASSES))

    torch.manual_seed(3)
    made = factory(nn.Tanh).double()
    torch.save(made.state_dict(), tmp_path / "w.pt")
    kept = screened(made, data((6,)), init="keep")
    assert [r.final for r in screened(factory, data((6,)), weights=str(tmp_path / "w.pt"))] == [r.final for r in kept]
    torch.save({"other": torch.zeros(1)}, tmp_path / "wrong.pt")
    for path, message in ((tmp_path / "wrong.pt", "it lacks 0.weight"), (tmp_path / "none.pt", "no such file")):
        with pytest.raises(ModelError, match=message):
            inspect(spec(factory, weights=str(path)), data((6,)))


def test_the_built_in_cnn_takes_images_and_square_rows():
    images, rows = data((2, 8, 8)), data((64,))
    for sample in (images, rows):
        (result, _) = screened("cnn", sample)
        assert math.isfinite(result.final.lyapunov)
    for shape, message in (((5,), "it needs images"), ((2, 3, 3), "at least 4 x 4")):
        with pytest.raises(ModelError, match=message):
            inspect(spec("cnn"), data(shape))
