"""Full training: torch's own loop, beginning as the probe did."""

import numpy as np
import pytest
import torch

import lyapscreen as ls
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.results.records import Full
from lyapscreen.screening.full_training import looks, train
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.spec import Spec

SMALL = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "0.01,0.1,0.5", "seeds": 2, "steps": 20}


def setup_of(spec, data, candidate):
    return BatchSetup.of(spec, data, Batch(0, candidate.configuration.activation, (candidate,)))


@pytest.mark.parametrize(
    "settings", [{}, {"optimizer": "adam"}, {"model": "cnn", "data": "digits", "lr": "0.1"}], ids=str
)
def test_full_training_is_the_plain_pytorch_loop(settings):
    """Weights, order of rows and losses are those of torch's own module and optimizer, to float64 rounding."""
    spec = Spec.of(**{**SMALL, "act": "tanh", "lr": "0.05", "seeds": 1, "dtype": "float64", **settings})
    plan = prepare(spec)
    configuration = Configuration("tanh", spec.lr[0])
    (found,) = train(plan, [configuration], 30, jobs=1, keep=True)
    setup = setup_of(spec.model_copy(update={"steps": 30}), plan.data, Candidate(configuration, 0))
    module = setup.evaluator.model.module.double().requires_grad_(True)
    module.load_state_dict({name: w[0] for name, w in setup.weights.items()})
    chosen = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[spec.optimizer]
    optimizer = chosen(module.parameters(), lr=spec.lr[0])
    x, y = setup.evaluator.train
    losses = []
    for t in range(30):
        rows = setup.orders[t, 0]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(x[rows]), y[rows]).backward()
        optimizer.step()
        held_x, held_y = setup.evaluator.held_out
        losses.append(torch.nn.functional.cross_entropy(module(held_x), held_y).item())
    assert [steps for steps, _ in found.curve] == looks(30)
    assert [loss for _, loss in found.curve] == pytest.approx(losses, rel=1e-9)
    assert found.full.best == pytest.approx(min(losses), rel=1e-9)
    assert found.full.best_steps == 1 + int(np.argmin(losses))
    assert found.full.final == pytest.approx(losses[-1], rel=1e-9)


def test_a_full_training_begins_as_the_probe_did():
    plan = prepare(Spec.of(**SMALL, halving=False))
    probes = ls.screen(**SMALL, halving=False, jobs=1)
    ends = {r.candidate: r.final.held_out_loss for row in probes.ranking.rows for r in row.results}
    every = [row.configuration for row in probes.ranking.rows]
    for one in train(plan, every, 60, jobs=1):
        assert dict(one.curve)[20] == pytest.approx(ends[one.candidate], rel=1e-4)  # float32, other batches


def test_what_diverges_has_no_loss_however_well_it_began():
    plan = prepare(Spec.of(**{**SMALL, "act": "relu", "data": "diabetes", "lr": "0.01,50"}))
    found = {one.candidate.configuration.lr: one for one in train(plan, plan_configurations(plan), 40, jobs=1)}
    assert found[50.0].full == Full(40, None, None, None)
    assert found[50.0].full.diverged
    assert found[0.01].full.best <= found[0.01].full.final


def plan_configurations(plan):
    return [candidate.configuration for batch in plan.batches for candidate in batch.candidates]
