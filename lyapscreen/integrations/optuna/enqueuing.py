"""The leading configurations of a screening as the next trials of a study."""

from __future__ import annotations

import optuna

from lyapscreen.errors import SettingError
from lyapscreen.integrations.optuna.name_check import NameCheck
from lyapscreen.integrations.optuna.names import Names, checked, matched
from lyapscreen.results.ranking import Row
from lyapscreen.screening.screening import Screening
from lyapscreen.spec import parsing
from lyapscreen.spec.activations import NONE

MOST = 1000
"""Configurations enqueued at most."""


def enqueue(
    study: optuna.Study, screening: Screening, count: int = 3, *, names: Names | None = None
) -> tuple[Row, ...]:
    """Have a study try the leading configurations of a screening first, best first.

    Only those are enqueued that may be recommended, so none at all where nothing converges. Each trial says where it
    comes from, in its user attributes `screening_rank`, `screening_projected` and `screening_effective` (lambda_proj
    and lambda_eff per step) and `screening_spec_hash`. Optuna takes an enqueued value for what it is: a learning rate
    outside of the study's range is tried with a warning, an activation that is not among its choices fails the trial.

    >>> import lyapscreen as ls
    >>> screening = ls.screen(data="wine", act="tanh", lr="1e-3:1:4", seeds=2, steps=20)
    >>> study = optuna.create_study()
    >>> [row.lr for row in enqueue(study, screening, 2)]
    [1.0, 0.1]
    >>> [row.lr for row in enqueue(study, screening, 2)]
    []

    Args:
        study: whatever its sampler and its storage.
        screening: a finished one.
        count: how many at most.
        names: what the study calls a parameter, by our word for it; None where it has no such parameter. Without it,
            the parameters of the trials that the study has had are matched (`learning_rate` is `lr`).

    Returns:
        The rows that were enqueued; those that the study had before, tried or waiting, are left out.

    Raises:
        SettingError: `screening` is none, `count` is no whole number from 1 on, `names` has a word that is no
            parameter here, or the study's trials have other parameters. A study without trials has its names found
            out in the first that is enqueued: if that suggests `learning_rate` for `lr`, or no `lr` at all, it fails
            with a SettingError that says what to write.

    """
    if not isinstance(screening, Screening):
        kind = type(screening).__name__
        raise SettingError(
            "screening", f"a {kind}", "it is no finished screening", "Pass what lyapscreen.screen returns"
        )
    most = parsing.within("count", count, 1, MOST, "Write how many of the leading configurations to enqueue, as 3")
    words = ("lr", *(["activation"] if screening.spec.act != (NONE,) else []), *screening.ranking.swept)
    known = dict.fromkeys(name for trial in study.get_trials(deepcopy=False) for name in trial.distributions)
    theirs = matched(checked(names or {}, words), words, known)
    enqueued = []
    for row in screening.ranking.leading(most):
        params = {name: row.value(word) for word in words if (name := theirs.get(word, word)) is not None}
        about = {
            "screening_rank": row.rank,
            "screening_effective": row.effective,
            "screening_projected": row.projected,
            "screening_spec_hash": screening.spec_hash,
        }
        # Optuna does not say whether it skipped; two processes that enqueue at once may each count the other's.
        before = len(study.get_trials(deepcopy=False))
        study.enqueue_trial(params, user_attrs=about, skip_if_exists=True)
        if len(study.get_trials(deepcopy=False)) > before:
            enqueued.append(row)
    if not isinstance(study.sampler, NameCheck):
        study.sampler = NameCheck(study.sampler)
    return tuple(enqueued)
