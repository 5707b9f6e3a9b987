"""A choice judged against a ranking: every condition, passed, failed, inconclusive and undefined."""

import math
from dataclasses import replace

import pytest

from lyapscreen.results.edge import EdgeRegime, FamilyEdge, SeedEdge
from lyapscreen.results.gate import Limits, judge, outcome
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.results.verdict import Outcome
from lyapscreen.spec.candidates import Configuration
from tests.helpers.rankings import C, S, X, altered, probed

BEYOND, BELOW = EdgeRegime.BEYOND, EdgeRegime.BELOW


PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


CHOICE = Configuration("relu", 0.1)


RIVALS = [*probed("tanh", 0.1, -0.05, spread=0.0005), *probed("tanh", 0.01, -0.02), *probed("tanh", 1.0, 0.0, S)]


def choice(mean=-0.045, regime=C, *, lyapunov=None, **more):
    """The choice's results; lambda_1 is that of `probed`, minus the mean, unless given: its half interval is 0.00196
    for a spread of 0.001 over 5 seeds."""
    found = probed("relu", 0.1, mean, regime, **more)
    return found if lyapunov is None else [altered(r, lyapunov=value) for r, value in zip(found, lyapunov, strict=True)]


def edge(*edges, regime=EdgeRegime.FOUND, ragged=None):
    def of(seed, lr):
        stable = None if regime is EdgeRegime.BELOW else lr / 1.01
        unstable = None if regime is EdgeRegime.BEYOND else lr * 1.01
        return SeedEdge(seed, regime, stable, unstable, ragged)

    return FamilyEdge("relu", (), None, False, tuple(of(seed, lr) for seed, lr in enumerate(edges)))


def judged(results, *, edge=None, baseline=None, rivals=RIVALS, **limits):
    ranking = rank([*results, *rivals])
    row = next(row for row in ranking.rows if row.configuration == CHOICE)
    before = None if baseline is None else rank(baseline).rows[0]
    return judge(ranking, row, Limits(**limits), edge=edge, baseline=before, score_name="accuracy")


def stopped(results):
    """As halving leaves them at half the steps."""
    return [replace(r, rungs=r.rungs[:1]) for r in results]


def late(results):
    """Their last seed diverges after half the steps."""
    end = Measures(Regime.DIVERGED, 77)
    return [*results[:-1], replace(results[-1], rungs=(results[-1].rungs[0], end))]


ONE = {"seeds": 1}


NONE = [None] * 5


CASES = {
    "converging": (choice(), {}, PASS, "in all 5 seeds"),
    "stalled": (choice(regime=S), {}, FAIL, "stalled in 5 of 5 seeds"),
    "chaotic in one seed": ([*choice()[:-1], altered(choice()[-1], regime=X)], {}, FAIL, "chaotic in 1 of 5 seeds"),
    "diverged": (choice(regime=Regime.DIVERGED), {}, FAIL, "diverged in 5 of 5 seeds"),
    "failed": ([Result.failed(r.candidate, "killed") for r in choice()], {}, FAIL, "failed in 5 of 5 seeds"),
    "converging, one seed": (choice(**ONE), {}, PASS, "in its one seed"),
    # lambda_1 is 0.045 with the interval 0.0430 to 0.0470.
    "lyapunov below": (choice(), {"max_lyapunov": 0.0475}, PASS, "lambda_1 per step"),
    "lyapunov above": (choice(), {"max_lyapunov": 0.0425}, FAIL, ""),
    "lyapunov near": (choice(), {"max_lyapunov": 0.0455}, UNDECIDED, ""),
    "lyapunov exactly": (choice(spread=0), {"max_lyapunov": 0.045}, PASS, ""),
    "lyapunov of one seed": (choice(**ONE), {"max_lyapunov": 1.0}, UNDECIDED, "one seed gives no interval"),
    "lyapunov undefined": (choice(lyapunov=NONE), {"max_lyapunov": 1.0}, UNDECIDED, "is undefined"),
    "lyapunov NaN": (choice(lyapunov=[math.nan] * 5), {"max_lyapunov": 1.0}, UNDECIDED, "is undefined"),
    "lyapunov NaN in one seed": (choice(lyapunov=[0.0] * 4 + [math.nan]), {"max_lyapunov": 1.0}, UNDECIDED, ""),
    "lyapunov infinite": (choice(lyapunov=[math.inf] * 5), {"max_lyapunov": 1.0}, UNDECIDED, "is undefined"),
    "lyapunov of the diverged": (choice(regime=Regime.DIVERGED), {"max_lyapunov": 1.0}, FAIL, "ended diverged"),
    # The held-out loss is 0.25 plus the mean of lambda_eff, here 0.205 +-0.00196; the score is 0.955 +-0.00196.
    "loss below": (choice(), {"max_loss": 0.21}, PASS, "held-out loss after 100 steps of the probe"),
    "loss above": (choice(), {"max_loss": 0.2}, FAIL, ""),
    "loss near": (choice(), {"max_loss": 0.2055}, UNDECIDED, ""),
    "loss exactly": (choice(spread=0), {"max_loss": 0.205 + 1e-12}, PASS, ""),
    "loss of one seed": (choice(**ONE), {"max_loss": 9.0}, UNDECIDED, "one seed gives no interval"),
    "loss NaN in one seed": ([*choice()[:-1], altered(choice()[-1], held_out_loss=math.nan)], {"max_loss": 9.0},
                             UNDECIDED, "is undefined"),
    "loss of the diverged": (choice(regime=Regime.DIVERGED), {"max_loss": 9.0}, FAIL, "ended diverged"),
    "loss, stopped early": (stopped(choice()), {"max_loss": 0.21}, PASS, "held-out loss after 50 steps of the probe"),
    "score above": (choice(), {"min_score": 0.95}, PASS, "held-out accuracy after 100 steps of the probe"),
    "score below": (choice(), {"min_score": 0.96}, FAIL, ""),
    "score near": (choice(), {"min_score": 0.9555}, UNDECIDED, ""),
    "score exactly": (choice(spread=0), {"min_score": 0.955 - 1e-12}, PASS, ""),
    "score of one seed": (choice(**ONE), {"min_score": 0.0}, UNDECIDED, "one seed gives no interval"),
    "score undefined": ([altered(r, held_out_score=None) for r in choice()], {"min_score": 0.0}, UNDECIDED,
                        "held-out accuracy after 100 steps of the probe is undefined"),
    "score of the diverged": (choice(regime=Regime.DIVERGED), {"min_score": 0.0}, FAIL, "ended diverged"),
    # The best has -0.05, so that -0.045 falls short by 10 %, with an interval of some 2 % either way.
    "within": (choice(), {"within": 0.15}, PASS, "behind tanh at lr 0.1"),
    "not within": (choice(), {"within": 0.05}, FAIL, ""),
    "perhaps within": (choice(), {"within": 0.1}, UNDECIDED, ""),
    "the best is within 0": (choice(-0.06), {"within": 0.0}, PASS, "it is the best"),
    "better than the best of old": (choice(-0.08), {"within": 0.0}, PASS, ""),
    "within, one seed": (choice(**ONE), {"within": 0.5}, UNDECIDED, "one seed gives no interval"),
    "within, undefined": ([altered(r, effective=None) for r in choice(halfway=math.nan)], {"within": 9.0}, UNDECIDED,
                          "no lambda_eff"),
    "within, diverged": (choice(regime=Regime.DIVERGED), {"within": 9.0}, FAIL, "the choice ended diverged"),
    "top": (choice(), {"top": 2}, PASS, "its rank among 4, tied with none"),
    "not top": (choice(), {"top": 1}, FAIL, ""),
    "perhaps top": (choice(-0.0495, spread=0.004), {"top": 1}, UNDECIDED, "tied with 1 more"),
    "tied within the top": (choice(-0.0495, spread=0.004), {"top": 2}, PASS, ""),
    "top, one seed": (choice(**ONE), {"top": 9}, UNDECIDED, "one seed gives no interval"),
    "top, diverged": (choice(regime=Regime.DIVERGED), {"top": 9}, FAIL, "nothing to rank it by"),
    "top, undefined": ([altered(r, effective=math.nan) for r in choice()], {"top": 9}, UNDECIDED, "nothing to rank"),
    # The lr is 0.1.
    "headroom": (choice(), {"headroom": 2.0, "edge": edge(0.3, 0.31, 0.32)}, PASS, "edge of stability, lr 0.31"),
    "no headroom": (choice(), {"headroom": 4.0, "edge": edge(0.3, 0.31, 0.32)}, FAIL, ""),
    "perhaps headroom": (choice(), {"headroom": 3.0, "edge": edge(0.3, 0.31, 0.32)}, UNDECIDED, ""),
    "headroom, ragged": (choice(), {"headroom": 2.0, "edge": edge(0.3, 0.31, ragged=4.0)}, PASS, "ragged in all"),
    "headroom beyond": (choice(), {"headroom": 2.0, "edge": edge(1, 1, regime=BEYOND)}, PASS, "beyond lr"),
    "headroom unknown": (choice(), {"headroom": 20.0, "edge": edge(1, 1, regime=BEYOND)}, UNDECIDED, ""),
    "headroom below": (choice(), {"headroom": 2.0, "edge": edge(0.05, 0.05, regime=BELOW)}, FAIL, "unstable"),
    "headroom failed": (choice(), {"headroom": 2.0, "edge": edge(1, 2, regime=EdgeRegime.FAILED)}, UNDECIDED, "killed"),
    "headroom, none": (choice(), {"headroom": 2.0}, UNDECIDED, "no edge was searched for"),
    "headroom, one seed": (choice(), {"headroom": 2.0, "edge": edge(9.0)}, UNDECIDED, "one seed gives no interval"),
    "headroom beyond, one seed": (choice(), {"headroom": 2.0, "edge": edge(9.0, regime=BEYOND)}, UNDECIDED,
                                  "one seed gives no interval"),
    "as before": (choice(), {"tolerance": 0.0, "baseline": choice()}, PASS, "the baseline's -0.045"),
    "better than before": (choice(), {"tolerance": 0.0, "baseline": choice(-0.04)}, PASS, ""),
    "a little worse": (choice(), {"tolerance": 0.05, "baseline": choice(-0.046)}, PASS, ""),
    "worse": (choice(), {"tolerance": 0.05, "baseline": choice(-0.06)}, FAIL, ""),
    "perhaps worse": (choice(spread=0.004), {"tolerance": 0.05, "baseline": choice(-0.047, spread=0.0)}, UNDECIDED, ""),
    "worse, other seeds": (choice(), {"tolerance": 0.05, "baseline": choice(-0.06, seeds=3)}, FAIL, ""),
    "as before, other seeds": (choice(), {"tolerance": 0.2, "baseline": choice(seeds=3)}, PASS, ""),
    "baseline of one seed": (choice(), {"tolerance": 0.2, "baseline": choice(**ONE)}, UNDECIDED, "one seed"),
    "now one seed": (choice(**ONE), {"tolerance": 0.2, "baseline": choice(**ONE)}, UNDECIDED, "one seed"),
    "baseline undefined": (choice(), {"tolerance": 0.2, "baseline": choice(regime=Regime.DIVERGED)}, UNDECIDED,
                           "the baseline has no lambda_eff"),
    "now diverged": (choice(regime=Regime.DIVERGED), {"tolerance": 9.0, "baseline": choice()}, FAIL, "ended diverged"),
    "other lengths": (choice(steps=70), {"tolerance": 9.0, "baseline": choice()}, UNDECIDED, "100 steps in the"),
    "halved before": (choice(), {"tolerance": 0.0, "baseline": stopped(choice())}, PASS, ""),
    "diverged late": (late(choice()), {"tolerance": 9.0, "baseline": choice()}, FAIL, "ended diverged"),
    "within, diverged late": (late(choice()), {"within": 9.0}, FAIL, "ended diverged"),
    "baseline diverged late": (choice(), {"tolerance": 9.0, "baseline": late(choice())}, UNDECIDED, "no lambda_eff"),
}  # fmt: skip


@pytest.mark.parametrize(("results", "asked", "expected", "said"), CASES.values(), ids=CASES)
def test_a_condition(results, asked, expected, said):
    verdicts = judged(results, **asked)
    assert (verdicts[-1].outcome, len(verdicts)) == (expected, 2 if asked else 1)
    assert said in verdicts[-1].text
    numbers = [verdicts[-1].value, verdicts[-1].low, verdicts[-1].high]
    assert all(number is None or math.isfinite(number) for number in numbers)


def test_numbers_are_in_the_units_of_the_limit():
    found = judged(choice(spread=0), rivals=probed("tanh", 0.1, -0.05, spread=0), within=0.2, top=2)
    within, top = found[1:]
    assert (within.value, within.low, within.high, within.limit) == (*[pytest.approx(0.1)] * 3, 0.2)
    assert (top.value, top.low, top.high, top.limit) == (2, 2, 2, 2)


def test_a_shortfall_is_paired_by_seed():
    """Both vary from seed to seed, alike: the difference does not."""
    found = judged(choice(-0.045, spread=0.02), rivals=probed("tanh", 0.1, -0.05, spread=0.02), within=0.11)
    assert found[1].outcome is PASS
    assert (found[1].low, found[1].high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_the_worse_of_a_best_above_0_is_judged_by_its_size():
    best, other = probed("tanh", 0.1, 0.010, spread=0), choice(0.011, spread=0)
    assert judged(other, rivals=best, within=0.15)[1].outcome is PASS
    assert judged(other, rivals=best, within=0.05)[1].outcome is FAIL


def test_who_was_stopped_early_is_compared_where_it_stopped():
    early = stopped(choice(-0.02, halfway=-0.045))
    rivals = probed("tanh", 0.1, -0.09, halfway=-0.05, spread=0)
    converging, within, top = judged(early, rivals=rivals, within=0.2, top=1)
    assert (converging.outcome, within.outcome, top.outcome) == (PASS, PASS, FAIL)
    assert within.value == pytest.approx(0.1)
    assert "both after 50 steps: halving stopped the choice early" in within.text
    assert "halving stopped it early" in top.text


def test_fail_outranks_inconclusive_and_that_outranks_pass():
    verdicts = judged(choice(), max_lyapunov=1.0, within=0.1, top=1)
    assert [v.outcome for v in verdicts] == [PASS, PASS, UNDECIDED, FAIL]
    assert [outcome(verdicts[:n]) for n in (2, 3, 4)] == [PASS, UNDECIDED, FAIL]


def test_a_ranking_in_which_nothing_is_defined():
    undefined = [Result(r.candidate, (Measures(Regime.DIVERGED, 3),)) for r in choice()]
    verdicts = judged(undefined, rivals=(), within=1.0, top=1, max_lyapunov=1.0)
    assert {v.outcome for v in verdicts} == {FAIL}
