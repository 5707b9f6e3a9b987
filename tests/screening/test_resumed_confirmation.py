"""Full trainings in a run directory: kept as they finish, never repeated, the same bytes wherever it was broken off."""

import json
import shutil

import numpy as np
import pytest

import lyapscreen as ls
from lyapscreen.screening.kept_trainings import KeptTrainings
from lyapscreen.screening.run_directory import RunDirectory
from tests.helpers.confirmations import BEST, SPEC, confirmed, lines


def test_a_run_directory_keeps_a_line_and_the_weights_of_every_training(finished):
    run, every = finished[0] / "run", [json.loads(line) for line in lines(finished[0])]
    assert [line["of"] for line in every] == [2] * 6, "a batch is one configuration with its seeds"
    weights = {f"{line['batch']}-{line['candidate']['seed']}.npz" for line in every}
    assert {path.name for path in (run / "weights").iterdir()} == weights
    with np.load(run / "weights" / min(weights), allow_pickle=False) as arrays:
        assert arrays["0.weight"].shape == (8, 13)
    assert every[0]["curve"][-1] == [60, every[0]["full"]["final"]]


def half_a_batch(run):
    """Append the first line of a batch that was not there yet."""
    plain = json.loads((run / "trainings.jsonl").read_text().splitlines()[0])
    append(run, json.dumps({**plain, "batch": 1000}) + "\n")


def append(run, text):
    with (run / "trainings.jsonl").open("a") as file:
        file.write(text)


TORN = {
    "whole": lambda run, batch: None,
    "torn line": lambda run, batch: append(run, '{"batch": 0, "of'),
    "half a batch": lambda run, batch: half_a_batch(run),
    "weights without a line": lambda run, batch: (run / "weights" / f"{batch}-0.npz").write_bytes(b"not yet"),
    "half written weights": lambda run, batch: (run / "weights" / f"{batch}-0.part").write_bytes(b"PK"),
    "half written ranking": lambda run, batch: (run / ".lyapscreen-0.tmp").write_bytes(b"rank"),
}


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN)
@pytest.mark.parametrize("batches", [1, 2])
def test_broken_off_anywhere_it_goes_on_to_the_same_bytes(finished, tmp_path, monkeypatch, trained, batches, tear):
    """It ends after so many trainings, perhaps in the middle of what the next one writes."""

    def crashing(self, batch, found):
        if len(trained) > batches:
            tear(tmp_path / "run", batch.index)
            raise KeyboardInterrupt
        as_ever(self, batch, found)

    as_ever = KeptTrainings.keep
    monkeypatch.setattr(KeptTrainings, "keep", crashing)
    broken, _ = confirmed(tmp_path, *BEST)
    assert broken.exit_code == 130
    assert " --confirm 3 " in broken.stderr
    monkeypatch.setattr(KeptTrainings, "keep", as_ever)
    lost = trained.pop()
    done, written = confirmed(tmp_path, *BEST, "--resume")
    assert done.exit_code == 0, done.stderr
    assert written == finished[1]
    assert lines(tmp_path) == lines(finished[0])
    assert trained[batches] == lost
    assert len(trained) == len(set(trained)) == 3, "no training is repeated"
    assert not [path for path in (tmp_path / "run").rglob("*") if path.suffix in (".part", ".tmp")]


def test_any_jobs_write_the_same_run_directory(finished, tmp_path):
    _, written = confirmed(tmp_path, "--jobs", "2", "--confirm", "3")
    assert written == finished[1]
    assert sorted(lines(tmp_path)) == sorted(lines(finished[0]))
    here, there = ({path.name: path.read_bytes() for path in (folder / "run" / "weights").iterdir()}
                   for folder in (tmp_path, finished[0]))  # fmt: skip
    assert here == there


def test_a_finished_run_trains_nothing_again(finished, tmp_path, trained):
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)
    assert confirmed(tmp_path, *BEST, "--resume")[1] == finished[1]
    assert trained == []


@pytest.mark.parametrize("seeds_fit", [True, False])
def test_more_or_fewer_than_before_train_what_is_new_alone(tmp_path, trained, seeds_fit):
    """Where even one configuration's seeds are too many for a batch, too."""
    spec = SPEC if seeds_fit else [*SPEC, "--memory", "50kB"]
    each = 1 if seeds_fit else 2

    def best(folder, count, *flags):
        (tmp_path / folder).mkdir(exist_ok=True)
        return confirmed(tmp_path / folder, "--jobs", "1", "--confirm", str(count), *flags, spec=spec)[1]

    three, two = best("three", 3), best("two", 2)
    assert len(trained) == 5 * each
    assert best("two", 3, "--resume") == three
    assert len(trained) == 6 * each
    assert len(set(trained)) == 3 * each
    assert best("two", 2, "--resume") == two
    assert len(trained) == 6 * each


def test_another_length_is_another_run(finished):
    done, _ = confirmed(finished[0], *BEST, "--resume", "--full-steps", "61")
    assert done.exit_code == 2
    assert "spec: full_steps 60 there, 61 now" in done.stderr


def test_a_configuration_trains_alike_whoever_else_is_among_the_best():
    settings = {"data": "wine", "model": "mlp:8", "lr": "0.1,0.2,0.4", "act": "relu,tanh", "seeds": 2, "steps": 20}
    one, four = (ls.screen(**settings, full_steps=60, jobs=1, confirm=count).weights for count in (1, 4))
    assert len(four) == 4
    (name,) = one
    for alone, among in zip(one[name], four[name], strict=True):
        assert {key: array.tobytes() for key, array in alone.items()} == {
            key: array.tobytes() for key, array in among.items()
        }


def test_python_goes_on_as_the_command_does(finished, tmp_path, trained):
    """The spec is the command's, and so is the run directory."""
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)
    found = ls.screen(
        data="wine", model="mlp:8", lr="0.1,0.2,0.4,30", act="relu,tanh", seeds=2, steps=20, full_steps=60,
        jobs=1, run=tmp_path / "run", resume=True, confirm=3,
    )  # fmt: skip
    assert trained == []
    assert found.json().encode() == finished[1]["r.json"]
    assert found.state_dict() == finished[1]["w.pt"]


def test_weights_that_are_gone_are_trained_again(finished, tmp_path, trained):
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)
    next((tmp_path / "run" / "weights").iterdir()).unlink()
    assert confirmed(tmp_path, *BEST, "--resume")[1] == finished[1]
    assert len(trained) == 1


def test_damage_is_told_and_trained_again(finished, tmp_path, trained):
    shutil.copytree(finished[0], tmp_path, dirs_exist_ok=True)
    damaged = next((tmp_path / "run" / "weights").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:100])
    done, _ = confirmed(tmp_path, *BEST, "--resume")
    assert done.exit_code == 0, done.stderr
    assert len(trained) == 1
    assert damaged.with_name(f"{damaged.name}.damaged").exists()
    (tmp_path / "run" / "trainings.jsonl").write_text("{}\n" + "".join(lines(tmp_path)))
    done, written = confirmed(tmp_path, *BEST, "--resume")
    assert (done.exit_code, f"line 1 of {tmp_path / 'run' / 'trainings.jsonl'}: damaged" in done.stderr) == (0, True)
    assert len(trained) == 1
    assert written == finished[1]


def test_what_is_kept_counts_as_done(tmp_path):
    """Progress begins with what the run directory holds."""
    from lyapscreen.screening.plan import prepare
    from lyapscreen.screening.run import carry_out
    from lyapscreen.screening.run import confirmed as confirm
    from lyapscreen.spec.spec import Spec

    spec = Spec.of(data="wine", model="mlp:8", lr="0.1,0.2,0.4", act="relu,tanh", seeds=2, steps=20, full_steps=60)
    plan, seen = prepare(spec), []
    for count in (1, 3):
        with RunDirectory(str(tmp_path / "run"), resume=True) as store:
            screening = carry_out(plan, jobs=1, store=store)
            confirm(plan, screening, count, observer=lambda *now: seen.append(now), store=store)
    assert seen == [(0, 2), (2, 2), (2, 6), (4, 6), (6, 6)]
