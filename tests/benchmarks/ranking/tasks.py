"""The tasks: every named dataset and every table of ../shared/data, and three other networks; three optimizers each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyapscreen.spec.spec import NAMED_DATA, Spec

TABLES = Path(__file__).parents[4] / "shared" / "data"
REGRESSIONS = ("abalone", "auto_imports", "housing")
"""As the tables' README says; the others are of classes."""

RATES = {"sgd": "1e-4:10:16", "momentum": "1e-4:10:16", "adam": "1e-5:1:16"}
"""Five decades each."""

GRID = {"model": "mlp:64,64", "act": ("relu", "tanh", "sigmoid", "gelu", "elu"), "seeds": 3, "batch_size": 64}

SMALL_GRID = {"act": ("relu", "tanh"), "seeds": 2, "batch_size": 64}
SMALL_RATES = {"sgd": "1e-3:10:8", "momentum": "1e-4:1:8", "adam": "1e-5:1e-1:8"}
"""A smaller grid, for the networks that are no MLP: a step of theirs costs some fifty times that of the MLP."""

CNN = "digits, cnn"
OWN = Path(__file__).parent / "networks.py"

NETWORKS: Mapping[str, Mapping[str, Any]] = {
    CNN: {"data": "digits", "model": "cnn"},
    "digits, autoencoder": {
        "data": f"{OWN}:images", "task": "regression", "model": f"{OWN}:Autoencoder", "loss": f"{OWN}:squared",
    },
    "letters, transformer": {
        "data": f"{OWN}:letters", "task": "classification", "inputs": "tokens", "split": "last", "batch_size": 32,
        "model": f"{OWN}:Transformer",
    },
}  # fmt: skip
"""Settings of the networks that are no MLP, by the name of the task."""

PATHS = ("data", "model", "loss")
"""Settings that may name a file."""


@dataclass(frozen=True)
class Task:
    """A data set with an optimizer, and the grid screened on it."""

    name: str
    optimizer: str
    settings: Mapping[str, Any]
    """Of the spec, the number of steps apart."""

    @property
    def key(self) -> str:
        """A name for files that changes with any setting."""
        # Where the files lie changes nothing.
        named = {name: Path(self.settings[name]).name for name in PATHS if name in self.settings}
        settings = json.dumps({**self.settings, **named}, sort_keys=True)
        name = self.name.replace(", ", "-")
        return f"{name}-{self.optimizer}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"

    @property
    def aside(self) -> bool:
        """Whether the task had no part in choosing the rule."""
        return self.name.partition(",")[0] in ASIDE

    @property
    def is_mlp(self) -> bool:
        """Whether its network is the MLP, on the large grid."""
        return str(self.settings["model"]).startswith("mlp:")

    def spec(self, **settings: object) -> Spec:
        """Return the task's spec with further settings."""
        return Spec.of(**{**self.settings, **settings})


def sources() -> dict[str, dict[str, Any]]:
    """Return the settings of every data set; xor is left out, whose held-out part is its training part."""
    found: dict[str, dict[str, Any]] = {name: {"data": name} for name in NAMED_DATA if name != "xor"}
    for path in sorted(TABLES.glob("*.csv")):
        kind = "regression" if path.stem in REGRESSIONS else "classification"
        # Wisconsin's breast cancers are a named dataset, Ljubljana's a table.
        found[f"{path.stem}.csv"] = {"data": str(path), "header": "no", "task": kind}
    return found


ASIDE = frozenset(sorted(sources(), key=lambda name: hashlib.sha256(name.encode()).digest())[: len(sources()) // 3])
"""A third of the data sets, by a hash of their names: they had no part in choosing the rule.

By data set and not by task, so that no optimizer's task is told of by another's.
"""


def tasks() -> list[Task]:
    """Return all tasks."""
    plain = [
        Task(name, optimizer, {**GRID, **source, "optimizer": optimizer, "lr": rates})
        for name, source in sources().items()
        for optimizer, rates in RATES.items()
    ]
    others = [
        Task(name, optimizer, {**SMALL_GRID, **settings, "optimizer": optimizer, "lr": rates})
        for name, settings in NETWORKS.items()
        for optimizer, rates in SMALL_RATES.items()
    ]
    return [*plain, *others]
