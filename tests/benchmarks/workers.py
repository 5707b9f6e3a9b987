"""(e) A screening with one worker process against two: the work itself, the start of the workers apart.

Also on data of more than a megabyte, which joblib hands to its workers as a file mapped into memory.

python -m tests.benchmarks.workers JOBS DATA STEPS    print seconds of the screening and of the workers' start
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lyapscreen import screen
from tests.benchmarks.rows import Row, quotient, spread

COMMON = {"act": "relu,tanh,sigmoid,gelu", "lr": "1e-3:1", "seeds": 10, "halving": False}
ROUNDS = 3


def rows() -> Iterator[Row]:
    """Measure one worker / two workers."""
    with TemporaryDirectory() as folder:
        large = Path(folder, "large.npz")
        rng = np.random.default_rng(0)
        x = rng.normal(size=(20_000, 64)).astype(np.float32)
        np.savez(large, X=x, y=(x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(np.int64))
        for name, data, steps in (("digits", "digits", 200), ("5 MB of data", str(large), 200)):
            what = f"(e) {name}: one worker / two"
            try:
                rounds = [[in_a_fresh_process(jobs, data, steps) for jobs in (1, 2)] for _ in range(ROUNDS)]
            except RuntimeError as error:
                yield Row(what, None, at_least=1.7, note=str(error))
                continue
            (one, two) = zip(*[[seconds for seconds, _ in of_round] for of_round in rounds], strict=True)
            note = f"last round: {one[-1]:.1f} s and {two[-1]:.1f} s; two workers start in {rounds[-1][1][1]:.1f} s"
            yield spread(what, quotient(one, two), at_least=1.7, note=note)


def in_a_fresh_process(jobs: int, data: str, steps: int) -> tuple[float, float]:
    """Return what `measured` says when nothing has run before it.

    Raises:
        RuntimeError: it failed, or somebody warned: of data mapped into memory that cannot be written, say.

    """
    command = [sys.executable, "-m", "tests.benchmarks.workers", str(jobs), data, str(steps)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or "Warning" in done.stderr:
        raise RuntimeError(f"{jobs} jobs ended with {done.returncode} and said: {done.stderr.strip()[-300:]}")
    seconds, start = json.loads(done.stdout)
    return seconds, start


def measured(jobs: int, data: str, steps: int) -> tuple[float, float]:
    """Return seconds of a screening, and of a small one before it that starts the workers and imports torch there."""
    start = time.perf_counter()
    screen(data=data, steps=2, act="relu,tanh", lr="1e-3:1:200", seeds=1, jobs=jobs)
    began = time.perf_counter()
    screen(data=data, steps=steps, jobs=jobs, **COMMON)
    return time.perf_counter() - began, began - start


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
