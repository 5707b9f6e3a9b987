"""(k) The same screening on a GPU and on all cores: candidates times steps a second, and share of the GPU's peak."""

import time
from collections.abc import Iterator

import torch

from lyapscreen import screen
from tests.benchmarks.rows import Row, quotient, spread
from tests.benchmarks.steps import tangent_flops

ROUNDS, SIDE = 3, 4096
DIGITS = (64, (64, 64), 10)
SETTINGS = {"act": "relu,tanh", "lr": "1e-3:0.1:20", "seeds": 50, "steps": 200, "halving": False}
"""2,000 candidates that all stay: the default network, and learning rates at which nothing diverges."""


def rows() -> Iterator[Row]:
    """Measure GPU / processor, and what share of the GPU's rate of float32 products the probes reach."""
    what = "(k) digits, 2,000 candidates"
    if not torch.cuda.is_available():
        yield Row(f"{what}: candidate steps a second, GPU / processor", None, note="torch finds no GPU here")
        return
    screen(**{**SETTINGS, "seeds": 5}, device="cuda")  # CUDA has started before the clock runs
    gpu, processor = [], []
    for _ in range(ROUNDS):
        gpu.append(candidate_steps_a_second("cuda"))
        processor.append(candidate_steps_a_second("cpu"))
    name = torch.cuda.get_device_name()
    note = f"{gpu[-1]:,.0f} on {name}, {processor[-1]:,.0f} on the processor"
    yield spread(f"{what}: candidate steps a second, GPU / processor", quotient(gpu, processor), note=note)
    peak = products_a_second()
    reached = [rate * tangent_flops(*DIGITS) / peak for rate in gpu]
    note = f"of {peak / 1e12:.1f} TFLOP/s in products of {SIDE} x {SIDE}, float32 without TF32"
    yield spread(f"{what}: share of the GPU's matrix-product rate", reached, note=note)


def candidate_steps_a_second(device: str) -> float:
    """Screen once, all cores or the GPU, start and end included."""
    start = time.perf_counter()
    screening = screen(**SETTINGS, device=device)
    done = sum(result.final.steps for row in screening.ranking.rows for result in row.results)
    return done / (time.perf_counter() - start)


def products_a_second() -> float:
    """Return the GPU's floating-point operations a second in large float32 matrix products."""
    a, b = torch.randn(2, SIDE, SIDE, device="cuda")
    for timed in (False, True):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(50):
            a @ b
        torch.cuda.synchronize()
        if timed:
            break
    return 50 * 2 * SIDE**3 / (time.perf_counter() - start)
