"""Documents of rankings made by hand, for the tests of the formats that are documents."""

import math

from lyapscreen.report.document import Document
from lyapscreen.report.text import advice
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DEAD, DIV, RESULTS, SPEC, C, S, X

HOSTILE = (
    "<script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "</script><script>window.hacked = 1</script>",
    "</style></title></textarea><svg onload='window.hacked = 1'>",
    "--!><script>window.hacked = 1</script>",
    "' onmouseover='window.hacked = 1",
    "{{7*7}}{% raw %}",
    "a|b`c`*d*_e_ [f](javascript:window.hacked=1) $\\frac{ @all\n#1",
    "\x00\x1b[31m\udc80]]>&lt;",
    "日本語😀",
    "x" * 400,
)
"""Names that would run, break out of where they stand, or not be written at all."""


def one(act, lr, seed=0, regime=C, value=-0.01, *, lyapunov=0.01, loss=0.5, steps=100, settings=(), local=(), why=""):
    """One result whose measures are as given, however odd."""
    measures = Measures(regime, steps, value, value, lyapunov, train_loss=loss, held_out_loss=loss, held_out_score=0.5)
    return Result(Candidate(Configuration(act, lr, settings), seed), (measures,), local, why)


def document(results=RESULTS, spec=SPEC, **more):
    """The document of results, as a screening would put it into words."""
    ranking = rank(results)
    sentences = advice.sentences(ranking, rank(results, at=50), spec)
    warnings = advice.warnings(ranking, spec)
    versions = {"torch": "2.13.0", "lyapscreen": "0.1.0"}
    return Document(ranking, spec, "0123456789abcdef", versions, "accuracy", tuple(sentences), tuple(warnings), **more)


def hostile():
    """Every name in the hands of somebody else."""
    results = [
        one(name, lr, seed, value=-lr - place / 100, settings=(("<img src=x onerror=x>", other),), local=(0.1, 0.2))
        for place, (name, other) in enumerate(zip(HOSTILE, HOSTILE[::-1], strict=True))
        for lr in (0.01, 0.1)
        for seed in (0, 1)
    ]
    last = results[-1].candidate.configuration.settings
    results += [one("relu", 1.0, seed, Regime.FAILED, None, settings=last, why=HOSTILE[0]) for seed in (0, 1)]
    spec = Spec.of(data=HOSTILE[0], target=HOSTILE[1], lr="0.01,0.1,1", seeds=2)
    return document(results, spec, notices=HOSTILE)


def halved():
    """Some stopped at 25 and 50 of 100 steps, some diverged or failed; local exponents as far as each went."""

    def seeds(act, lr, regime, value, steps):
        local = tuple(0.03 * math.cos(place / 4) for place in range(20 * steps // 100))
        for seed in range(3):
            mean = None if value is None else value + 0.001 * seed
            yield one(act, lr, seed, regime, mean, lyapunov=mean and lr / 20, steps=steps, local=local)

    return [
        *seeds("tanh", 0.001, S, -0.0001, 25),
        *seeds("tanh", 0.01, C, -0.02, 50),
        *seeds("tanh", 0.1, C, -0.04, 100),
        *seeds("tanh", 1.0, DIV, None, 7),
        *seeds("relu", 0.001, S, -0.0002, 25),
        *seeds("relu", 0.01, C, -0.03, 100),
        *seeds("relu", 0.1, X, 0.01, 25),
        *seeds("relu", 1.0, Regime.FAILED, None, 0),
        *seeds("elu", 0.1, DEAD, -0.001, 25),
    ]


ODD = {
    "nothing": [],
    "one learning rate": [one(act, 0.1, seed) for act in ("relu", "tanh") for seed in range(3)],
    "one seed": [one("relu", lr) for lr in (0.1, 1.0)],
    "all diverged": [
        one("relu", lr, seed, DIV, None, lyapunov=None, loss=None) for lr in (0.1, 1.0) for seed in (0, 1)
    ],
    "not finite": [
        one("relu", lr, seed, C, math.nan, lyapunov=math.inf, loss=-math.inf, local=(math.nan, None, 1e308))
        for lr in (0.1, 1.0)
        for seed in (0, 1)
    ],
    "huge and tiny": [
        *(one("relu", lr, s, X, 1e300, lyapunov=1e307, loss=1e307) for lr in (1e-300, 1e300) for s in (0, 1)),
        *(one("tanh", lr, s, C, -1e-300, lyapunov=1e-320, loss=5e-324) for lr in (5e-324, 1e308) for s in (0, 1)),
    ],
    "far apart": [
        one("relu", lr, s, C, lr - 0.02, lyapunov=10 * lr, loss=lr**3) for lr in (0.01, 1, 99) for s in (0, 1)
    ],
    "negative losses": [one("relu", lr, s, loss=-lr) for lr in (0.01, 1.0) for s in (0, 1)],
    "a loss of 0": [one("relu", lr, s, value=0.0, lyapunov=0.0, loss=lr - 0.01) for lr in (0.01, 1.0) for s in (0, 1)],
    "wide intervals": [one("relu", lr, s, value=s * 5.0 - 0.1) for lr in (0.01, 1.0) for s in (0, 1)],
    "130 families": [one(f"act{i}", 0.1, s, value=-i / 1e4 + s / 1e5) for i in range(130) for s in (0, 1)],
}
"""Results that a figure or a table could stumble over."""
