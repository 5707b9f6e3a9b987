"""Configurations, candidates and batches: the whole plan of a screening, a function of the spec alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import total_ordering
from itertools import product

from lyapscreen.spec import sweep
from lyapscreen.spec.spec import Spec

CACHE_BYTES = 32 * 2**20
"""Working set of a batch whose derivatives are written out: stays near a core's share of the cache."""

CALL_BYTES = 256 * 2**20
"""Working set of any other batch: a kernel call costs torch.func more than its arithmetic, so calls are large."""


@total_ordering
@dataclass(frozen=True)
class Configuration:
    """What a person chooses."""

    activation: str
    lr: float
    settings: sweep.Settings = ()
    """One value of every further axis, in the order of the spec."""

    @property
    def id(self) -> str:
        """A name that stays the same in every run that has this configuration."""
        further = "".join(f"/{name}={sweep.label(value)}" for name, value in self.settings)
        return f"{self.activation}/lr={self.lr:.9g}{further}"

    def __lt__(self, other: Configuration) -> bool:
        """Order by activation, learning rate, then settings; values of an axis may be of different kinds."""
        return self._key() < other._key()

    def _key(self) -> tuple[str, float, list[tuple[str, tuple[int, float, str]]]]:
        return self.activation, self.lr, [(name, sweep.order(value)) for name, value in self.settings]


@dataclass(frozen=True, order=True)
class Candidate:
    """A configuration with a seed: one training to be probed."""

    configuration: Configuration
    seed: int

    @property
    def id(self) -> str:
        """A name that stays the same in every run that has this candidate."""
        return f"{self.configuration.id}/seed={self.seed}"


@dataclass(frozen=True)
class Batch:
    """Candidates that differ in learning rate and seed alone, probed together as stacked weights."""

    index: int
    activation: str
    candidates: tuple[Candidate, ...]
    settings: sweep.Settings = ()
    """As every configuration of the batch has them."""


def settings(spec: Spec) -> list[sweep.Settings]:
    """Return every combination of the further axes, the first axis outermost; without any, the empty one."""
    names = [name for name, _ in spec.sweep]
    return [tuple(zip(names, values, strict=True)) for values in product(*(values for _, values in spec.sweep))]


def configurations(spec: Spec) -> list[Configuration]:
    """Return every configuration of the spec, activations outermost, learning rates ascending."""
    return [Configuration(act, lr, further) for act, further, lr in product(spec.act, settings(spec), spec.lr)]


def batches(
    spec: Spec, chosen: Collection[Configuration], bytes_per_candidate: int, budget: int = CACHE_BYTES
) -> list[Batch]:
    """Divide the candidates of some configurations into batches within `budget` bytes each.

    A batch has one activation and one combination of settings. Candidates are dealt like cards, so that
    the quick ends (diverged learning rates stop early) are spread over the batches. The order in which
    configurations are given changes nothing.
    """
    planned: list[Batch] = []
    families: dict[tuple[str, sweep.Settings], list[Configuration]] = {}
    for configuration in sorted(frozenset(chosen)):
        families.setdefault((configuration.activation, configuration.settings), []).append(configuration)
    for activation, further in product(spec.act, settings(spec)):
        at = families.get((activation, further), [])
        candidates = [Candidate(configuration, seed) for configuration, seed in product(at, spec.seeds)]
        count = -(-len(candidates) // max(1, budget // bytes_per_candidate))
        for hand in _dealt(candidates, count):
            planned.append(Batch(len(planned), activation, tuple(hand), further))
    return planned


def _dealt(candidates: Sequence[Candidate], hands: int) -> Iterator[Sequence[Candidate]]:
    return (candidates[first::hands] for first in range(hands))
