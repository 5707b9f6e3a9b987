"""Weights & Biases' own reader finds a run for the ranking and one for each row, and nothing leaves the machine."""

import json
import struct

import pytest

import lyapscreen as ls
from tests.helpers.needed import require

require("wandb", "0.19.10")
require("matplotlib")

pytestmark = pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs


@pytest.fixture(scope="module")
def screening():
    return ls.screen(data="wine", model="mlp:4", act="relu", lr=[0.1, 1e9], steps=20, seeds=2)


def read(path):
    """The records of an offline run, a log of LevelDB's format: blocks of 32 KiB, in them parts of records."""
    from wandb.proto import wandb_internal_pb2

    data, place, found, parts = path.read_bytes(), 7, [], b""
    while place + 7 <= len(data):
        if 2**15 - place % 2**15 < 7:
            place += 2**15 - place % 2**15
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        parts += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or its last part
            found.append(wandb_internal_pb2.Record.FromString(parts))
            parts = b""
    return found


def test_a_run_for_the_ranking_and_one_for_each_row(screening, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "online")  # never: the place is a directory
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    screening.log_to(f"wandb:{tmp_path / 'runs'}")
    import wandb

    assert wandb.run is None
    wandb.teardown()  # its own process has then written all
    runs = {}
    for path in (tmp_path / "runs" / "wandb").glob("offline-run-*/run-*.wandb"):
        records = read(path)
        found = [record.run for record in records if record.WhichOneof("record_type") == "run"]
        run = found[-1]
        summary = {
            item.key or item.nested_key[0]: json.loads(item.value_json)
            for record in records
            if record.WhichOneof("record_type") == "summary"
            for item in record.summary.update
        }
        config = {item.key: json.loads(item.value_json) for one in found for item in one.config.update}
        runs[run.display_name, run.job_type] = (run, config, summary)
    best, worst = screening.ranking.rows
    assert set(runs) == {
        ("relu at lr 0.1", "ranking"), ("relu at lr 0.1", "configuration"), ("relu at lr 1e9", "configuration"),
    }  # fmt: skip
    assert {run.run_group for run, _, _ in runs.values()} == {screening.spec_hash}
    _, config, summary = runs["relu at lr 0.1", "configuration"]
    assert (config["lr"], config["activation"]) == (0.1, "relu")
    assert summary["held_out_loss"] == best.held_out_loss
    _, _, summary = runs["relu at lr 1e9", "configuration"]
    assert (summary["regime"], "effective" in summary) == (worst.regime, False)
    _, config, summary = runs["relu at lr 0.1", "ranking"]
    assert (config["steps"], summary["effective"]) == (20, best.effective)
    (home,) = [path.parent for path in (tmp_path / "runs" / "wandb").glob("*/files/figures.png")]
    assert {path.name for path in home.iterdir()} >= {"spec.yaml", "ranking.csv", "ranking.json", "figures.png"}
    assert (home / "ranking.csv").read_text() == screening.csv()
    assert list(home.glob("media/table/*.json"))
    assert list(home.glob("media/images/*.png"))
