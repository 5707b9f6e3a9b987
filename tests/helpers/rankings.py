"""A ranking made by hand, for the tests of what is written and said of one."""

from dataclasses import replace

from lyapscreen.report.text import advice, answer
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.results.settings import Facts
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec

C, S, X, DEAD, DIV = Regime.CONVERGING, Regime.STALLED, Regime.CHAOTIC, Regime.DEAD, Regime.DIVERGED


def probed(act, lr, mean, regime=C, *, seeds=5, spread=0.001, halfway=None, steps=100):
    """Seeds that differ from `mean` by `spread` times 0, 1, -1, 2, -2, ...; halfway alike unless given."""

    def measures(regime, value, steps):
        if regime is DIV:
            return Measures(regime, steps // 2)
        return Measures(
            regime,
            steps,
            value,
            value * 1.1,
            -value,
            train_loss=0.5,
            held_out_loss=0.25 + value,
            held_out_score=1 + value,
        )

    results = []
    for seed in range(seeds):
        value = mean + spread * (-1) ** seed * ((seed + 1) // 2)
        early = value if halfway is None else halfway
        results.append(
            Result(
                Candidate(Configuration(act, lr), seed),
                (measures(regime, early, steps // 2), measures(regime, value, steps)),
            )
        )
    return results


SPEC = Spec.of(act="relu,tanh", lr="0.001,0.01,0.1,1", seeds=5, rank_by="effective")
RESULTS = [
    *probed("relu", 0.001, -0.0001, S),
    *probed("relu", 0.01, -0.02),
    *probed("relu", 0.1, -0.05),
    *probed("relu", 1.0, 0, DIV),
    *probed("tanh", 0.001, -0.0301),
    *probed("tanh", 0.01, -0.0501, spread=0.004),
    *probed("tanh", 0.1, 0.01, X),
    *probed("tanh", 1.0, -0.01, DEAD),
]


def altered(result, **measures):
    """The result with other measures at its end."""
    return replace(result, rungs=(*result.rungs[:-1], replace(result.final, **measures)))


def sentences_of(results, spec=SPEC, rank_by="effective"):
    ranking = rank(results, rank_by)
    return answer.sentences(ranking, facts_of(ranking, rank(results, rank_by, at=50), spec))


def facts_of(ranking, halfway, spec=SPEC):
    """What is said of it, the data not known."""
    return answer.facts(ranking, halfway, spec, Facts(), score_name="accuracy")


def warnings_of(results, spec=SPEC, rank_by="effective"):
    return advice.warnings(rank(results, rank_by), spec)


def results_of(act="relu", lr=0.1, effective=(-0.03, -0.02, -0.01), regime=Regime.CONVERGING, steps=100, **measures):
    """One result a value of `effective`; a single regime is every seed's; `measures` are the same for each."""
    regimes = (regime,) * len(effective) if isinstance(regime, Regime) else regime
    return [
        Result(
            Candidate(Configuration(act, lr), seed),
            (Measures(regimes[seed], steps, effective=value, **measures),),
        )
        for seed, value in enumerate(effective)
    ]
