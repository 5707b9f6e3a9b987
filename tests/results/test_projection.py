"""The projected exponent: against a plain writing-out of its formula, and what the ranking makes of it."""

import math

import numpy as np
import pytest

import lyapscreen as ls
from lyapscreen.results import json_reader
from lyapscreen.results.projection import REACH, above_the_range, needed, project
from lyapscreen.results.ranking import ranked
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.results.shift import SMOOTHING
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import C, S, X

GRID = tuple(float(f"{10 ** (i / 3):.9g}") for i in range(-9, 4))


def measured(lr, effective, *, seed=0, steps=(100,), regime=C, act="relu", losses=(None, None)):
    """One candidate with the same lambda_eff at every length."""
    rungs = tuple(
        Measures(regime, t, effective=effective, train_loss=losses[0], held_out_loss=losses[1]) for t in steps
    )
    return Result(Candidate(Configuration(act, lr), seed), rungs)


def diverged(lr, *, seed=0, at=7):
    return Result(Candidate(Configuration("relu", lr), seed), (Measures(Regime.DIVERGED, at),))


def spec(**settings):
    return Spec.of(**{"act": "relu,tanh", "lr": GRID[:-4], "seeds": 2, "full_steps": 1500, **settings})


def projected(results, of):
    return {(r.candidate.configuration.lr, r.candidate.seed): r.final.projected for r in project(results, of)}


@pytest.mark.parametrize(
    ("settings", "p"),
    [
        ({}, 1 / 3),
        ({"optimizer": "momentum"}, 1 / 3 + 0.9 / 6),
        ({"optimizer": "momentum", "momentum": 0.5}, 1 / 3 + 0.5 / 6),
        ({"optimizer": "adam"}, 0.4),
        ({"full_steps": 100}, 0.0),
    ],
)
def test_it_is_the_formula_written_out(settings, p):
    """(T/N) lambda_eff at lr (N/T)^p, between rates by a line in log lr, after a Gaussian kernel of 0.2 decades."""
    of = spec(**settings)
    rates, draw = [*of.lr, *GRID[-4:]], np.random.default_rng(0)
    raw = {(lr, seed): -float(draw.random()) for lr in rates for seed in of.seeds}
    found = projected([measured(lr, raw[lr, seed], seed=seed) for lr in rates for seed in of.seeds], of)
    shift = p * math.log10(of.full_steps / 100)

    def smooth(lr, seed):
        weights = [math.exp(-((math.log10(lr / other) / SMOOTHING) ** 2) / 2) for other in rates]
        return sum(w * raw[other, seed] for w, other in zip(weights, rates, strict=True)) / sum(weights)

    assert len(found) == len(of.lr) * 2
    for (lr, seed), value in found.items():
        at = math.log10(lr) + shift
        below = max(r for r in rates if math.log10(r) <= at + 1e-12)
        above = min((r for r in rates if r > below), default=below)
        part = (at - math.log10(below)) / math.log10(above / below) if above > below else 0.0
        expected = (1 - part) * smooth(below, seed) + part * smooth(above, seed)
        assert value == pytest.approx(100 / of.full_steps * expected, rel=1e-9)


def test_a_flow_that_overfits_is_read_at_as_much_flow_time():
    """Where training prefers the highest rate and the held-out part a low one, N steps at lr are T at lr N/T."""
    of = spec(keep="last", full_steps=1000, lr=GRID[:-7])  # N/T = 10 is three rates of the grid
    rates = GRID
    losses = {lr: (1 / (1 + lr), (math.log10(lr) + 2) ** 2) for lr in rates}
    raw = {lr: -abs(math.sin(i)) / 100 for i, lr in enumerate(rates)}
    found = projected([measured(lr, raw[lr], losses=losses[lr]) for lr in rates], of)
    same = projected([measured(lr, raw[lr]) for lr in rates], spec(full_steps=100, lr=rates))
    for i, lr in enumerate(of.lr):
        assert found[lr, 0] * 1000 == pytest.approx(same[rates[i + 3], 0] * 100, rel=1e-6)


def test_a_cosine_is_read_by_its_flow_time():
    """Half the area: rho is half as large, less what it loses in the probe's steps."""
    constant, cosine = spec(full_steps=20_000, steps=100), spec(full_steps=10_000, steps=100)
    along = spec(full_steps=20_000, steps=100, schedule="cosine")
    results = [measured(lr, -0.1 / (1 + math.log10(lr * 30) ** 2)) for lr in GRID]
    ahead = [projected(results, one)[GRID[2], 0] for one in (along, cosine)]
    assert ahead[0] * 20_000 == pytest.approx(ahead[1] * 10_000, rel=1e-3)
    assert projected(results, constant)[GRID[2], 0] * 20_000 < ahead[0] * 20_000


@pytest.mark.parametrize("lost", [diverged(GRID[9]), measured(GRID[9], -9.0, regime=Regime.DEAD)])
def test_a_rate_at_which_a_seed_is_lost_has_made_no_progress_and_none_counts_for_less(lost):
    of, good = spec(), [measured(lr, -0.01, seed=seed) for lr in GRID for seed in (0, 1)]
    with_none = [r for r in good if r.candidate.configuration.lr != GRID[9]]
    without = [measured(GRID[9], value, seed=seed) for seed, value in ((0, 0.0), (1, 0.3))]
    one_lost = [lost, measured(GRID[9], -0.01, seed=1)]
    assert projected([*with_none, *one_lost], of) == projected([*with_none, *without], of)


def test_who_diverged_itself_has_none():
    rest = [measured(lr, -0.01, seed=seed) for lr in GRID for seed in (0, 1) if (lr, seed) != (GRID[3], 0)]
    found = projected([*rest, diverged(GRID[3])], spec())
    assert found[GRID[3], 0] is None
    assert found[GRID[3], 1] is not None


def test_it_is_read_at_the_longest_length_at_which_all_in_reach_were_measured():
    """What halving stopped is read where it was stopped; a worker's death leaves no number rather than a wrong one."""
    of = spec()
    shift = math.log10(15) / 3
    kept = set(needed(GRID[3], [shift], GRID))
    results = [measured(lr, -0.01, seed=s, steps=(25, 100) if lr in kept else (25,)) for lr in GRID for s in (0, 1)]
    found = projected(results, of)
    at_end, early = -0.01 * 100 / 1500, -0.01 * 25 / 1500
    assert found[GRID[3], 0] == pytest.approx(at_end)
    assert found[GRID[0], 0] == pytest.approx(early)
    dead = Result.failed(Candidate(Configuration("relu", GRID[4]), 1), "killed")
    others = [r for r in results if r.candidate != dead.candidate]
    found = projected([*others, dead], of)
    assert found[GRID[3], 0] is None
    assert found[GRID[0], 0] == pytest.approx(early), "out of its reach"


def test_rates_above_are_read_and_left_out_and_an_earlier_length_reads_no_later_probe():
    of = spec()
    results = [measured(lr, -0.01, seed=s, steps=(50, 100)) for lr in GRID for s in (0, 1)]
    found = project(results, of)
    assert {r.candidate.configuration.lr for r in found} == set(of.lr)
    assert [m.projected for m in found[0].rungs] == [pytest.approx(-0.01 * t / 1500) for t in (50, 100)]
    assert [r.final.projected for r in project(results, spec(rank_by="effective"))] == [None] * 2 * len(of.lr)


def test_above_the_range_are_as_many_rates_as_the_furthest_reading_needs():
    of = spec(optimizer="momentum", lr="0.01,0.1", act="relu", sweep="momentum=0,0.9")
    rates = {m: [c.lr for c in above_the_range(of, 25) if dict(c.settings)["momentum"] == m] for m in (0, 0.9)}
    for momentum, found in rates.items():
        shift = (1 / 3 + momentum / 6) * math.log10(1500 / 25)
        assert math.log10(found[-1] / 0.1) >= shift + REACH - 1e-6
        assert math.log10(found[-2] / 0.1) < shift + REACH
    assert above_the_range(spec(full_steps=100), 100) == []
    assert above_the_range(spec(rank_by="loss"), 25) == []


@pytest.mark.parametrize(("keep", "picks"), [("best", 0.1), ("last", 0.01)])
def test_a_stalled_probe_may_be_recommended_where_the_last_checkpoint_is_kept(keep, picks):
    of = spec(keep=keep, act="relu", lr="0.01,0.1,1", full_steps=100)
    results = [measured(0.01, -0.03, regime=S), measured(0.1, -0.02), measured(1.0, -0.05, regime=X)]
    assert ranked(project(results, of), of).recommended.lr == picks


def test_a_leader_that_learns_nothing_is_not_recommended():
    of = spec(act="relu", lr="0.01,0.1,1", full_steps=100)
    results = [measured(lr, -0.0004) for lr in of.lr]
    assert ranked(project(results, of), of).recommended is None
    assert ranked(project([measured(lr, -0.0006) for lr in of.lr], of), of).recommended is not None


def test_the_real_thing_halved_or_not_has_one_scale_and_its_json_reads_again(tmp_path):
    settings = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "1e-3:3", "seeds": 2, "steps": 40}
    settings |= {"full_steps": 600, "jobs": 1}
    halved, whole = ls.screen(**settings), ls.screen(**settings, halving=False)
    assert halved.ranking.halved
    assert not whole.ranking.halved
    assert halved.recommended.projected == pytest.approx(
        np.mean([r.final.projected for r in halved.recommended.results])
    )
    of_whole = next(row for row in whole.ranking.rows if row.configuration == halved.recommended.configuration)
    # Rates out of reach, some of which halving stopped, weigh exp(-0.5 (0.5 / 0.2)^2) = 0.04 at most, one on each side.
    assert halved.recommended.projected == pytest.approx(of_whole.projected, rel=0.1)
    assert "recommended,projected,projected_low,projected_high,kantz_wolf_low" in halved.csv().splitlines()[0]
    halved.to_json(tmp_path / "r.json")
    assert json_reader.read(str(tmp_path / "r.json")).ranking == halved.ranking
