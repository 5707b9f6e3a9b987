"""What a screening measures of a module against plain training of the same: equal, or refused by name."""

import math
import re

import pytest

import lyapscreen as ls
from lyapscreen.errors import ExitCode, SettingError
from tests.helpers.zoo import CASES
from tests.helpers.zoo import plain_loop as plain

PARAMS = [
    pytest.param(case, optimizer, id=f"{name}-{optimizer}") for name, case in CASES.items() for optimizer in plain.RATES
]


def screened(case, optimizer):
    """Return the screening of a case, or the error that refuses it; any other error is a failure."""
    try:
        return ls.screen(**plain.settings(case, optimizer), jobs=1)
    except SettingError as error:
        return error


@pytest.mark.filterwarnings("ignore")  # what torch thinks of the user's module is the user's
@pytest.mark.parametrize(("case", "optimizer"), PARAMS)
def test_equal_to_plain_training_or_refused_by_name(case, optimizer):
    found = screened(case, optimizer)
    if isinstance(found, SettingError):
        assert found.exit_code == ExitCode.BAD_USAGE
        assert case.refusal, f"refused: {found}"
        assert re.search(case.refusal, str(found), re.IGNORECASE), f"refused for another cause: {found}"
        return
    assert not case.must_refuse, "there is nothing that it could be equal to"
    for row in found.ranking.rows:
        require_equal(case, optimizer, row)


def require_equal(case, optimizer, row):
    (result,) = row.results
    by_hand = plain.train(case, optimizer, row.lr)
    for measures in result.rungs:
        train, held_out = by_hand.losses[measures.steps]
        if measures is result.final or measures.train_loss is not None:
            assert measures.train_loss == pytest.approx(train, abs=case.tolerance)
        assert measures.held_out_loss == pytest.approx(held_out, abs=case.tolerance)
    if case.smooth:
        growth = plain.growth(case, optimizer, row.lr)
        # Two trainings tell it to 1e-9, and less exactly where Adam divides by small gradients.
        noise = 1e-7 if optimizer == "adamw" else 1e-8
        assert math.isclose(result.final.lyapunov * plain.STEPS, growth, rel_tol=1e-6, abs_tol=noise)
