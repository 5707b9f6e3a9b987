"""Successive halving: who goes on, that nothing is run twice, and that what went on is what would have been."""

import errno
from dataclasses import replace

import numpy as np
import pytest
import torch

import lyapscreen as ls
from lyapscreen import execution
from lyapscreen.errors import EnvironmentFailure
from lyapscreen.probe.packing import packed, unpacked
from lyapscreen.probe.probe import ProbeTask, probe
from lyapscreen.results.projection import project
from lyapscreen.results.ranking import rank, ranked
from lyapscreen.results.records import Regime, windows
from lyapscreen.screening import checkpoints
from lyapscreen.screening.checkpoints import Checkpoints
from lyapscreen.screening.halving import Rung, replayed, room, rungs, survivors
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import C, S, probed


def small(**settings):
    return Spec.of(
        **{"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "1e-3:3:6", "seeds": 2, "steps": 40, **settings}
    )


def steps_of(screening):
    return {row.configuration: row.steps for row in screening.ranking.rows}


@pytest.mark.parametrize(
    ("configurations", "steps", "expected"),
    [
        (100, 100, [(0, 25, 100), (25, 50, 20), (50, 100, 10)]),
        (26, 100, [(0, 25, 26), (25, 50, 5), (50, 100, 3)]),
        (10, 43, [(0, 10, 10), (10, 21, 2), (21, 43, 2)]),
    ],
)
def test_a_quarter_for_all_then_the_best_fifth_to_half_and_the_best_tenth_to_the_end(configurations, steps, expected):
    found = rungs(small(steps=steps, rank_by="effective"), configurations)
    assert [(rung.begin, rung.end, rung.share) for rung in found] == expected


def test_read_ahead_shares_are_twice_as_large_and_count_what_is_read_beyond_the_range():
    found = rungs(small(steps=100), 26, beyond=8)
    assert [(rung.begin, rung.end, rung.share) for rung in found] == [(0, 25, 34), (25, 50, 14), (50, 100, 7)]
    (whole,) = rungs(small(steps=100), 9, beyond=8)
    assert (whole.lengths, whole.share) == ((50, 100), 17), "nine are too few, whatever is probed besides"
    (last,) = rungs(small(steps=100, keep="last"), 26, beyond=8)
    assert last.lengths == (50, 100)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_who_leads_at_the_end_was_read_there(optimizer):
    """The rates that the best are read at go on with them, so that the leader's exponent is of the whole probe."""
    settings = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "1e-3:3", "seeds": 2, "steps": 40}
    s = ls.screen(**settings, optimizer=optimizer, jobs=1)
    whole = ls.screen(**settings, optimizer=optimizer, jobs=1, halving=False)
    leader = s.ranking.rows[0]
    assert s.ranking.halved
    assert leader.steps == 40
    same = next(row for row in whole.ranking.rows if row.configuration == leader.configuration)
    # Out of reach a rate weighs exp(-0.5 (0.5 / 0.2)^2) = 0.04 at most, and there is one on each side.
    assert leader.projected == pytest.approx(same.projected, rel=0.1)


@pytest.mark.parametrize(
    ("configurations", "settings"),
    [(9, {}), (100, {"steps": 39}), (100, {"halving": False}), (100, {"kantz_wolf": True})],
)
def test_few_configurations_short_probes_and_the_papers_estimate_are_not_halved(configurations, settings):
    (rung,) = rungs(small(**settings), configurations)
    assert (rung.begin, rung.share) == (0, configurations)
    assert rung.lengths == (rung.end // 2, rung.end)


@pytest.mark.parametrize("diverged", [0, 0.3])
@pytest.mark.parametrize("configurations", [10, 11, 13, 26, 57, 100, 2000])
def test_ties_never_take_it_beyond_two_fifths_of_probing_everything(configurations, diverged):
    """All living configurations are tied; what has diverged takes no steps in either way of probing."""
    lost = int(configurations * diverged)
    ladder = rungs(small(steps=100, rank_by="effective"), configurations)
    first = [r for i in range(configurations - lost) for r in probed("relu", 1.0 + i, -0.05, spread=0.01, steps=25)] + [
        r for i in range(lost) for r in probed("tanh", 1.0 + i, 0, Regime.DIVERGED, steps=2)
    ]
    everything = rank(first)
    assert {row.group for row in everything.rows} <= {1, None}, "the case has to be all ties"
    going = survivors(everything, ladder, 1, room(first, 100))
    on = [r for r in first if r.candidate.configuration in going]
    later = [r.then(replace(r, rungs=(replace(r.final, steps=50),))) for r in on]
    then = [*later, *(r for r in first if r not in on)]
    last = survivors(rank(later), ladder, 2, room(then, 100))
    assert ladder[1].share <= len(going) <= 2 * ladder[1].share
    assert ladder[2].share <= len(last) <= 2 * ladder[2].share
    active = configurations - lost
    spent = active * 25 + len(going) * 25 + len(last) * 50 + lost
    shares = active * 25 + ladder[1].share * 25 + ladder[2].share * 50 + lost
    assert spent <= max(shares, 0.4 * (active * 100 + lost)) + 1e-9


def test_the_share_goes_on_and_ties_with_the_leader_beyond_it():
    ladder = (Rung(0, (25,), 20), Rung(25, (50,), 2), Rung(50, (100,), 2))
    lead = [*probed("relu", 1, -0.05, spread=0.01), *probed("relu", 2, -0.049, spread=0.02)]
    rest = [r for i in range(3, 11) for r in probed("relu", i, -0.001 * i, S, spread=1e-5)]
    tied = probed("relu", 20, -0.0485, spread=0.02)
    plenty = 5 * 300.0
    assert [c.lr for c in survivors(rank(lead + rest), ladder, 1, plenty)] == [1, 2]
    assert [c.lr for c in survivors(rank(lead + tied + rest), ladder, 1, plenty)] == [1, 2, 20]
    assert [c.lr for c in survivors(rank(lead + tied + rest), ladder, 1, 5 * 150.0)] == [1, 2]


def test_who_is_dead_diverged_or_failed_does_not_go_on():
    ladder = (Rung(0, (25,), 10), Rung(25, (50,), 3))
    results = [*probed("relu", 1, -0.05, C), *probed("relu", 2, -0.5, Regime.DEAD)]
    results += [*probed("relu", 3, 0, Regime.DIVERGED), *probed("relu", 4, -0.001, S)]
    assert [c.lr for c in survivors(rank(results), ladder, 1, 0.0)] == [1, 4]
    assert survivors(rank(probed("relu", 3, 0, Regime.DIVERGED)), ladder, 1, 0.0) == []


@pytest.mark.parametrize(
    "settings", [{}, {"optimizer": "adam"}, {"estimator": "two-trajectory", "act": "tanh,sigmoid"}]
)
def test_a_survivor_ends_where_it_would_have_ended_without_halving(settings):
    """Float64 rounding apart: a batch of other candidates may add up in another order."""
    halved, whole = (
        carry_out(prepare(small(dtype="float64", halving=halving, **settings)), jobs=1) for halving in (True, False)
    )
    ends = {r.candidate: r for row in whole.ranking.rows for r in row.results}
    seen = 0
    for row in halved.ranking.rows:
        for result in row.results:
            other = ends[result.candidate]
            if result.final.steps == 40:
                seen += 1
                assert result.final.lyapunov == pytest.approx(other.final.lyapunov, abs=1e-10)
                assert result.final.transverse == pytest.approx(other.final.transverse, abs=1e-10)
                assert result.local == pytest.approx(other.local, abs=1e-9)
                assert result.at(20).effective == pytest.approx(other.at(20).effective, abs=1e-10)
    assert seen >= 2


def test_who_went_further_ranks_first_within_a_regime_and_no_step_is_taken_twice(monkeypatch):
    tasks = []

    def watched(function, works, jobs):
        tasks.extend((task.begin, task.lengths, c) for task in works for c in task.batch.candidates)
        yield from execute_as_ever(function, works, jobs)

    execute_as_ever = execution.execute
    monkeypatch.setattr(execution, "execute", watched)
    screening = carry_out(prepare(small(rank_by="effective")), jobs=1)
    reached = [row.steps for row in screening.ranking.rows if row.regime is Regime.CONVERGING]
    assert reached == sorted(reached, reverse=True)
    assert screening.recommended.steps == 40
    for candidate in {c for *_, c in tasks}:
        mine = [(begin, lengths[-1]) for begin, lengths, c in tasks if c == candidate]
        assert mine == [(0, 10), (10, 20), (20, 40)][: len(mine)]
    assert len(tasks) < 2 * 12 * 2


def test_the_same_bytes_whatever_the_jobs():
    plan = prepare(small(memory="64kB"))
    assert len(plan.batches) > 2, "the case has to have batches to share out"
    assert carry_out(plan, jobs=1).json() == carry_out(plan, jobs=2).json()


def test_memory_divides_the_work_and_is_part_of_the_spec():
    few, many = prepare(small(memory="10MiB")), prepare(small(memory="50 KiB"))
    assert len(few.batches) == 2 < len(many.batches)
    assert all(len(b.candidates) * many.bytes_per_candidate <= many.spec.memory for b in many.batches)
    assert few.spec.hash({}, "") != many.spec.hash({}, "")
    with pytest.raises(ls.LyapscreenError, match="one candidate of this model takes about 1 MiB"):
        prepare(small(memory="1kB"))


def test_local_exponents_add_up_to_the_exponent():
    (row, *_) = carry_out(prepare(small(dtype="float64")), jobs=1).ranking.rows
    ends = [0, *windows(40)]
    for result in row.results:
        widths = np.diff(ends)[: len(result.local)]
        assert ends[len(result.local)] == row.steps
        assert np.dot(result.local, widths) / row.steps == pytest.approx(result.final.lyapunov, abs=1e-12)


def test_states_come_back_bit_for_bit_in_any_order(tmp_path):
    tree = {"a": torch.randn(3, 2, 2), "b": (torch.arange(3), torch.tensor([True, False, True]))}
    tree["c"] = torch.tensor([1.0, -torch.inf, torch.nan], dtype=torch.float64)
    who = [Candidate(Configuration("relu", 0.1), seed) for seed in range(3)]
    kept = Checkpoints(tmp_path)
    kept.keep("a", who[:1], packed(unpacked(packed(tree)[:1], tree)))
    kept.keep("b", who[1:], packed(tree)[1:])
    back = unpacked(kept.of([who[2], who[0]]), tree)
    kept.drop_all_but(who[1:])
    with pytest.raises(KeyError):
        kept.of(who[:1])
    assert [path.name for path in tmp_path.iterdir()] == ["b.npy"]
    assert torch.equal(back["a"], tree["a"][[2, 0]])
    assert back["b"][0].tolist() == [2, 0]
    assert back["b"][1].tolist() == [True, True]
    assert torch.equal(back["c"].isnan(), torch.tensor([True, False]))


def test_where_nobody_survives_the_first_rung_nothing_is_recommended(tmp_path):
    found = ls.screen(data="wine", model="mlp:8", act="tanh,relu", lr="1e6:1e9:8", seeds=2, steps=60, jobs=1)
    assert {row.regime for row in found.ranking.rows} == {Regime.DIVERGED}
    assert found.recommended is None
    assert survivors(rank([]), (Rung(0, (25,), 10), Rung(25, (50,), 2)), 1, 100.0) == []


def test_a_full_disk_between_rungs_is_the_environments_failure(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints.Path, "replace", full)
    with pytest.raises(EnvironmentFailure, match=r"No space left on device. Free some space, set TMPDIR"):
        carry_out(prepare(small()), jobs=1)


def test_halving_replayed_is_halving_done():
    settings = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "1e-3:3:6", "seeds": 2, "steps": 40}
    done = ls.screen(**settings, dtype="float64", jobs=1)
    plan = prepare(Spec.of(**settings, dtype="float64"))
    lengths = tuple(rung.end for rung in plan.rungs)
    whole = [r for batch in plan.batches for r in probe(plan.spec, plan.data, ProbeTask(batch, lengths)).results]
    again = ranked(project(replayed(whole, plan.spec, plan.rungs), plan.spec), plan.spec)
    assert [row.configuration for row in again.rows] == [row.configuration for row in done.ranking.rows]
    assert [row.steps for row in again.rows] == [row.steps for row in done.ranking.rows]
    assert [row.effective for row in again.rows] == pytest.approx([row.effective for row in done.ranking.rows])
