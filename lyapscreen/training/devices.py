"""Where the arithmetic is done: on the processor, or on a GPU that torch reaches through CUDA."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from lyapscreen.errors import EnvironmentFailure, SettingError
from lyapscreen.spec.spec import Spec

WORTH_CUDA = 1e11
"""Bytes of working set times steps from which on `auto` takes a GPU: some fifty seconds of one core.

A step is some hundred kernels of five to ten microseconds whatever its batch, and CUDA takes seconds to start, so
that less work is done sooner by the processor.
"""

CUDA_BYTES = 4 * 2**30
"""Working set of a batch on a GPU: the larger, the less of a step is waiting for its kernels to start."""


def require(spec: Spec) -> None:
    """Refuse a device that is not here.

    Raises:
        SettingError: a GPU is asked for and torch reaches none.

    """
    if spec.device != "cuda" or torch.cuda.is_available():
        return
    built = torch.version.cuda or torch.version.hip
    rule = "torch finds no GPU here" if built else f"this torch ({torch.__version__}) was built without CUDA"
    fix = "Use --device cpu" if built else "Use --device cpu, or install torch with CUDA"
    raise SettingError("device", spec.device, rule, fix)


def chosen(spec: Spec, work: float, *, cluster: bool) -> str:
    """Return `cpu` or `cuda`: what is asked for, and for `auto` what is likely to be done first.

    `auto` takes a GPU for float32 alone, since many compute float64 at a thirtieth of the speed, and only one with
    room for two of our batches.

    Args:
        spec: says what is asked for.
        work: bytes of working set times optimizer steps, of all candidates.
        cluster: whether workers on other machines do it.

    Raises:
        SettingError: a GPU is asked for on a cluster.

    """
    if spec.device == "cuda" and cluster:
        rule = "a GPU is used by this process alone, not by the workers of a cluster"
        raise SettingError("device", spec.device, rule, "Leave out --backend, or use --device cpu")
    if spec.device != "auto":
        return spec.device
    pays = work >= WORTH_CUDA and spec.dtype == "float32" and not cluster
    roomy = pays and torch.cuda.is_available() and torch.cuda.mem_get_info()[1] >= 2 * (spec.memory or CUDA_BYTES)
    return "cuda" if roomy else "cpu"


def of(spec: Spec) -> torch.device:
    """Return the device of a spec; `auto` that nobody has resolved is small work, and done on the processor."""
    return torch.device("cuda" if spec.device == "cuda" else "cpu")


def name(spec: Spec) -> str | None:
    """Return what the GPU calls itself; None where none is used."""
    return torch.cuda.get_device_name() if spec.device == "cuda" else None


def require_room(spec: Spec, needed: int) -> None:
    """Refuse a batch of more bytes than the GPU has.

    Raises:
        SettingError: naming what it has.

    """
    if spec.device != "cuda":
        return
    _, whole = torch.cuda.mem_get_info()
    if needed > whole:
        rule = f"a batch would take about {-(-needed // 2**20)} MiB, but the GPU has {whole // 2**20} MiB"
        raise SettingError(
            "memory", spec.memory or "unset", rule, f"Write --memory {whole // 2**21}MiB, or --device cpu"
        )


@contextmanager
def exact(spec: Spec) -> Iterator[None]:
    """Compute on the spec's device so that the same work gives the same numbers, and as float32 has them.

    On a GPU cuDNN would round to TF32 and choose its algorithms by a race; torch warns of a kernel that has no
    deterministic form.

    Raises:
        EnvironmentFailure: the GPU's memory is full.

    """
    if spec.device != "cuda":
        yield
        return
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    with ExitStack() as switches:
        for owner, name, value in _exact_switches():
            switches.enter_context(switched(owner, name, value))
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            yield
        except torch.OutOfMemoryError as error:
            fix = "Free some of it, allow each batch less with --memory, or use --device cpu"
            raise EnvironmentFailure(f"the GPU's memory is full. {fix}.") from error
        finally:
            torch.use_deterministic_algorithms(before[0], warn_only=before[1])


@contextmanager
def switched(owner: Any, name: str, value: object) -> Iterator[None]:
    """Set one of torch's switches, and put it back afterwards."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _exact_switches() -> list[tuple[Any, str, object]]:
    """Return (owner, name, value) of what makes cuBLAS and cuDNN exact; torch 2.9 named the precision anew."""
    products: Any = torch.backends.cuda.matmul
    cudnn: Any = torch.backends.cudnn
    repeatable: list[tuple[Any, str, object]] = [(cudnn, "deterministic", True), (cudnn, "benchmark", False)]
    if hasattr(products, "fp32_precision"):
        return [*repeatable, (products, "fp32_precision", "ieee"), (cudnn.conv, "fp32_precision", "ieee")]
    return [*repeatable, (products, "allow_tf32", False), (cudnn, "allow_tf32", False)]
