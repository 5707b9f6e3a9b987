"""(f) 200, 2,000 and 10,000 candidates: the time of one, and the largest peak of any process.

The default screening (digits, mlp:64,64, 100 steps, halving) with more activations and ever more learning rates, two
workers, in a fresh process each time; the workers have started before the clock runs.

python -m tests.benchmarks.scale COUNT    print seconds a candidate and the peak in bytes
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from joblib.externals.loky import get_reusable_executor

from lyapscreen import screen
from tests.benchmarks.rows import Row, quotient, spread

COUNTS = (200, 2_000, 10_000)
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "elu")
SEEDS, ROUNDS = 5, 2


def rows() -> Iterator[Row]:
    """Measure every count, in turn."""
    found = [[in_a_fresh_process(count) for count in COUNTS] for _ in range(ROUNDS)]
    each = {count: [of_round[place] for of_round in found] for place, count in enumerate(COUNTS)}
    for count, of_rounds in each.items():
        yield spread(f"(f) {count:,} candidates: milliseconds each", [1e3 * seconds for seconds, _ in of_rounds])
        peaks = [peak / 2**30 for _, peak in of_rounds]
        yield spread(f"(f) {count:,} candidates: largest peak of a process, GiB", peaks, at_most=1.5)
    fewer, most = ([seconds for seconds, _ in each[count]] for count in COUNTS[1:])
    yield spread("(f) time a candidate: of 10,000 / of 2,000", quotient(most, fewer), at_most=1.2)


def in_a_fresh_process(count: int) -> tuple[float, int]:
    """Return what `measured` says when nothing has run before it."""
    command = [sys.executable, "-m", "tests.benchmarks.scale", str(count)]
    seconds, peak = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return seconds, peak


def measured(count: int) -> tuple[float, int]:
    """Return seconds a candidate, and the peak resident memory of this process or a worker of it, in bytes."""
    screen(steps=2, lr="1e-3:1:200", seeds=1, jobs=2)  # starts the workers: two activations are two batches
    start = time.perf_counter()
    rates = count // len(ACTIVATIONS) // SEEDS
    screen(act=ACTIVATIONS, lr=f"1e-4:10:{rates}", seeds=SEEDS, jobs=2)
    seconds = (time.perf_counter() - start) / count
    get_reusable_executor().shutdown(wait=True)  # only workers that have ended are counted
    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return seconds, largest * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
