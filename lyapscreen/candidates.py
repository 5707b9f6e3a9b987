"""Configurations, candidates and batches: the whole plan of a screening, a function of the spec alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from lyapscreen.spec import Spec

BATCH_BYTES = 32 * 2**20
"""Working set of one batch: stays near a core's share of the cache, yet keeps every kernel call busy."""


@dataclass(frozen=True, order=True)
class Configuration:
    """What a person chooses."""

    activation: str
    lr: float


@dataclass(frozen=True, order=True)
class Candidate:
    """A configuration with a seed: one training to be probed."""

    configuration: Configuration
    seed: int

    @property
    def id(self) -> str:
        """A name that stays the same in every run that has this candidate."""
        return f"{self.configuration.activation}/lr={self.configuration.lr:.9g}/seed={self.seed}"


@dataclass(frozen=True)
class Batch:
    """Candidates of one activation, probed together as stacked weights."""

    index: int
    activation: str
    candidates: tuple[Candidate, ...]


def configurations(spec: Spec) -> list[Configuration]:
    """Return every configuration of the spec, activations outermost, learning rates ascending."""
    return [Configuration(act, lr) for act, lr in product(spec.act, spec.lr)]


def batches(spec: Spec, bytes_per_candidate: int) -> list[Batch]:
    """Divide all candidates into batches of one activation within `BATCH_BYTES` each.

    Candidates are dealt like cards, so that the quick ends (diverged learning rates stop early)
    are spread over an activation's batches.
    """
    planned: list[Batch] = []
    for activation in spec.act:
        candidates = [Candidate(Configuration(activation, lr), seed) for lr, seed in product(spec.lr, spec.seeds)]
        count = -(-len(candidates) // max(1, BATCH_BYTES // bytes_per_candidate))
        for hand in _dealt(candidates, count):
            planned.append(Batch(len(planned), activation, tuple(hand)))
    return planned


def named_seed(seed: int, name: str) -> int:
    """Return the seed of the generator that draws `name` for a candidate's seed, in 0 .. 2^63-1.

    Distinct names give independent draws, so that adding a new one never shifts the others.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _dealt(candidates: Sequence[Candidate], hands: int) -> Iterator[Sequence[Candidate]]:
    return (candidates[first::hands] for first in range(hands))
