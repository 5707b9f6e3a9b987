"""Numbers as a person reads them: as short as they can be, aligned down a column."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

DIGITS = 3
"""Digits that count: a screening knows no more."""

LARGEST = 1e4
"""From here on a column holds powers of ten."""


def lr_names(lrs: Iterable[float]) -> dict[float, str]:
    """Name each learning rate by as few digits as keep all of them apart.

    >>> list(lr_names([0.0464158883, 0.1]).values()), list(lr_names([0.0011111, 0.0011112]).values())
    (['0.0464', '0.1'], ['0.0011111', '0.0011112'])
    """
    distinct = sorted(set(lrs))
    for digits in range(DIGITS, 9):
        names = {lr: _plain(lr, digits) for lr in distinct}
        if len(set(names.values())) == len(distinct):
            return names
    return {lr: _plain(lr, 9) for lr in distinct}


def compact(number: float) -> str:
    """Write a number in the fewest characters, as one types it.

    >>> compact(1e-4), compact(0.01), compact(10.0)
    ('1e-4', '0.01', '10')
    """
    if not math.isfinite(number):
        return str(number)  # a ratio of rates may overflow
    plain = _plain(number, DIGITS)
    mantissa, _, exponent = f"{number:.{DIGITS - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return min(plain, f"{mantissa}e{int(exponent)}", key=len)


def column(values: Iterable[float | None]) -> Callable[[float], str]:
    """Return how to write the numbers of one column, the most important first, so that their points align.

    Three digits of the first number that is not 0; powers of ten for those too large for a column.

    >>> show = column([-0.0312, -0.00851, 0.4])
    >>> show(-0.0312), show(-0.00851), show(2e7)
    ('-0.0312', '-0.0085', '2.0e+7')
    """
    first = next((abs(v) for v in values if v is not None and math.isfinite(v) and v != 0), 1.0)
    decimals = min(9, max(1, DIGITS - 1 - math.floor(math.log10(first))))

    def show(value: float) -> str:
        if abs(value) >= LARGEST:
            mantissa, _, exponent = f"{value:.1e}".partition("e")
            return f"{mantissa}e{int(exponent):+}"
        return f"{value:z.{decimals}f}"

    return show


def _plain(number: float, digits: int) -> str:
    """Write `digits` significant digits, and 1e-5 for Python's 1e-05."""
    mantissa, mark, exponent = f"{number:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa
