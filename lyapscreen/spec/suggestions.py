"""What somebody may have meant who wrote a word that we do not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

CLOSE = 0.65
"""Least similarity of two words of which one may be the other mistyped: sdg is sgd (0.67), iris no digits (0.6)."""

OTHER_WORDS: Mapping[str, str] = {
    "activation": "act", "activations": "act", "act_fn": "act", "activation_function": "act", "nonlinearity": "act",
    "learning_rate": "lr", "learning_rates": "lr", "lrs": "lr", "eta": "lr", "step_size": "lr",
    "dataset": "data", "train_data": "data", "label": "target", "labels": "target", "y": "target",
    "network": "model", "net": "model", "architecture": "model", "criterion": "loss", "loss_fn": "loss",
    "optim": "optimizer", "optimiser": "optimizer", "solver": "optimizer", "wd": "weight_decay", "l2": "weight_decay",
    "decay": "weight_decay", "beta": "momentum", "grad_clip": "clip_norm", "max_grad_norm": "clip_norm",
    "gradient_clip_val": "clip_norm", "batch": "batch_size", "bs": "batch_size", "seed": "seeds",
    "random_state": "seeds", "epochs": "full_epochs", "max_epochs": "full_epochs", "num_train_epochs": "full_epochs",
    "n_epochs": "full_epochs", "max_steps": "full_steps", "total_steps": "full_steps", "iterations": "full_steps",
    "probe_steps": "steps", "scheduler": "schedule", "lr_scheduler_type": "schedule", "warmup_steps": "warmup",
    "test_size": "held_out", "validation": "held_out", "val": "held_out", "test": "held_out", "sep": "separator",
    "delimiter": "separator", "precision": "dtype", "n_jobs": "jobs", "workers": "jobs", "num_workers": "jobs",
}  # fmt: skip
"""What other libraries call our settings."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `Did you mean ...? ` for the known name that `name` stands for or is nearly written as, or nothing.

    >>> nearest("learning_rate", ["lr", "act"]), nearest("sdg", ["sgd", "adam"]), nearest("iris", ["digits"])
    ('Did you mean lr? ', 'Did you mean sgd? ', '')
    """
    import difflib  # only needed once something went wrong

    names = list(known)
    meant = OTHER_WORDS.get(name.lower().replace("-", "_"))
    if meant in names:
        return f"Did you mean {meant}? "
    written = {each.lower(): each for each in reversed(names)}
    close = difflib.get_close_matches(name.lower(), list(written), n=1, cutoff=CLOSE)
    return f"Did you mean {written[close[0]]}? " if close else ""
