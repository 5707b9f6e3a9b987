"""Full training of the best: how it ranks, what is saved, and the flags that ask for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.results import json_reader
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Full, Regime
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.candidates import Batch
from lyapscreen.spec.confirm import how_many
from tests.helpers.flags import replacing
from tests.helpers.rankings import C, S, probed

SMALL = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "0.01,0.1,0.5", "seeds": 2, "steps": 20}


FLAGS = ["rank", "--quiet", "--jobs", "1"] + [f"--{name}={value}" for name, value in SMALL.items()]


def confirmed(name, lr, value, best, regime=C):
    """A configuration with its probes and, seed by seed, the lowest loss of its full training (None: it diverged)."""
    return [
        replace(result, full=Full(100, loss, None if loss is None else 75, loss))
        for result, loss in zip(probed(name, lr, value, regime), best, strict=True)
    ]


def test_full_training_decides_among_the_confirmed_and_only_there():
    results = [
        *confirmed("relu", 1, -0.05, [0.3] * 5),
        *confirmed("relu", 2, -0.04, [0.2] * 5),
        *confirmed("relu", 3, -0.03, [0.1, 0.1, None, 0.1, 0.1]),
        *probed("relu", 4, -0.02),
        *probed("relu", 5, -0.0001, S),
    ]
    ranking = rank(results)
    assert [row.lr for row in ranking.rows] == [2, 1, 4, 5, 3]
    assert ranking.recommended.lr == 2
    assert [row.regime for row in ranking.rows][-1] is Regime.DIVERGED, "one seed diverged in full training"
    assert ranking.rows[0].full_loss == pytest.approx(0.2)
    assert [row.full_steps for row in ranking.rows] == [100, 100, None, None, 100]
    assert rank(results, at=100).recommended.lr == 1, "by the probes alone"


def test_ties_among_the_confirmed_are_of_their_losses():
    near = [0.2, 0.3, 0.25, 0.22, 0.28]
    results = [*confirmed("relu", 1, -0.05, near), *confirmed("relu", 2, -0.04, near[::-1])]
    results += confirmed("relu", 3, -0.03, [loss + 1 for loss in near])
    assert [row.group for row in rank(results).rows] == [1, 1, 2]


def test_confirm_writes_what_it_found_and_reads_it_again(tmp_path):
    paths = {kind: str(tmp_path / f"r.{kind}") for kind in ("csv", "json", "markdown", "html", "save")}
    flags = [word for kind, path in paths.items() for word in (f"--{kind}", path)]
    done = CliRunner().invoke(app, replacing(*FLAGS, "--confirm", "2", "--full-steps", "60", *flags))
    assert done.exit_code == 0, done.stderr
    assert "confirmed by full training of 2 of the best, 2 seeds each, over 60 steps" in done.stdout
    header, first, second, third = (tmp_path / "r.csv").read_text().splitlines()[:4]
    assert "projected_high,full_loss,full_loss_low,full_loss_high,full_steps,kantz_wolf_low" in header
    column = header.split(",").index("full_steps")
    assert [line.split(",")[column] for line in (first, second, third)] == ["60", "60", ""]
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["recommended"]["full_loss"] == pytest.approx(
        np.mean([seed["full"]["best"] for seed in document["recommended"]["per_seed"]])
    )
    assert document["spec"]["full_steps"] == 60
    again = CliRunner().invoke(app, ["show", paths["json"], "--csv", "-"])
    assert again.stdout == (tmp_path / "r.csv").read_text()
    assert json_reader.read(paths["json"]).ranking.confirmed
    assert "trained loss" in (tmp_path / "r.markdown").read_text()


def test_the_saved_weights_reach_the_lowest_loss(tmp_path):
    found = ls.screen(**SMALL, confirm=2, full_steps=60, jobs=1)
    found.save(tmp_path / "w.pt")
    state = torch.load(tmp_path / "w.pt", weights_only=True)
    best = min(found.recommended.results, key=lambda result: result.full.best)
    plan = prepare(found.spec)
    batch = Batch(0, best.candidate.configuration.activation, (best.candidate,))
    setup = BatchSetup.of(found.spec, plan.data, batch)
    held_out_metrics = setup.evaluator.held_out_metrics({name: w[None] for name, w in state.items()}, {})
    assert float(held_out_metrics.loss) == pytest.approx(best.full.best, rel=1e-6)
    assert found.state_dict() == (tmp_path / "w.pt").read_bytes()


def test_the_same_bytes_for_any_jobs_and_in_a_run_directory(tmp_path):
    one, two = (ls.screen(**SMALL, confirm=3, full_steps=40, jobs=jobs, memory="50kB") for jobs in (1, 2))
    assert one.json() == two.json()
    assert one.state_dict() == two.state_dict()
    run = tmp_path / "run"
    ls.screen(**SMALL, confirm=3, full_steps=40, jobs=1, memory="50kB", run=run)
    assert (run / "ranking.json").read_text() == one.json()
    assert CliRunner().invoke(app, ["show", str(run), "--json", "-"]).stdout == one.json()
    ls.screen(**SMALL, confirm=3, full_steps=40, jobs=1, memory="50kB", run=run, resume=True)
    assert (run / "ranking.json").read_text() == one.json()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--confirm", "0"], "--confirm 0: it must be a whole number from 1 to 1000"),
        (["--confirm", "x"], "--confirm x: it must be a whole number"),
        (
            ["--confirm", "3", "--full-steps", "10"],
            "--full-steps 10: full training must be at least as long as the probes",
        ),
        (["--full-steps", "1"], "--full-steps 1: it must be at least 2"),
        (["--save", "w.pt"], "--save w.pt: without full training there are no weights to save. Add --confirm 3"),
    ],
)
def test_mistakes_are_told(flags, message):
    done = CliRunner().invoke(app, replacing(*FLAGS, *flags))
    assert done.exit_code == 2
    assert message in done.stderr


def test_without_a_confirmation_there_are_no_weights():
    found = ls.screen(**SMALL, jobs=1)
    assert how_many(None) is None
    with pytest.raises(ls.LyapscreenError, match="no trained weights"):
        found.state_dict()


def test_a_dry_run_says_what_confirming_takes():
    done = CliRunner().invoke(app, replacing(*FLAGS, "--confirm", "2", "--dry-run"))
    assert "then full training of 2 of the best: 4 candidates, 1500 steps each" in done.stdout
