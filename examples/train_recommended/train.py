"""Train the configuration that a ranking recommends, in plain PyTorch: nothing of lyapscreen's is imported.

python train.py ranking.json [--seed N] [--steps N] [--save best.pt]
"""

import argparse
import hashlib
import importlib
import inspect
import json
import math
import runpy
import sys
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import torch
from sklearn import datasets
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F  # noqa: N812

DATA = {"digits": datasets.load_digits, "wine": datasets.load_wine, "breast-cancer": datasets.load_breast_cancer,
        "diabetes": datasets.load_diabetes}  # fmt: skip
ACTIVATIONS = {
    "linear": nn.Identity, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "selu": nn.SELU,
    "gelu": nn.GELU, "silu": nn.SiLU, "mish": nn.Mish, "softplus": nn.Softplus, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh,
}  # fmt: skip
TRAINING = {"optimizer", "momentum", "weight_decay", "clip_norm", "batch_size", "schedule", "warmup"}


def drawn(seed, what):
    """Return the generator's seed for one thing that is drawn, as lyapscreen does: its very training goes on here."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{what}".encode()).digest()[:8], "big") >> 1


def named(place):
    """Return what `FILE.py:name` or `package.module:name` names."""
    where, _, name = place.rpartition(":")
    if where.endswith(".py"):
        sys.path.insert(0, str(Path(where).resolve().parent))
        return runpy.run_path(where)[name]
    return getattr(importlib.import_module(where), name)


def data(spec):
    """Return inputs and targets as arrays. Your own go in here; a function of yours is called."""
    if spec["data"] in DATA:
        return DATA[spec["data"]](return_X_y=True)
    if ":" in spec["data"]:
        return named(spec["data"])()
    raise SystemExit(f"data {spec['data']}: not known here. Return your arrays from data() in {__file__}")


def parts(spec, y, classes):
    """Return the rows trained on and the rows held out."""
    rows = np.arange(len(y))
    if isinstance(spec["held_out"], str) or spec["split"].startswith("group"):
        raise SystemExit(f"held-out rows by file or group are not known here. Return them from parts() in {__file__}")
    held = math.ceil(spec["held_out"] * len(y))
    if spec["split"] == "last":
        return rows[:-held], rows[-held:]
    state, stratify = drawn(0, "split") % 2**32, y if classes else None
    return train_test_split(rows, test_size=held, random_state=state, stratify=stratify)


def tensors(spec, classes):
    """Return (x, y) trained on, (x, y) held out, and how many inputs and outputs the network has."""
    x, y = (np.asarray(part) for part in data(spec))
    if classes:
        y = np.unique(y, return_inverse=True)[1]
    train, held_out = parts(spec, y, classes)
    if spec["inputs"] != "tokens":
        # Images are [rows, channels, height, width], sequences [rows, length, channels], numbers [rows, numbers].
        channel = x.ndim - 1 if spec["inputs"] == "sequences" else 1
        x = standardised(x.astype(float), train, tuple(axis for axis in range(x.ndim) if axis != channel))
        n_inputs = x.shape[channel]
    else:
        n_inputs = int(x.max()) + 1
    if not classes:
        y = standardised(y.astype(float)[:, None], train, 0)
    dtype = getattr(torch, spec["dtype"])
    x, y = (torch.tensor(part, dtype=dtype if part.dtype == float else torch.int64) for part in (x, y))
    return (x[train], y[train]), (x[held_out], y[held_out]), n_inputs, len(y.unique()) if classes else 1


def standardised(array, train, axes):
    """Return (array - mean) / std with those of the training rows; what is constant there is 0."""
    mean, std = array[train].mean(axes, keepdims=True), array[train].std(axes, keepdims=True)
    constant = array[train].max(axes, keepdims=True) == array[train].min(axes, keepdims=True)
    return (array - mean) / np.where(constant, np.inf, std)


def network(spec, activation_name, keywords, n_inputs, n_outputs, seed):
    """Return the network with the seed's initial weights."""

    def activation():
        return ACTIVATIONS[activation_name]()

    activation.name = activation_name
    torch.manual_seed(drawn(seed, "weights"))
    model = spec["model"]
    if model.startswith("mlp:"):
        widths = [n_inputs, *map(int, model.removeprefix("mlp:").split(","))]
        hidden = [layer for pair in pairwise(widths) for layer in (nn.Linear(*pair), activation())]
        made = nn.Sequential(*hidden, nn.Linear(widths[-1], n_outputs))
    elif ":" in model and not isinstance(factory := named(model), nn.Module):
        takes = [p for p in inspect.signature(factory).parameters.values() if p.default is p.empty]
        takes = [p for p in takes if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in keywords]
        made = factory(activation, *((n_inputs, n_outputs) if len(takes) >= 3 else ()), **keywords)
    else:
        raise SystemExit(f"model {model}: not known here. Build yours in network() in {__file__}")
    if spec["weights"]:
        made.load_state_dict(torch.load(spec["weights"], weights_only=True))
    return made.to(getattr(torch, spec["dtype"]))


def optimizer_of(s, parameters, lr):
    """Return torch's optimizer with the settings that were screened."""
    decay = {} if s["weight_decay"] is None else {"weight_decay": s["weight_decay"]}  # the defaults are torch's
    momentum = 0.9 if s["momentum"] is None else s["momentum"]
    match s["optimizer"]:
        case "sgd":
            return torch.optim.SGD(parameters, lr, **decay)
        case "momentum" | "nesterov" as name:
            return torch.optim.SGD(parameters, lr, momentum, **decay, nesterov=name == "nesterov")
        case name:
            kinds = {kind.lower(): getattr(torch.optim, kind) for kind in dir(torch.optim)}
            if name not in kinds:
                raise SystemExit(f"optimizer {name}: not known here. Return yours from optimizer_of() in {__file__}")
            return kinds[name](parameters, lr, **decay)


def factor(s, steps):
    """Return the schedule: t, counted from 0, to the factor on the learning rate."""
    name, _, share = s["schedule"].partition(":")
    warmup, cooldown = s["warmup"], float(share or 0.2)

    def at(t):
        if t < warmup:
            return (t + 1) / warmup
        left = 1 - (t - warmup) / (steps - warmup)
        cosine = (1 - math.cos(math.pi * left)) / 2
        return {"constant": 1, "linear": max(0, left), "cosine": cosine, "wsd": max(0, min(1, left / cooldown))}[name]

    return at


def minibatches(rows, size, seed):
    """Yield the rows of each step, without end: shuffled epochs, a short remainder left out."""
    size = rows if size == "full" else min(size, rows)
    generator = torch.Generator().manual_seed(drawn(seed, "order"))
    while True:
        yield from torch.randperm(rows, generator=generator)[: rows // size * size].split(size)


def loss_of(spec, classes):
    """Return the loss that was screened with."""
    of_classes = {"auto": F.cross_entropy, "cross-entropy": F.cross_entropy}
    of_numbers = {"auto": F.mse_loss, "mse": F.mse_loss, "huber": F.huber_loss}
    losses = of_classes if classes else of_numbers
    if spec["loss"] not in losses:
        raise SystemExit(f"loss {spec['loss']}: not known here. Return yours from loss_of() in {__file__}")
    return losses[spec["loss"]]


def train(document, seed, steps):
    """Train the recommended configuration; yield sixty times (steps done, held-out loss, the network)."""
    spec, row = document["spec"], document["recommended"]
    swept = {name: row[name] for name in spec["sweep"]}
    s = {**spec, **swept}
    classes = document["score_name"] == "accuracy"
    (x, y), (held_x, held_y), n_inputs, n_outputs = tensors(spec, classes)
    keywords = {name: value for name, value in swept.items() if name not in TRAINING}
    model = network(spec, row["activation"], keywords, n_inputs, n_outputs, seed)
    loss = loss_of(spec, classes)
    optimizer = optimizer_of(s, model.parameters(), row["lr"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor(s, steps))
    for t, rows in enumerate(islice(minibatches(len(x), s["batch_size"], seed), steps), start=1):
        model.train()
        optimizer.zero_grad()
        loss(model(x[rows]), y[rows]).backward()
        if s["clip_norm"] is not None:
            nn.utils.clip_grad_norm_(model.parameters(), s["clip_norm"])
        optimizer.step()
        schedule.step()
        if t % max(1, steps // 60) == 0 or t == steps:
            with torch.no_grad():
                yield t, loss(model.eval()(held_x), held_y).item(), model


def main():
    """Read the ranking, train, say how it goes."""
    parser = argparse.ArgumentParser(description="Train the configuration that a ranking recommends.")
    parser.add_argument("ranking", help="what lyapscreen rank --json wrote")
    parser.add_argument("--seed", type=int, help="default: the seed that stands out, else the first one screened")
    parser.add_argument("--steps", type=int, help="default: the full_steps of the ranking's spec")
    parser.add_argument(
        "--save",
        metavar="FILE.pt",
        help="write the weights: of the lowest held-out loss, or the last if those are kept",
    )
    given = parser.parse_args()
    try:
        document = json.loads(Path(given.ranking).read_text())
        row = document["recommended"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"{given.ranking} is no ranking that can be read ({getattr(error, 'strerror', None) or error})")
    if row is None:
        print(f"{given.ranking} recommends nothing: no configuration converged. Screen other --lr, or more --steps.",
              file=sys.stderr)  # fmt: skip
        sys.exit(3)
    seed = next(s for s in (given.seed, row["best_seed"], row["per_seed"][0]["seed"]) if s is not None)
    print(f"{row['activation']} at lr {row['lr']:g}, seed {seed}")
    best, best_steps = math.inf, 0
    steps = document["spec"]["full_steps"] if given.steps is None else given.steps
    for done, loss, model in train(document, seed, steps):
        print(f"step {done:5}  held-out loss {loss:.4f}")
        better = loss < best
        if better:
            best, best_steps = loss, done
        if given.save and (better or document["spec"]["keep"] == "last"):
            torch.save(model.state_dict(), given.save)
    print(f"lowest held-out loss {best:.4f} after {best_steps} steps")


if __name__ == "__main__":
    main()
