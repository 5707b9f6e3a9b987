"""A network trained by this program, and by a plain PyTorch loop from the same weights over the same minibatches."""

import torch
from torch.nn import functional as F  # noqa: N812

from lyapscreen.screening.full_training import train_batch
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.seeds import named_seed
from lyapscreen.training.model import build
from lyapscreen.training.step_map import minibatch_rows
from tests.helpers.networks import CLASSES, LR, ROWS, spec

STEPS = 12
SEED = 3


def built(model, sample, act="tanh", seeds=(SEED,), **settings):
    """What `build` makes of a model on a sample."""
    return build(spec(model, **settings), sample, act, list(seeds), CLASSES)


def initial(model, place=0):
    """Initial weights and buffers of a built model, of one seed, by the names of the user's own state_dict."""
    found = {**model.weights, **model.buffers}
    return {key: found[name][place] for key, name in model.state_dict_names.items()}


def trained(model, sample, act="tanh", **settings):
    """The training of one seed by this program; its weights are those after the last step."""
    case = spec(model, act=act, seeds=[SEED], steps=STEPS, keep="last", **settings)
    (found,) = train_batch(case, sample, Batch(0, act, (Candidate(Configuration(act, LR), SEED),)), keep=True)
    return found


def plainly_trained(module, start, sample):
    """A module after the same steps of torch.optim.SGD from these weights, and its held-out losses."""
    module = module.double()
    module.load_state_dict(start)
    x, y = torch.from_numpy(sample.x_train), torch.from_numpy(sample.y_train)
    held_x, held_y = torch.from_numpy(sample.x_held_out), torch.from_numpy(sample.y_held_out)
    optimizer = torch.optim.SGD([w for w in module.parameters() if w.requires_grad], lr=LR)
    losses = []
    for rows in minibatch_rows(ROWS, 8, STEPS, named_seed(SEED, "order")):
        module.train()
        optimizer.zero_grad()
        F.cross_entropy(module(x[rows]), y[rows]).backward()
        optimizer.step()
        module.eval()
        with torch.no_grad():
            losses.append(float(F.cross_entropy(module(held_x), held_y)))
    return module, losses
