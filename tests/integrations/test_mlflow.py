"""MLflow's own client finds a run for the screening, a nested one for each row, and the artifacts."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import EnvironmentFailure, OutputError
from lyapscreen.report.tracking import mlflow as tracker
from lyapscreen.report.tracking import target
from tests.helpers.needed import require

require("mlflow-skinny", "3")
require("matplotlib")

pytestmark = pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs


@pytest.fixture(scope="module")
def screening():
    return ls.screen(data="wine", model="mlp:4", act="relu", lr=[0.1, 1e9], steps=20, seeds=2)


@pytest.fixture(scope="module")
def store(screening, tmp_path_factory):
    """A database to which the screening was logged."""
    home = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)  # its artifacts go into `mlruns` there
        screening.log_to("mlflow:sqlite:///m.db")
        yield f"sqlite:///{home / 'm.db'}"


@pytest.fixture(scope="module")
def runs(store):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store)
    experiment = client.get_experiment_by_name("lyapscreen").experiment_id
    return client, client.search_runs([experiment], order_by=["attributes.start_time ASC"])


def test_a_run_for_the_screening_and_a_nested_one_for_each_row(screening, runs):
    _, (parent, *children) = runs
    assert parent.info.run_name == "relu at lr 0.1"
    assert {run.info.status for run in (parent, *children)} == {"FINISHED"}
    assert [run.data.tags["mlflow.parentRunId"] for run in children] == [parent.info.run_id] * 2
    for run, row in zip(children, screening.ranking.rows, strict=True):
        assert run.data.params == {"activation": row.activation, "lr": str(row.lr)}
        assert run.data.tags["regime"] == row.regime
        assert run.data.metrics.get("held_out_loss") == row.held_out_loss
        assert run.data.metrics["rank"] == row.rank
    assert parent.data.metrics == children[0].data.metrics
    assert parent.data.params["steps"] == "20"
    assert parent.data.tags["spec_hash"] == screening.spec_hash
    assert parent.data.tags["mlflow.note.content"] == screening.markdown()


def test_spec_ranking_and_figures_are_artifacts(screening, runs, tmp_path):
    client, (parent, *_) = runs
    names = {file.path for file in client.list_artifacts(parent.info.run_id)}
    assert names == {"spec.yaml", "ranking.csv", "ranking.json", "figures.png"}
    got = client.download_artifacts(parent.info.run_id, "ranking.json", str(tmp_path))
    assert json.loads(Path(got).read_text()) == json.loads(screening.json())


def test_a_place_that_mlflow_does_not_take_is_refused_before_the_work(directory, monkeypatch):
    monkeypatch.setattr("lyapscreen.screening.plan.prepare", None)
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    done = CliRunner().invoke(app, ["rank", "--data", "wine", "--log-to", "mlflow:nowhere://x"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--log-to mlflow:nowhere://x: MLflow cannot open it (" in done.stderr
    with pytest.raises(OutputError, match=r"maintenance mode.*Write mlflow:sqlite:///mlflow\.db"):
        target("mlflow:./mlruns").check()


def test_a_server_that_does_not_answer_is_said_soon(monkeypatch):
    monkeypatch.delenv(tracker.RETRIES, raising=False)
    with pytest.raises(EnvironmentFailure, match=r"log_to mlflow:http://127.0.0.1:9 does not answer: "):
        target("mlflow:http://127.0.0.1:9").check()
    assert tracker.RETRIES not in os.environ


def test_a_store_that_fails_later_is_exit_code_5_and_the_run_is_marked(store, screening, monkeypatch):
    from mlflow import MlflowClient

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MlflowClient, "log_artifacts", full)
    with pytest.raises(EnvironmentFailure, match=r"could not be written: .*No space left"):
        screening.log_to(f"mlflow:{store}")
    client = MlflowClient(tracking_uri=store)
    experiment = client.get_experiment_by_name("lyapscreen").experiment_id
    (last,) = client.search_runs([experiment], max_results=1, order_by=["attributes.start_time DESC"])
    assert last.info.status == "FAILED"
