"""Learning-rate schedules: a factor on the learning rate that depends on the step alone, over the full training.

Each is a function of the share of the training that is over after warm-up, from 0 to 1; a probe runs its beginning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from lyapscreen.errors import SettingError

Factor = Callable[[int], float]
"""`factor(t)`, t counted from 0."""

MOST_STRETCHES = 10_000
"""Terms that a sum over a training's steps has at most."""

DEFAULT_COOLDOWN = 0.2
"""Share of the steps over which `wsd` falls to 0, unless `wsd:FRACTION` says otherwise (arXiv 2405.18392)."""


FROM_ZERO = "from-zero"
"""After a colon: warm-up begins at rate 0, t / W instead of (t + 1) / W, as get_linear_schedule_with_warmup has it."""


def constant(t: int) -> float:  # noqa: ARG001  a schedule is asked for a step
    """Leave the learning rate as it is."""
    return 1.0


def _constant(done: float, _: float) -> float:  # noqa: ARG001  one signature for all
    return 1.0


def _linear(done: float, _: float) -> float:
    return max(0.0, 1.0 - done)


def _cosine(done: float, _: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done))


def _wsd(done: float, cooldown: float) -> float:
    return max(0.0, min(1.0, (1.0 - done) / cooldown))


SCHEDULES: Mapping[str, Callable[[float, float], float]] = {
    "constant": _constant,
    "linear": _linear,
    "cosine": _cosine,
    "wsd": _wsd,
}
"""By the name `--schedule` takes: `f(share of the training that is over, share of the cooldown)`.

Sources: cosine arXiv 1608.03983, as torch.optim.lr_scheduler.CosineAnnealingLR; linear as LinearLR with
start_factor 1 and end_factor 0; warm-up, stable, decay (wsd) arXiv 2404.06395.
"""


def check(schedule: str, setting: str = "schedule") -> None:
    """Refuse what is no schedule; `setting` is what messages call it.

    Raises:
        SettingError: naming those there are.

    """
    name, colon, share = str(schedule).partition(":")
    fix = "Write constant, linear, cosine, wsd, or wsd:0.1 for a cooldown over the last tenth"
    fix += f"; constant:{FROM_ZERO}, linear:{FROM_ZERO} or cosine:{FROM_ZERO} where warm-up begins at 0"
    if name in SCHEDULES and name != "wsd" and share == FROM_ZERO:
        return
    if name not in SCHEDULES or (colon and name != "wsd"):
        raise SettingError(setting, schedule, "there is no such schedule", fix)
    try:
        cooldown = float(share) if colon else DEFAULT_COOLDOWN
    except ValueError:
        cooldown = 0.0
    if not 0 < cooldown <= 1:
        raise SettingError(setting, schedule, "the cooldown is a share of the steps, from above 0 to 1", fix)


def parts(schedule: str) -> tuple[str, float]:
    """Return the name of a schedule that there is, and the share of the steps that `wsd` cools down over.

    >>> parts("cosine"), parts("wsd:0.1")
    (('cosine', 0.2), ('wsd', 0.1))
    """
    name, _, share = schedule.partition(":")
    return name, DEFAULT_COOLDOWN if share == FROM_ZERO else float(share or DEFAULT_COOLDOWN)


def _ahead(schedule: str) -> int:
    """Return which step warm-up counts from: 1, or 0 where its first rate is 0."""
    return 0 if schedule.endswith(f":{FROM_ZERO}") else 1


def factor(schedule: str, full_steps: int, warmup: int = 0) -> Factor:
    """Return the factor f(t), t counted from 0, that multiplies every candidate's learning rate.

    Linear warm-up over the first W steps is (t + 1) / W, or t / W `from-zero`; from then on it is the schedule's
    function of (t - W) / (N - W), N the steps of the full training. Beyond step N cosine rises again, as torch's does;
    linear and wsd stay at 0.

    >>> [round(factor("cosine", 6, 2)(t), 3) for t in range(6)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    >>> [round(factor("wsd:0.5", 4)(t), 3) for t in range(4)]
    [1.0, 1.0, 1.0, 0.5]
    >>> [round(factor("linear:from-zero", 6, 2)(t), 3) for t in range(6)]
    [0.0, 0.5, 1.0, 0.75, 0.5, 0.25]
    """
    name, cooldown = parts(schedule)
    of, ahead = SCHEDULES[name], _ahead(schedule)

    def at(t: int) -> float:
        if t < warmup:
            return (t + ahead) / warmup
        return of((t - warmup) / (full_steps - warmup), cooldown)

    return at


@lru_cache
def flow_time(schedule: str, full_steps: int, warmup: int, steps: int) -> float:
    """Return the sum of the factors over the first steps: what multiplies the learning rate in the limit of a flow.

    Past the warm-up more than `MOST_STRETCHES` steps are summed in as many equal stretches.

    >>> flow_time("constant", 100, 0, 100), round(flow_time("cosine", 100, 0, 100), 1)
    (100.0, 50.5)
    """
    name, cooldown = parts(schedule)
    of = SCHEDULES[name]
    rising = min(warmup, steps)
    # A long training is summed in stretches, each by the factor in its middle: as good as exact, and soon done.
    stretches = min(steps - rising, MOST_STRETCHES)
    length = (steps - rising) / max(1, stretches)
    shares = ((rising - warmup + (i + 0.5) * length - 0.5) / max(1, full_steps - warmup) for i in range(stretches))
    after = length * math.fsum(of(done, cooldown) for done in shares)
    return (rising * (rising - 1 + 2 * _ahead(schedule)) / (2 * warmup) if warmup else 0.0) + after
