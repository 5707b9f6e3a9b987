"""A model with keywords that may be swept, and specs and results with further axes."""

import torch

from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import C, probed


def factory(activation, n_inputs, n_outputs, width=4, norm=None):
    norms = {None: [], "layer": [torch.nn.LayerNorm(width)]}[norm]
    hidden = torch.nn.Linear(n_inputs, width)
    return torch.nn.Sequential(hidden, *norms, activation(), torch.nn.Linear(width, n_outputs))


def swept(**settings):
    optimizer = {} if "optimizer" in str(settings["sweep"]) else {"optimizer": "momentum"}
    return Spec.of(**{**optimizer, "model": factory, **settings})


def result_with(act, lr, mean, regime=C, spread=0.001, **further):
    return [
        type(r)(Candidate(Configuration(act, lr, tuple(further.items())), r.candidate.seed), r.rungs)
        for r in probed(act, lr, mean, regime, spread=spread)
    ]
