"""(j) A screening of about a minute with two workers of joblib's own (loky) against two of a local Dask cluster.

Once as long as the workers have started, and once with their start and end: the whole of it.

python -m tests.benchmarks.engines BACKEND STEPS    print seconds of the screening, and of all with start and end
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec

from lyapscreen.execution import engine
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out
from lyapscreen.spec.spec import Spec
from tests.benchmarks.rows import Row, quotient, spread

STEPS, ROUNDS, AIM = 2_000, 4, 1.15

COMMON = {"act": "relu,tanh,sigmoid,gelu", "lr": "1e-3:1", "seeds": 10, "halving": False}

FEW = {"act": "relu,tanh", "lr": "1e-3:1:200", "seeds": 1, "steps": 2}
"""Enough batches that both workers are started, and have imported torch."""


def rows() -> Iterator[Row]:
    """Measure Dask / loky."""
    what = "(j) digits, two workers: Dask / loky"
    if find_spec("distributed") is None:
        yield Row(what, None, at_most=AIM, note="distributed is not installed: pip install 'lyapscreen[dask]'")
        return
    rounds = [[in_a_fresh_process(backend, STEPS) for backend in ("dask", "loky")] for _ in range(ROUNDS)]
    for place, name, aim in ((0, "the work", AIM), (1, "with start and end", None)):
        dask, loky = ([of_round[i][place] for of_round in rounds] for i in (0, 1))
        yield spread(f"{what}, {name}", quotient(dask, loky), at_most=aim, note=f"{dask[-1]:.1f} s, {loky[-1]:.1f} s")


def in_a_fresh_process(backend: str, steps: int) -> tuple[float, float]:
    """Return what `measured` says when nothing has run before it."""
    command = [sys.executable, "-m", "tests.benchmarks.engines", backend, str(steps)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    work, whole = json.loads(done.stdout)
    return work, whole


def measured(backend: str, steps: int) -> tuple[float, float]:
    """Return seconds of a screening once the workers are there, and with their start and end."""
    few, many = prepare(Spec.of(**FEW)), prepare(Spec.of(**COMMON, steps=steps))
    start = time.perf_counter()
    with engine(2, backend) as workers:
        carry_out(few, jobs=workers)
        began = time.perf_counter()
        carry_out(many, jobs=workers)
        work = time.perf_counter() - began
    return work, time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))
