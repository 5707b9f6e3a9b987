"""The table of known answers: what is run, what is read off it, the value expected and the tolerance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from lyapscreen.analysis.selftest import plain_maps, trainings
from lyapscreen.analysis.selftest.readings import Found, Reading, coverage, exponent, lowest, mean, median, total, width
from lyapscreen.analysis.selftest.systems import System
from lyapscreen.exponents.series import CONFIDENCE


@dataclass(frozen=True)
class Run:
    """One batched run, off which several answers are read."""

    system: Callable[[torch.dtype], System]
    steps: int
    k: int = 1
    """How many exponents a spectrum follows."""


@dataclass(frozen=True)
class Tolerance:
    """How near an answer has to be; or the estimator's own resolution, where that is coarser."""

    float64: float
    float32: float
    reason: str


@dataclass(frozen=True)
class KnownAnswer:
    """A number that is known, and how it is measured."""

    name: str
    expected: float
    source: str
    run: Run
    read: Callable[[Found], Reading]
    tolerance: Tolerance
    estimators: tuple[str, ...] = ("tangent", "two-trajectory")
    """Those it applies to; the self-test takes the first."""
    signed: bool = False
    """Whether the interval must lie on the side of 0 that the expected value is on."""


GRADIENT_DESCENT = Run(trainings.gradient_descent, 300, k=3)
HEAVY_BALL = Run(trainings.heavy_ball, 1500)
WEIGHT_DECAY = Run(trainings.weight_decay, 40)
ADAM = Run(trainings.adam, 360)
POLYNOMIALS = Run(trainings.polynomials, trainings.POLYNOMIAL_STEPS)
GAUSSIAN = Run(plain_maps.gaussian, plain_maps.GAUSSIAN_STEPS)
HENON = Run(plain_maps.henon, 500, k=2)
LORENZ = Run(partial(plain_maps.lorenz, states=4000, dt=plain_maps.LORENZ_STEP), 2000)
LORENZ_SUM = Run(partial(plain_maps.lorenz, states=50, dt=plain_maps.LORENZ_FINE), 200, k=3)
DIAGONAL = Run(plain_maps.diagonal, 300, k=2)

EVERY = ("tangent", "two-trajectory", "spectrum")
WITH_SPECTRUM = ("spectrum", "tangent", "two-trajectory")
"""Where other answers are read off the spectrum, the self-test need not run the tangent too."""

ROUNDED = Tolerance(1e-6, 1e-5, "rounding of the fixed point or cycle, and of the derivative there")
SLOW = Tolerance(1e-3, 1e-3, "the local growth falls as -3/(2t)")


def by_chance(variance: float, steps: int, states: int) -> Tolerance:
    """Four standard errors of a mean over steps and states, from the variance per step that theory gives."""
    error = math.sqrt(variance / (steps * states))
    return Tolerance(4 * error, 4 * error, "four standard errors")


def at_ends(steps: int) -> Tolerance:
    """Four standard errors of a mean whose growths telescope, so that only the ends of an orbit count.

    With x = cos(theta) these maps are theta -> n theta, and |f'| = n |g(next) / g|, g = |sin(theta)|:
    the variance is 2 * pi^2/12 per run, however long. A median errs by less than such a mean: the
    difference of two ln g has its peak at 0.
    """
    error = math.sqrt(math.pi**2 / 6 / trainings.TYPICAL_STATES) / steps
    return Tolerance(4 * error, 4 * error, "four standard errors of the orbits' ends")


def _descent(lr: float) -> list[float]:
    return sorted((math.log(abs(1 - lr * h)) for h in trainings.CURVATURES), reverse=True)


def _adam(factor: float) -> float:
    """Return ln of the larger root of z^2 - (1 + b - lr (1-b) h) z + b, b the first moment's decay."""
    b = trainings.ADAM.betas[0]
    linear = 1 + b - trainings.ADAM_LR * (1 - b) * factor * trainings.ADAM_THRESHOLD
    return math.log(max(abs(np.roots([1, -linear, b]))))


def _gradient_descent() -> list[KnownAnswer]:
    lrs, best = trainings.QUADRATIC_LR, trainings.BEST_LR
    k = trainings.CURVATURES[-1] / trainings.CURVATURES[0]
    source = "max_i ln|1 - lr h_i|"
    answers = [
        KnownAnswer(
            f"GD on a quadratic, lr {lr:g}", _descent(lr)[0], source, GRADIENT_DESCENT,
            partial(exponent, state=state, burn_in=200), ROUNDED, WITH_SPECTRUM,
        )
        for state, lr in enumerate(lrs[:2])
    ]  # fmt: skip
    return [
        *answers,
        KnownAnswer(
            "GD, exponent at the best lr", math.log((k - 1) / (k + 1)), "ln((k-1)/(k+1))", GRADIENT_DESCENT,
            partial(exponent, state=lrs.index(best), burn_in=200), ROUNDED, WITH_SPECTRUM,
        ),
        KnownAnswer(
            "GD, the best lr", best, "2/(h_max + h_min)", GRADIENT_DESCENT,
            partial(lowest, lr=lrs, burn_in=200), Tolerance(0.0, 0.0, "one of the learning rates run"), WITH_SPECTRUM,
        ),
        *(
            KnownAnswer(
                f"GD, exponent {j + 1} of 3", _descent(lrs[0])[j], "ln|1 - lr h_j|", GRADIENT_DESCENT,
                partial(exponent, state=0, burn_in=200, j=j), ROUNDED, ("spectrum",),
            )
            for j in (1, 2)
        ),
    ]  # fmt: skip


def _other_trainings() -> list[KnownAnswer]:
    defective = Tolerance(1e-3, 2e-3, "a defective eigenvalue: |v_t| ~ t beta^(t/2); float32 splits it by sqrt(eps)")
    # Below the threshold a pair of eigenvalues turns by 169 degrees a step, and the norm swings by e^2: 325 steps
    # are 20 half-turns but for 0.005 of one.
    turning = Tolerance(1e-3, 1e-3, "what is left of the norm's swing")
    decayed = math.log(1 - trainings.DECAY_LR * trainings.DECAY)
    return [
        KnownAnswer(
            "heavy ball at its best", 0.5 * math.log(trainings.BALL_BETA), "1/2 ln beta", HEAVY_BALL,
            partial(exponent, state=0, burn_in=HEAVY_BALL.steps // 2), defective, ("tangent",),
        ),
        KnownAnswer(
            "weight decay, flat direction", decayed, "ln(1 - lr wd)", WEIGHT_DECAY,
            partial(exponent, state=0, burn_in=0), ROUNDED,
        ),
        *(
            KnownAnswer(
                f"Adam at {factor:g} of its threshold", _adam(factor), "h = (2 + 2 b1) / ((1 - b1) lr)", ADAM,
                partial(exponent, state=state, burn_in=ADAM.steps - 325), turning, signed=True,
            )
            for state, factor in enumerate(trainings.ADAM_FACTORS)
        ),
    ]  # fmt: skip


def _at_rest(key: str, name: str, expected: float, source: str, tolerance: Tolerance = ROUNDED) -> KnownAnswer:
    read = partial(exponent, state=trainings.members(key).start, burn_in=POLYNOMIALS.steps // 2)
    return KnownAnswer(name, expected, source, POLYNOMIALS, read, tolerance)


def _typical(key: str, name: str, expected: float, source: str) -> KnownAnswer:
    # Three hundred steps: longer runs would only give float32 the time to leave the orbit.
    read = partial(median, members=trainings.members(key), burn_in=100, end=400)
    return KnownAnswer(name, expected, source, POLYNOMIALS, read, at_ends(300))


def _polynomials() -> list[KnownAnswer]:
    return [
        _at_rest("logistic 2", "logistic r=2", -math.inf, "superstable"),
        _at_rest("logistic 2.5", "logistic r=2.5", -math.log(2), "ln|2 - r|"),
        _at_rest("logistic 3", "logistic r=3", 0.0, "ln|2 - r|", SLOW),
        _at_rest("logistic 3.2", "logistic r=3.2", 0.5 * math.log(0.16), "1/2 ln|4 + 2r - r^2|"),
        _typical("logistic 4", "logistic r=4", math.log(2), "ln 2"),
        _at_rest("quartic 0.3", "quartic lr 0.3", math.log(0.4), "ln|1 - 2 lr|"),
        _at_rest("quartic 0.5", "quartic lr 0.5", -math.inf, "superstable"),
        _at_rest("quartic 1", "quartic lr 1", 0.0, "ln|1 - 2 lr|", SLOW),
        _at_rest("quartic 1.1", "quartic lr 1.1", 0.5 * math.log(abs(9 - 2 * 2.1**2)), "1/2 ln|9 - 2(1 + lr)^2|"),
        _typical("quartic 2", "quartic lr 2", math.log(3), "ln 3"),
    ]


def _random() -> list[KnownAnswer]:
    growths = [math.log(abs(1 - trainings.SGD_LR * h)) for h in trainings.CURVATURE_PAIR]
    sgd = sum(growths) / 2
    variance = ((growths[1] - growths[0]) / 2) ** 2
    # Staying with probability p, the correlation falls by 2p - 1 a step, and variances add up to (1 + c)/(1 - c).
    c = 2 * trainings.POLYNOMIALS["markov sgd"].stays - 1
    lasting = variance * (1 + c) / (1 - c)
    states, steps = trainings.RANDOM_STATES, trainings.POLYNOMIAL_STEPS
    product, per_step = (math.log(2) - np.euler_gamma) / 2, math.pi**2 / 24
    independent, markov, every = trainings.members("sgd"), trainings.members("markov sgd"), slice(None)
    narrow = Tolerance(0.5, 0.5, "at most 1.5 times the theory's width")
    covering = Tolerance(0.02, 0.02, "93 to 97 %")
    chain = by_chance(lasting, steps, states)
    gauss = by_chance(per_step, GAUSSIAN.steps, plain_maps.GAUSSIAN_STATES)
    mean_of_ln, held = "mean of ln|1 - lr h|", "95 % intervals"
    return [
        KnownAnswer("SGD in one dimension", sgd, mean_of_ln, POLYNOMIALS,
                    partial(mean, members=independent, burn_in=0), by_chance(variance, steps, states)),
        KnownAnswer("SGD, Markov minibatches", sgd, mean_of_ln, POLYNOMIALS,
                    partial(mean, members=markov, burn_in=0), chain),
        KnownAnswer("SGD, Markov: width / theory", 1.0, "1.96 sqrt(9 var / T)", POLYNOMIALS,
                    partial(width, members=markov, variance=lasting), narrow),
        KnownAnswer("SGD, Markov: truth covered", CONFIDENCE, held, POLYNOMIALS,
                    partial(coverage, members=markov, truth=sgd), covering),
        KnownAnswer("Gaussian product", product, "(ln 2 - gamma)/2", GAUSSIAN,
                    partial(mean, members=every, burn_in=0), gauss, EVERY),
        KnownAnswer("Gaussian product: width / theory", 1.0, "1.96 sqrt(pi^2/24 / T)", GAUSSIAN,
                    partial(width, members=every, variance=per_step), narrow, EVERY),
        KnownAnswer("Gaussian product: truth covered", CONFIDENCE, held, GAUSSIAN,
                    partial(coverage, members=every, truth=product), covering, EVERY),
    ]  # fmt: skip


def _attractors() -> list[KnownAnswer]:
    every = slice(None)
    # Of single runs of 30 units of time the exponents vary by 0.06 (measured).
    lorenz = 0.0005 + 4 * 0.06 / math.sqrt(4000)
    published = Tolerance(lorenz, lorenz, "half the last digit, and four standard errors of 4,000 runs of 30 units")
    return [
        KnownAnswer("Henon", 0.419, "published, +- 0.003", HENON, partial(mean, members=every, burn_in=100),
                    Tolerance(0.003, 0.003, "as published"), WITH_SPECTRUM),
        KnownAnswer("Henon, sum", math.log(0.3), "ln b", HENON, partial(total, burn_in=100), ROUNDED, ("spectrum",)),
        KnownAnswer("Lorenz, per unit time", 0.906, "published", LORENZ,
                    partial(mean, members=every, burn_in=500, per=plain_maps.LORENZ_STEP), published, ("tangent",)),
        KnownAnswer("Lorenz, sum per unit time", -(10 + 1 + 8 / 3), "-(sigma + 1 + beta)", LORENZ_SUM,
                    partial(total, burn_in=0, per=plain_maps.LORENZ_FINE),
                    Tolerance(5e-4, 5e-4, "half the last digit of -13.667; Runge-Kutta errs by 1e-4"), ("spectrum",)),
        *(KnownAnswer(f"diag(1.1, 0.8), exponent {j + 1}", math.log(factor), f"ln {factor:g}", DIAGONAL,
                      partial(exponent, state=0, burn_in=200, j=j), ROUNDED, ("spectrum",))
          for j, factor in enumerate((1.1, 0.8))),
    ]  # fmt: skip


ANSWERS = (*_gradient_descent(), *_other_trainings(), *_polynomials(), *_random(), *_attractors())
