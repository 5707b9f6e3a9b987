"""A document with every kind of content that a report has, for the tests of the page in a browser."""

from dataclasses import replace

from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.records import Full, Measures
from lyapscreen.spec.spec import Spec
from tests.helpers.documents import document, halved, one
from tests.helpers.rankings import DEAD, DIV, C, S, X, probed

TRAINED = ("tanh", "silu")
"""Activations that are trained fully at lr 0.1."""


def everything():
    """Every verdict, measures at three lengths, full trainings, edges, warnings, notices and a pick at the end."""
    results = [_at_three_lengths(result) for result in halved()]
    for lr, value, regime in ((0.003, 0, S), (0.01, -0.006, C), (0.1, -0.015, C), (3.0, 0, DEAD), (30.0, 0, DIV)):
        results += probed("silu", lr, value, regime, seeds=3)
    results += [one("gelu", 0.1, seed, X if seed == 2 else C, -0.03, lyapunov=0.02 + seed / 100) for seed in range(3)]
    spec = Spec.of(act="elu,gelu,relu,silu,tanh", lr="0.001:30", seeds=3, steps=100)
    seeds = tuple(SeedEdge(seed, EdgeRegime.FOUND, 0.3 + seed / 10, 0.5 + seed / 10) for seed in range(3))
    edges = Edges(100, 20.0, 0.001, 10.0, (FamilyEdge("tanh", (), 0.1, True, seeds),))
    notices = ("digits: 1797 rows.", "A second notice with --flag 3.")
    return document([_trained(result) for result in results], spec, edges=edges, notices=notices)


def _at_three_lengths(result):
    """The result with what was measured earlier on the way."""
    end = result.final
    if end.held_out_loss is None:
        return result
    earlier = [Measures(C, steps, -0.01, held_out_loss=50 / steps) for steps in (25, 50) if steps < end.steps]
    return replace(result, rungs=(*earlier, end))


def _trained(result):
    """The result with its full training, if it is among the best."""
    configuration, seed = result.candidate.configuration, result.candidate.seed
    if configuration.lr != 0.1 or configuration.activation not in TRAINED:
        return result
    return replace(result, full=Full(1500, 0.1 + seed / 100, 1200, 0.2))
