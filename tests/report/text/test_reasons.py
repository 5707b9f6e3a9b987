"""What is said of rows that look better than the one recommended, and of how each ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lyapscreen.report.text import order, reasons
from lyapscreen.report.text.verdicts import clause, verdict
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Full, Regime
from tests.helpers.rankings import DIV, C, S, X, altered, probed, results_of


@pytest.mark.parametrize(
    ("regimes", "said", "as_clause"),
    [
        ((C, C, C), "learns", "learns"),
        ((S, S, S), "hardly learns", "hardly learns in 100 steps"),
        ((C, X, C), "chaotic in 1 of 3 seeds", "is chaotic in 1 of 3 seeds"),
        ((S, C, C), "hardly learns in 1 of 3 seeds", "hardly learns in 100 steps in 1 of 3 seeds"),
        ((C, X, Regime.DEAD), "dead in 1, chaotic in 1 of 3 seeds", "is dead in 1, chaotic in 1 of 3 seeds"),
        ((X,), "chaotic", "is chaotic"),
        ((C, Regime.DIVERGED), "diverged in 1 of 2 seeds", "diverged in 1 of 2 seeds"),
        ((Regime.FAILED, Regime.FAILED), "failed", "failed"),
    ],
)
def test_the_verdict_on_a_row(regimes, said, as_clause):
    row = rank(results_of(effective=[-0.03] * len(regimes), regime=regimes)).rows[0]
    assert (verdict(row), clause(row)) == (said, as_clause)


def best_but(act, regime=C, mean=-0.04, score=2.0, **how):
    return [altered(r, held_out_score=score) for r in probed(act, 0.1, mean, regime, **how)]


def said_of(results, rank_by="effective", **how):
    ranking = rank(results, rank_by, **how)
    return " ".join(reasons.looks_better(ranking, ranking.recommended, "accuracy"))


PICK = probed("relu", 0.1, -0.05)


def test_a_row_of_the_best_accuracy_that_is_chaotic_in_one_seed_says_so():
    chaotic = best_but("tanh")
    chaotic[3] = altered(chaotic[3], regime=X)
    assert said_of([*PICK, *chaotic]) == (
        "tanh at lr 0.1 has the highest accuracy, 2.000 against 0.950, but is chaotic in 1 of 5 seeds, so "
        "that "
        "a repetition may end elsewhere."
    )


def test_the_other_reasons():
    assert said_of([*PICK, *best_but("tanh")]) == (
        "tanh at lr 0.1 has the highest accuracy, 2.000 against 0.950, but its effective speed is worse, -0.0400 "
        "against -0.0500."
    )
    assert said_of([*PICK, *best_but("tanh", mean=-0.0499, spread=0.002)]) == (
        "tanh at lr 0.1 has the highest accuracy, 2.000 against 0.950, but by effective speed the seeds cannot "
        "tell "
        "the two apart."
    )
    assert said_of([*PICK, *best_but("tanh", S)]) == (
        "tanh at lr 0.1 has the highest accuracy, 2.000 against 0.950, but hardly learns in 100 steps."
    )
    assert said_of([*PICK, *best_but("tanh", mean=-0.02, steps=50)]) == (
        "tanh at lr 0.1 has the highest accuracy, 2.000 against 0.950 (after 50 steps and 100), but it was "
        "stopped after 50 steps, behind those that went on."
    )


def test_a_value_stopped_early_that_is_better_than_the_pick_is_explained():
    """The first contradiction of a ranking by loss: 0.035 after 25 steps stands below 0.0529 after 100."""
    loss = {"held_out_score": None, "held_out_loss": 0.0529}
    went_on = [altered(r, **loss) for r in probed("relu", 0.1, -0.05)]
    stopped = [altered(r, **{**loss, "held_out_loss": 0.035}) for r in probed("tanh", 0.1, -0.05, steps=25)]
    assert [row.activation for row in rank([*stopped, *went_on], "loss").rows] == ["relu", "tanh"]
    assert said_of([*stopped, *went_on], "loss") == (
        "tanh at lr 0.1 has the lowest held-out loss, 0.0350 against 0.0529 (after 25 steps and 100), but it was "
        "stopped "
        "after 25 steps, behind those that went on."
    )
    assert order.order(rank([*stopped, *went_on], "loss")) == (
        "Order: what learns comes first, then by how far the probe went, then by held-out loss, the lowest first: "
        "values "
        "after 100 and 25 steps are compared only among themselves."
    )
    assert order.lengths(rank([*stopped, *went_on], "loss")) == [100, 25]


def test_full_training_is_a_reason():
    def trained(results, loss):
        return [replace(r, full=Full(500, loss, 400, loss)) for r in results]

    pick, other = trained(PICK, 0.1), best_but("tanh")
    assert said_of([*pick, *other]).endswith("but was not among those trained fully.")
    assert said_of([*pick, *trained(other, 0.2)]).endswith(
        "full training of it ends at 0.200 (95% interval 0.200 to 0.200), of the pick at 0.100 (95% interval 0.100 "
        "to 0.100)."
    )
    assert order.order(rank([*pick, *other])).startswith("Order: what was trained fully comes first, by its loss there")


def test_nothing_is_said_where_the_pick_is_best_or_no_digit_tells():
    assert said_of([*PICK, *probed("relu", 1.0, 0.0, DIV)]) == ""
    same = [altered(r, held_out_score=0.95001, held_out_loss=0.2) for r in probed("tanh", 0.1, -0.04)]
    assert said_of([*[altered(r, held_out_score=0.95, held_out_loss=0.2) for r in PICK], *same]) == ""


def test_on_one_scale_the_order_compares_all_lengths():
    results = [altered(r, projected=-0.05) for r in PICK] + [
        altered(r, projected=-0.01) for r in best_but("a", steps=25)
    ]
    ranking = rank(results, "projected", horizon=1500)
    assert order.lengths(ranking) == []
    assert order.order(ranking) == (
        "Order: what learns comes first, then by projected learning over 1,500 steps of training, the lowest first."
    )
    assert said_of(results, "projected", horizon=1500) == (
        "a at lr 0.1 has the highest accuracy, 2.000 against 0.950 (after 25 steps and 100), but is projected "
        "to learn less, -15.0 against -75.0."
    )
