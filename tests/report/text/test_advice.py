"""What is said about a ranking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lyapscreen.report.table.sparkline import MARKS
from lyapscreen.report.table.table import COLOURS
from lyapscreen.report.text import answer
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers import rankings
from tests.helpers.rankings import DEAD, DIV, RESULTS, SPEC, C, S, X, altered, probed, sentences_of, warnings_of
from tests.helpers.swept import result_with


def test_every_regime_has_its_mark_and_colour():
    assert set(COLOURS) == set(Regime) == {*MARKS, C}


def facts_of(results, spec=SPEC, rank_by="effective"):
    """The facts by their labels."""
    ranking, halfway = rank(results, rank_by), rank(results, rank_by, at=50)
    return {fact.label: fact.text for fact in rankings.facts_of(ranking, halfway, spec)}


def test_the_answer_of_a_ranking():
    # The interval: 2.776 * 0.004 * sqrt(10 / 4) / sqrt(5) = 0.00785 about the mean.
    assert facts_of(RESULTS) == {
        "settings": "lr=0.01, activation=tanh, optimizer=sgd, batch_size=64",
        "for": "learning in the 100 steps of a probe; --rank-by projected is for a longer training",
        "as good": "relu at lr 0.1, as far as 5 seeds can tell",
        "expect": "accuracy 0.950 (95%: 0.942 to 0.958); held-out loss 0.200 (95%: 0.192 to 0.208); after 100 steps",
        "how sure": "5 seeds tell it from all others but those as good; same pick at half the steps",
        "safe": "the next learning rate screened, 0.1 (10 times as high), is chaotic",
        "why not": "tanh at lr 0.1 has the highest accuracy, 1.010 against 0.950, but is chaotic, so that a repetition "
        "may end elsewhere",
    }
    assert sentences_of(RESULTS)[:2] == [
        "Recommended: tanh at lr 0.01.",
        "Settings: lr=0.01, activation=tanh, optimizer=sgd, batch_size=64.",
    ]
    assert warnings_of(RESULTS) == []


def test_settings_are_those_that_were_used():
    used = facts_of(RESULTS, Spec.of(optimizer="adamw", weight_decay=0.1, schedule="cosine", warmup=5, clip_norm=1.0))
    assert used["settings"] == (
        "lr=0.01, activation=tanh, optimizer=adamw, weight_decay=0.1, clip_norm=1.0, batch_size=64, schedule=cosine, "
        "warmup=5"
    )
    assert ", momentum=0.9" in facts_of(RESULTS, Spec.of(optimizer="nesterov"))["settings"]


def test_only_three_rivals_are_named():
    results = [r for n in range(6) for r in probed(f"act{n}", 0.1 + n / 100, -0.05 + n / 1e4, spread=0.001 * (n + 1))]
    assert facts_of(results)["as good"] == (
        "act0 at lr 0.1, act2 at lr 0.12, act3 at lr 0.13 and 2 more, as far as 5 seeds can tell"
    )
    assert facts_of(results)["why not"].startswith(
        "It is preferred to act0 at lr 0.1 (effective speed -0.0500), which the seeds cannot tell from it: its "
        "learning rate is the lowest one screened"
    )
    assert facts_of(results[:15])["as good"] == "act0 at lr 0.1 and act2 at lr 0.12, as far as 5 seeds can tell"


def test_rates_as_good_are_a_range():
    results = [r for n in range(4) for r in probed("relu", 0.1 + n / 100, -0.05 + n / 1e4, spread=0.001 * (n + 1))]
    assert facts_of(results)["as good"] == "lr 0.1 to 0.13 of relu, as far as 5 seeds can tell"


def test_a_leader_without_rivals_or_without_seeds_to_tell():
    led = facts_of(probed("relu", 0.1, -0.05) + probed("tanh", 0.1, -0.01))
    assert led["as good"] == "nothing else that was screened"
    assert led["how sure"].startswith("leads seed by seed beyond chance")
    alone = facts_of([*probed("relu", 0.1, -0.05, seeds=1), *probed("tanh", 0.1, -0.01, seeds=1)])
    assert "as good" not in alone
    assert alone["how sure"].startswith("one seed cannot tell luck from merit: --seeds 5 gives intervals and ties")
    assert "95%" not in alone["expect"]


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ([X, C], "the next learning rate screened, 0.2 (2 times as high), is chaotic"),
        ([C, DIV], "stable up to lr 0.2 (2 times as high); lr 0.5 (5 times) diverged"),
        ([S, DEAD], "stable up to lr 0.2 (2 times as high); lr 0.5 (5 times) is dead"),
        ([S, Regime.FAILED], "stable up to lr 0.2 (2 times as high), the highest known to be"),
        ([C, C], "stable up to lr 0.5 (5 times as high), the highest known to be"),
        ([], "no higher learning rate of relu was screened; lyapscreen edge finds where it turns unstable"),
    ],
)
def test_the_distance_to_what_is_unstable(above, said):
    results = [*probed("relu", 0.05, 0.01, X), *probed("relu", 0.1, -0.05), *probed("tanh", 0.15, 0.01, X)]
    for lr, regime in zip([0.2, 0.5], above, strict=False):
        results += probed("relu", lr, -0.04, regime)
    assert facts_of(results)["safe"] == said


@pytest.mark.parametrize(
    ("spread", "early", "said"),
    [
        (1e-3, -0.04, "same pick at half the steps"),
        (1e-3, -0.09, "another pick at half the steps: tanh at lr 0.1 (--steps 200 shows whether it settles)"),
        (2e-2, -0.09, "another pick at half the steps: tanh at lr 0.1, which is as good now"),
    ],
)
def test_whether_half_the_steps_gave_the_same_pick(spread, early, said):
    results = probed("relu", 0.1, -0.05) + probed("tanh", 0.1, -0.04, spread=spread, halfway=early)
    assert facts_of(results)["how sure"].endswith(said)


def test_nothing_was_recommended_halfway():
    results = [replace(r, rungs=(replace(r.rungs[0], regime=S), r.final)) for r in probed("relu", 0.1, -0.05)]
    assert facts_of(results)["how sure"] == "nothing was recommended yet at half the steps"


def test_a_seed_that_stands_out_is_named_beside_the_others():
    results = probed("relu", 0.1, -0.05)  # the others: -0.050, -0.051, -0.049, -0.052
    results[4] = altered(results[4], effective=-0.3)
    # Mean -0.0505, standard deviation 0.00129, three degrees of freedom: 3.182 * 0.00129 / 2 = 0.00205.
    assert facts_of(results)["how sure"].endswith(
        "; seed 4 stands out: effective speed -0.3000; the others' mean is -0.0505, 95% interval -0.0526 to -0.0484"
    )
    assert "stands out" not in facts_of(results[:3])["how sure"]


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
        ([S, S, S, S], "4 hardly learn", "Try more steps: --steps 1000, or higher learning rates: --lr 1:1e3."),
        ([X, X, DIV, DIV], "2 are chaotic and 2 diverge", "Try lower learning rates: --lr 1e-6:1e-3."),
        (
            [S, S, X, DIV],
            "2 hardly learn, 1 is chaotic and 1 diverges",
            "Try more steps: --steps 1000, or look closer where it turns: --lr 0.01:0.1.",
        ),
        ([X, S, S, S], "3 hardly learn and 1 is chaotic", "Try more steps: --steps 1000."),
        ([DEAD] * 4, "4 are dead", "Try lower learning rates, --lr 1e-6:1e-3, or other activations, --act all."),
    ],
)
def test_nothing_recommended_says_why_and_what_to_try(regimes, ends, advised):
    results = [r for lr, regime in zip(SPEC.lr, regimes, strict=True) for r in probed("relu", lr, -0.01, regime)]
    assert warnings_of(results) == [f"No configuration learns: {ends}. {advised}"]
    assert sentences_of(results) == ["Nothing is recommended."]


def test_a_range_to_try_is_never_empty():
    results = [*probed("relu", 0.01, -0.01, X), *probed("tanh", 0.01, -0.01, S), *probed("tanh", 0.001, -0.01, S)]
    assert warnings_of(results)[0].endswith("or look closer where it turns: --lr 1e-3:0.01.")


def test_failures_are_told_with_their_first_reason():
    failed = Result.failed(Candidate(Configuration("relu", 0.1), 0), "killed by signal 9")
    assert warnings_of([failed]) == ["No configuration learns: 1 failed. The first reason: killed by signal 9."]


def test_a_merit_that_is_undefined_recommends_nothing():
    results = [altered(r, lyapunov=None) for r in probed("relu", 0.1, -0.05)]
    assert warnings_of(results, rank_by="lyapunov") == [
        "No configuration that learns has a number for instability in every seed. Try --rank-by loss."
    ]


def test_the_answer_names_the_settings():
    results = [
        *result_with("relu", 0.1, -0.05, momentum=0.9, width=64),
        *result_with("relu", 0.1, -0.0499, spread=0.002, momentum=0.0, width=64),
        *result_with("relu", 1.0, 0.1, regime=Regime.CHAOTIC, momentum=0.0, width=64),
    ]
    assert answer.headline(rank(results)) == "USE relu, lr 0.1, momentum 0.9, width 64"
    spec = Spec.of(lr="0.1,1", optimizer="momentum", model="net.py:make", sweep=["momentum=0,0.9", "width=64"])
    found = facts_of(results, spec)
    assert found["settings"] == "lr=0.1, activation=relu, optimizer=momentum, momentum=0.9, batch_size=64, width=64"
    assert found["as good"] == "relu at lr 0.1 (momentum 0, width 64), as far as 5 seeds can tell"
    assert found["safe"].startswith("no higher learning rate of relu (momentum 0.9, width 64) was screened")
