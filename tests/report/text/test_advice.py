"""What is said about a ranking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lyapscreen.report.table.sparkline import MARKS
from lyapscreen.report.table.table import COLOURS
from lyapscreen.report.text import advice
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DEAD, DIV, RESULTS, SPEC, C, S, X, altered, probed, sentences_of, warnings_of
from tests.helpers.swept import result_with


def test_every_regime_has_its_mark_and_colour():
    assert set(COLOURS) == set(Regime) == {*MARKS, C}


def test_the_advice_on_a_ranking():
    # The interval: 2.776 * 0.004 * sqrt(10 / 4) / sqrt(5) = 0.00785 about the mean.
    assert sentences_of(RESULTS) == [
        "Recommended: tanh at lr 0.01, with lambda_eff -0.0501 per step (95% interval -0.0580 to -0.0422).",
        "Tied with it, as far as the seeds can tell: relu at lr 0.1.",
        "The nearest unstable learning rate of tanh is 0.1 (chaotic), 10 times as high.",
        "At half the steps (50) the pick was the same.",
        "No seed stands out.",
        "tanh at lr 0.1 has the highest held-out score, 1.010 against 0.950, but is chaotic, so that a repetition may "
        "end elsewhere.",
    ]
    assert warnings_of(RESULTS) == []


def test_only_three_rivals_are_named():
    results = [r for n in range(6) for r in probed("relu", 0.1 + n / 100, -0.05 + n / 1e4, spread=0.001 * (n + 1))]
    assert sentences_of(results)[:2] == [
        "Recommended: relu at lr 0.11, with lambda_eff -0.0499 per step (95% interval -0.0538 to -0.0460).",
        "It is preferred to relu at lr 0.1 (lambda_eff -0.0500), which the seeds cannot tell from it: its learning "
        "rate is the lowest one screened.",
    ]
    assert sentences_of(results)[2] == (
        "Tied with it, as far as the seeds can tell: relu at lr 0.1, relu at lr 0.12, relu at lr 0.13 and 2 more."
    )
    assert (
        sentences_of(results[:15])[2]
        == "Tied with it, as far as the seeds can tell: relu at lr 0.1 and relu at lr 0.12."
    )


def test_a_leader_without_rivals_or_without_seeds_to_tell():
    assert sentences_of(probed("relu", 0.1, -0.05) + probed("tanh", 0.1, -0.01))[1] == (
        "Nothing is tied with it: it leads by more than the seeds differ."
    )
    alone = [*probed("relu", 0.1, -0.05, seeds=1), *probed("tanh", 0.1, -0.01, seeds=1)]
    assert sentences_of(alone) == [
        "Recommended: relu at lr 0.1, with lambda_eff -0.0500 per step.",
        "With one seed nobody can tell luck from merit: --seeds 5 gives intervals and ties.",
        "No learning rate above it was screened for relu.",
        "At half the steps (50) the pick was the same.",
        "tanh at lr 0.1 has the highest held-out score, 0.990 against 0.950, but its lambda_eff is worse, -0.0100 "
        "against "
        "-0.0500.",
    ]


@pytest.mark.parametrize(
    ("above", "sentence"),
    [
        ([X, C], "The nearest unstable learning rate of relu is 0.2 (chaotic), 2 times as high."),
        ([C, DIV], "The nearest unstable learning rate of relu is 0.5 (diverged), 5 times as high."),
        ([S, DEAD], "The nearest unstable learning rate of relu is 0.5 (dead), 5 times as high."),
        ([S, Regime.FAILED], "No learning rate in range is unstable for relu."),
        ([], "No learning rate above it was screened for relu."),
    ],
)
def test_the_distance_to_what_is_unstable(above, sentence):
    results = [*probed("relu", 0.05, 0.01, X), *probed("relu", 0.1, -0.05), *probed("tanh", 0.15, 0.01, X)]
    for lr, regime in zip([0.2, 0.5], above, strict=False):
        results += probed("relu", lr, -0.04, regime)
    assert sentence in sentences_of(results)


@pytest.mark.parametrize(
    ("spread", "early", "pick"),
    [
        (1e-3, -0.04, "the same."),
        (1e-3, -0.09, "tanh at lr 0.1: try --steps 200 to see whether it settles."),
        (2e-2, -0.09, "tanh at lr 0.1, which is tied with the pick now."),
    ],
)
def test_whether_half_the_steps_gave_the_same_pick(spread, early, pick):
    results = probed("relu", 0.1, -0.05) + probed("tanh", 0.1, -0.04, spread=spread, halfway=early)
    assert f"At half the steps (50) the pick was {pick}" in sentences_of(results)


def test_nothing_was_recommended_halfway():
    results = [replace(r, rungs=(replace(r.rungs[0], regime=S), r.final)) for r in probed("relu", 0.1, -0.05)]
    assert "At half the steps (50) nothing was recommended yet." in sentences_of(results)


def test_a_seed_that_stands_out_is_named_beside_the_others():
    results = probed("relu", 0.1, -0.05)  # the others: -0.050, -0.051, -0.049, -0.052
    results[4] = altered(results[4], effective=-0.3)
    # Mean -0.0505, standard deviation 0.00129, three degrees of freedom: 3.182 * 0.00129 / 2 = 0.00205.
    assert sentences_of(results)[-1] == (
        "Seed 4 stands out: lambda_eff -0.3000; the others' mean is -0.0505, 95% interval -0.0526 to -0.0484."
    )
    assert sentences_of(results[:3])[-1] == "No seed stands out."
    assert not any("stands out" in sentence for sentence in sentences_of(results[3:]))


def test_the_advice_is_about_what_the_ranking_is_sorted_by():
    assert (
        sentences_of(RESULTS, rank_by="loss")[0]
        == "Recommended: tanh at lr 0.01, with held-out loss 0.200 (95% interval 0.192 to 0.208)."
    )
    assert sentences_of(RESULTS, rank_by="lyapunov")[0] == (
        "Recommended: relu at lr 0.01, with T lambda_1 2.00 (95% interval 1.80 to 2.20)."
    )


@pytest.mark.parametrize(
    ("best", "which", "wider"),
    [(0.001, "0.001 is the lowest", "1e-4:1"), (0.01, "", ""), (1.0, "1 is the highest", "1e-3:10")],
)
def test_a_pick_at_an_end_of_the_range_is_warned_of(best, which, wider):
    results = [result for lr in SPEC.lr for result in probed("relu", lr, -0.05 if lr == best else -0.01)]
    warning = f"The recommended learning rate {which} one screened: the best may lie outside. Try --lr {wider}."
    assert warnings_of(results) == ([warning] if which else [])
    assert warnings_of(probed("relu", best, -0.05), Spec.of(act="relu", lr=str(best))) == []


@pytest.mark.parametrize(
    ("regimes", "ends", "advised"),
    [
        ([S, S, S, S], "4 stalled", "Try more steps: --steps 1000, or higher learning rates: --lr 1:1e3."),
        ([X, X, DIV, DIV], "2 chaotic and 2 diverged", "Try lower learning rates: --lr 1e-6:1e-3."),
        (
            [S, S, X, DIV],
            "2 stalled, 1 chaotic and 1 diverged",
            "Try more steps: --steps 1000, or look closer where it turns: --lr 0.01:0.1.",
        ),
        ([X, S, S, S], "3 stalled and 1 chaotic", "Try more steps: --steps 1000."),
        ([DEAD] * 4, "4 dead", "Try lower learning rates, --lr 1e-6:1e-3, or other activations, --act all."),
    ],
)
def test_nothing_recommended_says_why_and_what_to_try(regimes, ends, advised):
    results = [r for lr, regime in zip(SPEC.lr, regimes, strict=True) for r in probed("relu", lr, -0.01, regime)]
    assert warnings_of(results) == [f"No configuration converges: {ends}. {advised}"]
    assert sentences_of(results) == ["Nothing is recommended."]


def test_a_range_to_try_is_never_empty():
    results = [*probed("relu", 0.01, -0.01, X), *probed("tanh", 0.01, -0.01, S), *probed("tanh", 0.001, -0.01, S)]
    assert warnings_of(results)[0].endswith("or look closer where it turns: --lr 1e-3:0.01.")


def test_failures_are_told_with_their_first_reason():
    failed = Result.failed(Candidate(Configuration("relu", 0.1), 0), "killed by signal 9")
    assert warnings_of([failed]) == ["No configuration converges: 1 failed. The first reason: killed by signal 9."]


def test_a_merit_that_is_undefined_recommends_nothing():
    results = [altered(r, lyapunov=None) for r in probed("relu", 0.1, -0.05)]
    assert warnings_of(results, rank_by="lyapunov") == [
        "No converging configuration has a lambda_1 for each seed. Try --rank-by loss."
    ]


def test_the_advice_names_the_settings():
    results = [
        *result_with("relu", 0.1, -0.05, momentum=0.9, width=64),
        *result_with("relu", 0.1, -0.0499, spread=0.002, momentum=0.0, width=64),
        *result_with("relu", 1.0, 0.1, regime=Regime.CHAOTIC, momentum=0.0, width=64),
    ]
    ranking = rank(results)
    assert advice.sentences(ranking, rank(results, at=50), Spec.of(lr="0.1,1"))[:4] == [
        "Recommended: relu at lr 0.1 (momentum 0.9, width 64), with lambda_eff -0.0500 per step (95% interval -0.0520 "
        "to -0.0480).",
        "Tied with it, as far as the seeds can tell: relu at lr 0.1 (momentum 0, width 64).",
        "No learning rate above it was screened for relu (momentum 0.9, width 64).",
        "At half the steps (50) the pick was the same.",
    ]
