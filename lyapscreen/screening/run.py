"""The pipeline on one screen, and the Python API.

spec -> candidates -> batches -> probes -> results -> ranking
                        ^__ next rung: survivors with their states __|
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from os import PathLike, fspath
from typing import Unpack

from lyapscreen import execution
from lyapscreen.results.projection import project
from lyapscreen.results.ranking import ranked
from lyapscreen.screening import lr_range, notebook
from lyapscreen.screening.confirmation import confirm as confirm_best
from lyapscreen.screening.full_training import Observer as TrainingObserver
from lyapscreen.screening.plan import Plan, identity, prepare
from lyapscreen.screening.probing import probed
from lyapscreen.screening.run_directory import RunDirectory
from lyapscreen.screening.rung import Observer
from lyapscreen.screening.screening import Screening
from lyapscreen.spec import automatic, running
from lyapscreen.spec.confirm import how_many
from lyapscreen.spec.keywords import Keywords
from lyapscreen.spec.spec import Spec


def screen(
    *,
    jobs: int | None = None,
    backend: str | None = None,
    address: str | None = None,
    observer: Observer | None = None,
    run: str | PathLike[str] | None = None,
    resume: bool = False,
    confirm: int | None = None,
    **settings: Unpack[Keywords],
) -> Screening:
    """Probe every configuration of the settings and rank them.

    Each is trained for `steps` optimizer steps, T, from each seed. Measured are, per optimizer step and in natural
    logarithms, lambda_1 = (1/T) ln |v_T| / |v_0| of a tangent v carried through the whole optimizer step, and

        lambda_perp = (1/2T) [ln(|e_T| / |e_0|) + ln(L_T / L_ref)]

    of the held-out residual e (loss by outputs) and the held-out loss L, L_ref that of the best constant guess.
    lambda_eff = lambda_perp + 0.1 max(lambda_1, 0) is speed less what instability costs. The ranking is by lambda_proj,
    lambda_eff over the `full_steps` of the training that will be run, read off probes at higher learning rates
    (`lyapscreen.results.projection`): means over seeds, the lowest first, unless `rank_by` says otherwise. (The
    exponent transverse to the solutions: D. Chemnitz and M. Engel, arXiv 2407.20209.)
    Nothing of the caller's is changed: model, data, global generators, number of threads.

    Args:
        jobs: worker processes; None is one a core, or none at all for work that is done before they have
            started. The numbers do not depend on it.
        backend: what runs them: loky (processes here, the default), dask or ray. A script that starts workers here
            has to keep what it does under `if __name__ == "__main__":`, for each of them imports it.
        address: of a cluster that runs already; None starts workers here.
        observer: called with a `Progress` at the start and after every batch. Without one a notebook shows a line
            under the cell that says how far it is; elsewhere nothing is shown.
        run: directory to keep what is finished in; None keeps nothing.
        resume: whether to go on with the run that is there.
        confirm: how many of the best to train fully, spread over learning rates; the winner is recommended. With `run`,
            each training that is finished is kept as well, and `resume` does none of them twice.
        settings: the fields of `lyapscreen.spec.spec.Spec`, the same words as the flags of `lyapscreen rank`, values as
            on the command line ("1e-4:1", "relu,tanh") or as lists. Among them
            `data`: a name, a path, or arrays `(X, y)`, X of the shape [rows, ...];
            `model`: "mlp:64,64", or a factory `f(activation)` or `f(activation, n_inputs, n_outputs)` that returns a
            torch.nn.Module, or a finished one; `lr`, `act`, `seeds`, `optimizer`, `batch_size`, `steps`, `rank_by`;
            without `lr`, or with "auto", the first two seeds widen 1e-4:1 until their best lies inside;
            `full_steps` or `full_epochs`, `schedule`, `warmup` and `keep`: the training that is screened for.

    Raises:
        SettingError: a setting, the data or the model breaks a rule; so do its kinds DataError, ModelError and
            OutputError (`run`).
        EnvironmentFailure: the cluster does not answer, or went away; what is finished is kept in `run`.

    >>> found = screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20)
    >>> found.recommended.activation, found.recommended.lr, len(found.ranking.rows)
    ('relu', 0.2, 2)
    >>> import torch
    >>> def factory(activation, n_inputs, n_outputs):
    ...     return torch.nn.Sequential(torch.nn.Linear(n_inputs, 4), activation(), torch.nn.Linear(4, n_outputs))
    >>> X, y = torch.eye(40)[:, :3].numpy(), [0, 1] * 20
    >>> screen(model=factory, data=(X, y), lr="0.1:1:2", act="tanh", seeds=2, steps=4).ranking.rows[0].seeds
    2

    """
    fixed, auto = automatic.divided(settings, default=True)
    spec = Spec.of(**fixed)
    count = how_many(confirm)
    running.check(run=run, resume=resume, observer=observer)
    shown = notebook.line() if observer is None else None
    with ExitStack() as around:
        workers = around.enter_context(execution.engine(jobs, backend, address))
        store = None if run is None else around.enter_context(RunDirectory(fspath(run), resume=resume))
        looking = None if shown is None else shown.say
        spec, notices = lr_range.resolved(spec, auto=auto, jobs=workers, observer=looking)
        plan = lr_range.noted(prepare(spec, workers), notices)
        screening = carry_out(plan, jobs=workers, observer=observer or shown, store=store)
        if count is not None:
            training = None if shown is None else shown.training
            screening = confirmed(plan, screening, count, jobs=workers, observer=training, store=store)
    if shown is not None:
        shown.say(f"{len(screening)} configurations x {len(spec.seeds)} seeds screened")
    return screening


def carry_out(
    plan: Plan,
    *,
    jobs: execution.Workers = None,
    observer: Observer | None = None,
    store: RunDirectory | None = None,
    fail_fast: bool = False,
) -> Screening:
    """Probe a plan's batches in parallel, rung by rung, and rank what they found.

    Args:
        plan: what to do.
        jobs: worker processes, or a cluster; None chooses.
        observer: called with a `Progress` at the start of every rung and after every batch.
        store: a run directory, entered: what is finished there is not done again, all that finishes is kept.
        fail_fast: stop when a worker is killed twice over a batch, instead of recording its candidates as failed.

    Raises:
        OutputError: the run directory holds another run.
        EnvironmentFailure: the disk is full, the cluster went away, or a worker was killed and `fail_fast` is set.

    """
    start = time.perf_counter()
    found = probed(plan, jobs=jobs, observer=observer, store=store, fail_fast=fail_fast)
    results, about = project(found, plan.spec), identity(plan)
    screening = replace(
        Screening.of(results, plan.spec, about, plan.notices, plan.warnings), seconds=time.perf_counter() - start
    )
    if store is not None:
        store.finish(csv=screening.csv(), json=screening.json())
    return screening


def confirmed(
    plan: Plan,
    screening: Screening,
    count: int,
    *,
    jobs: execution.Workers = None,
    observer: TrainingObserver | None = None,
    store: RunDirectory | None = None,
) -> Screening:
    """Train the best of a screening fully, and rank again: who trains best is recommended.

    Args:
        plan: the screening's.
        screening: a finished one.
        count: how many.
        jobs: worker processes, or a cluster; None chooses.
        observer: called with how many candidates are trained.
        store: a run directory, entered, in which the screening was carried out: what is trained is kept there and
            not trained again, and its ranking is replaced.

    Raises:
        EnvironmentFailure: a worker was killed twice, or the disk is full; what is finished is kept in `store`.
        OutputError: weights kept there are damaged.

    """
    kept = None if store is None else store.trainings
    found = confirm_best(plan, screening.ranking, count, jobs=jobs, observer=observer, kept=kept)
    after = replace(screening, ranking=ranked(found.results, plan.spec, facts=screening.facts), weights=found.weights)
    if store is not None:
        store.finish(csv=after.csv(), json=after.json())
    return after
