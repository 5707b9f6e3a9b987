"""Twenty small screenings of every kind, each carried out once a session: for tests that read what is said of them."""

from __future__ import annotations

from functools import cache

import lyapscreen as ls
from lyapscreen.spec.optimizers import OPTIMIZERS

SMALL = {"data": "wine", "model": "mlp:8", "act": "relu,tanh", "seeds": 3, "steps": 40, "full_steps": 200}

RATES = {False: "1e-3:10:7", True: "1e-5:1:7"}
"""By whether the optimizer scales its steps."""

RUNS = {
    **{
        f"optimizer {name}": {"optimizer": name, "lr": RATES[one.is_adaptive or one.name == "lion"]}
        for name, one in OPTIMIZERS.items()
    },
    "no halving": {"lr": "1e-3:10:7", "halving": False},
    "by effective": {"lr": "1e-3:10:7", "rank_by": "effective"},
    "by transverse": {"lr": "1e-2:10:7", "rank_by": "transverse", "halving": False},
    "by loss": {"lr": "1e-2:10:7", "rank_by": "loss"},
    "by lyapunov": {"lr": "1e-2:10:7", "rank_by": "lyapunov"},
    "the last checkpoint": {"lr": "1e-2:10:5", "keep": "last"},
    "a schedule": {"lr": "1e-2:10:5", "schedule": "cosine", "warmup": 10},
    "ties": {"lr": "0.1:0.4:7", "seeds": 5, "act": "relu"},
    "two seeds": {"lr": "1e-2:3:6", "seeds": 2},
    "one seed": {"lr": "1e-2:3:6", "seeds": 1},
    "the best at the end": {"lr": "1e-3:0.1:5"},
    "from the cliff on": {"lr": "0.5:50:5", "act": "relu"},
    "all stalled": {"lr": "1e-7:1e-5:3"},
    "all unstable": {"lr": "1e3:1e5:3"},
    "one configuration": {"lr": 0.3, "act": "relu"},
    "numbers": {"data": "diabetes", "lr": "1e-3:1:6"},
    "an axis besides": {"lr": "1e-2:1:4", "act": "relu", "sweep": {"batch_size": [16, 64]}},
    "confirmed": {"lr": "1e-2:1:5", "confirm": 2},
}
"""Settings of each beside `SMALL`."""


@cache
def screened(name: str) -> ls.Screening:
    """Return one of `RUNS`."""
    return ls.screen(**{**SMALL, **RUNS[name], "jobs": 1})
