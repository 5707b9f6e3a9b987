"""From a Trainer's arguments and data sets to a screening of its learning rate."""

from __future__ import annotations

import copy
import inspect
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import transformers
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader

from lyapscreen.errors import DataError, ModelError
from lyapscreen.integrations import configured, loaders
from lyapscreen.integrations.settings import around, require_free, require_numbered
from lyapscreen.integrations.transformers import arguments, losses
from lyapscreen.screening.run import screen
from lyapscreen.screening.screening import Screening
from lyapscreen.spec import user_code
from lyapscreen.spec.activations import NONE

SEEDS = 5
"""How many follow the arguments' own."""


@dataclass(frozen=True)
class Ranked:
    """A screening, and the arguments that it leads to."""

    screening: Screening
    arguments: Any
    """A copy of the TrainingArguments with the learning rate recommended; None where none is."""


def rank(
    model_init: Callable[..., nn.Module],
    args: Any,
    train_dataset: Any,
    eval_dataset: Any = None,
    data_collator: Any = None,
    *,
    processing_class: Any = None,
    **settings: Any,
) -> Ranked:
    """Rank learning rates for the training that a Trainer would run.

    Optimizer, scheduler and batches are those that a Trainer makes of the arguments. Rows are drawn anew for each seed,
    the short last batch of an epoch left out, and padded once, to the longest of all.

    Args:
        model_init: builds the model, as for a Trainer.
        args: TrainingArguments; they stay as they are.
        train_dataset: what is trained on, with `labels` once collated.
        eval_dataset: what is measured on; None holds out a share of the rows.
        data_collator: as for a Trainer.
        processing_class: as for a Trainer.
        settings: as `lyapscreen.screen` takes them. By default `lr` is two decades on either side of the arguments'
            rate, `seeds` five from the arguments' on, and `act` the model's own.

    Raises:
        SettingError: naming what cannot be screened exactly; its kinds DataError and ModelError of data and model.

    """
    taken = ("data", "model", "loss", "task", "optimizer", "momentum", "weight_decay", "clip_norm", "batch_size",
             "schedule", "warmup", "full_steps", "full_epochs")  # fmt: skip
    require_free(settings, taken, "the arguments, the model and the data")
    arguments.require_exact(args)
    init = _Init(model_init, keeps_activations="act" not in settings)
    with _undisturbed(), tempfile.TemporaryDirectory() as folder:
        trainer = transformers.Trainer(
            model=init(), args=arguments.apart(args, folder), train_dataset=train_dataset, eval_dataset=eval_dataset,
            data_collator=data_collator, processing_class=processing_class,
        )  # fmt: skip
        rows, train_rows, per_epoch = _rows(trainer, eval_dataset)
        steps = arguments.steps_of(args, per_epoch)
        optimizer, scheduler = trainer.create_optimizer(), trainer.create_scheduler(steps)
        own = configured.optimizer_settings(optimizer, trainer.model)
        own |= configured.schedule_settings(scheduler, optimizer, steps)
        wide = init().double().train()
        found = losses.of(wide, rows, init.__qualname__, trainer)
    if found.task == "classification":
        require_numbered(torch.unique(found.targets), "labels", "there are", "Number them so, over both parts")
    names = [name[2:-2] for place, name in enumerate(rows.names) if place != rows.target]
    inputs, y = dict(zip(names, (leaf.numpy() for leaf in rows.inputs), strict=True)), found.targets.numpy()
    data: Any = (inputs, y)
    if eval_dataset is not None:
        parts = (slice(None, train_rows), slice(train_rows, None))
        data = tuple(x for part in parts for x in ({name: leaf[part] for name, leaf in inputs.items()}, y[part]))
    clip = {"clip_norm": args.max_grad_norm} if args.max_grad_norm and args.max_grad_norm > 0 else {}
    given = {"act": NONE, "lr": around(args.learning_rate), "seeds": tuple(range(args.seed, args.seed + SEEDS))}
    screening = screen(
        data=data, model=init, loss=found.loss, batch_size=rows.batch_size, full_steps=steps,
        **(own | clip | given | {"task": found.task} | settings),
    )  # fmt: skip
    said = (
        ["data: rows are padded to the longest of all; attention_mask hides it from the model"] if rows.padded else []
    )
    screening = replace(screening, notices=(*said, *screening.notices))
    if screening.recommended is None:
        return Ranked(screening, None)
    after = copy.copy(args)
    after.learning_rate = screening.recommended.lr
    return Ranked(screening, after)


class _Init:
    """Builds the model of a seed, its loss left to us and its activations as they are unless some are named."""

    def __init__(self, model_init: Any, *, keeps_activations: bool) -> None:
        if not callable(model_init) or isinstance(model_init, nn.Module):
            fix = "Pass a function that builds it: it is called once for each seed"
            raise ModelError("model", type(model_init).__name__, "it is not a model_init", fix)
        self._init, self._keeps = model_init, keeps_activations
        self.__qualname__ = getattr(model_init, "__qualname__", "model_init")

    def __call__(self) -> nn.Module:
        """Return it."""
        trial = [None] if inspect.signature(self._init).parameters else []
        found = user_code.call("model", self.__qualname__, self._init, *trial, error=ModelError)
        if not isinstance(found, nn.Module):
            rule = f"model_init returned {type(found).__name__}, not a torch.nn.Module"
            raise ModelError("model", self.__qualname__, rule, "Return the model")
        found.keeps_activations = self._keeps  # type: ignore[assignment]
        return found


def _rows(trainer: Any, eval_dataset: Any) -> tuple[loaders.Rows, int, int]:
    """Return all rows, collated together so that they are padded alike, how many are trained on, and steps an epoch."""
    loader = trainer.get_train_dataloader()
    sets = [loader.dataset]
    if eval_dataset is not None:
        sets.append(trainer.get_eval_dataloader().dataset)
    for part, name in zip(sets, ("train_dataset", "eval_dataset"), strict=False):
        loaders.require_indexed(part, name)
    whole: Any = DataLoader(ConcatDataset(sets), batch_size=trainer.args.train_batch_size, collate_fn=loader.collate_fn)
    rows = loaders.rows(whole, "train_dataset", "labels")
    if not isinstance(rows.form, dict):
        raise DataError("data", "train_dataset", "its batches are no dicts", "Name inputs and labels as forward does")
    if rows.padded and "['attention_mask']" not in rows.names:
        rule = "rows of unlike lengths are padded, and no attention_mask says where"
        raise DataError("data", "train_dataset", rule, "Give an attention_mask, or pad all rows to one length")
    return rows, len(sets[0]), len(loader)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put the global generators back: a Trainer seeds them."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
