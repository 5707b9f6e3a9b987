"""What a ranking looks like in a file, and where files go."""

from __future__ import annotations

import io
import json as stdlib_json
import math
import os
import resource
import stat
import sys
import threading
from dataclasses import fields, replace

import pandas as pd
import pytest
from reported import DIV, RESULTS, SPEC, C, X, probed

from lyapscreen.errors import EnvironmentFailure, InternalError, OutputError
from lyapscreen.report.formats import csv, json
from lyapscreen.report.output import Destination
from lyapscreen.results.ranking import Row, rank
from lyapscreen.results.records import Measures, Result
from lyapscreen.spec.candidates import Candidate, Configuration

# CSV


def test_the_columns_are_the_fields_of_a_row():
    names = [field.name for field in fields(Row)]
    assert list(csv.COLUMNS) == names[: names.index("recommended") + 1]


def test_csv_writes_numbers_briefly_and_the_undefined_as_nothing():
    one = Measures(C, 100, -0.1 / 3, -0.1, 1e-12, train_loss=0.5, held_out_loss=0.25, held_out_score=1.0)
    diverged = Measures(DIV, 7)
    ranking = rank(
        [
            Result(Candidate(Configuration("relu", 0.0215443469), 3), (one,)),
            Result(Candidate(Configuration('a,"b"\n', 1.0), 3), (diverged,)),
        ]
    )
    assert csv.render(ranking).split("\n", 1)[1] == (
        "1,,relu,0.0215443469,converging,-0.0333333333,,,-0.1,,,1e-12,,,,0.5,0.25,1,1,100,,1\n"
        '2,,"a,""b""\n",1,diverged,,,,,,,,,,,,,,1,7,,0\n'
    )


def test_csv_reads_back_as_the_ranking():
    ranking = rank(RESULTS)
    table = pd.read_csv(io.StringIO(csv.render(ranking)))
    assert list(table.columns) == list(csv.COLUMNS)
    assert table["lr"].tolist() == [row.lr for row in ranking.rows]
    assert table["recommended"].tolist() == [1] + [0] * 7
    assert table["effective"].iloc[0] == pytest.approx(ranking.rows[0].effective, rel=1e-8)
    assert table.loc[table["regime"] == "diverged", "effective"].isna().all()


# JSON


def document(results, versions):
    text = json.render(rank(results), spec=SPEC, spec_hash="0123abcd", versions=versions, score_name="accuracy")

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return text, stdlib_json.loads(text, parse_constant=refuse)


def test_json_holds_the_spec_the_rows_and_their_seeds():
    text, found = document(RESULTS, {"torch": "2.6", "lyapscreen": "0.1"})
    assert list(found) == ["schema", "spec", "spec_hash", "versions", "ranking", "recommended", "score_name", "edge"]
    assert (found["schema"], found["spec_hash"]) == (1, "0123abcd")
    assert found["spec"]["lr"] == [0.001, 0.01, 0.1, 1.0]
    assert found["versions"] == {"lyapscreen": "0.1", "torch": "2.6"}
    first, last = found["ranking"][0], found["ranking"][-1]
    assert list(first) == [*csv.COLUMNS, "per_seed"]
    assert found["recommended"] == first
    assert first["recommended"] is True
    assert last["recommended"] is False
    assert (last["regime"], last["effective"], last["rank"]) == ("diverged", None, 8)
    assert first["effective"] == rank(RESULTS).rows[0].effective
    assert list(first["per_seed"][0]) == [
        "seed",
        *(field.name for field in fields(Measures)),
        "reason",
        "earlier",
        "local",
        "full",
    ]
    values = {r.candidate.seed: r.final.effective for r in rank(RESULTS).rows[0].results}
    assert {seed["seed"]: seed["effective"] for seed in first["per_seed"]} == values
    assert text.startswith('{\n  "schema": 1,\n')
    assert text.endswith("}\n")


def test_json_has_null_for_what_is_not_finite_and_for_no_recommendation():
    odd = Measures(X, 100, math.nan, math.inf, -math.inf, train_loss=1e300, held_out_loss=0.1 + 0.2, held_out_score=0.0)
    result = replace(Result(Candidate(Configuration("relu", 0.1), 0), (odd,)), reason="worker died twice")
    _, found = document([result], {})
    seed = found["ranking"][0]["per_seed"][0]
    assert (seed["effective"], seed["transverse"], seed["lyapunov"]) == (None, None, None)
    assert (seed["held_out_loss"], seed["held_out_score"], seed["reason"]) == (0.1 + 0.2, 0.0, "worker died twice")
    assert found["recommended"] is None


def test_json_writes_names_as_they_are():
    assert '"activation": "µ-law"' in document(probed("µ-law", 0.1, -0.05), {})[0]


def test_json_is_the_same_bytes_whatever_the_order_of_what_it_is_given():
    assert document(RESULTS, {"a": "1", "b": "2"})[0] == document(RESULTS[::-1], {"b": "2", "a": "1"})[0]


# Where results go


def test_a_result_is_put_in_place_whole_with_the_permissions_of_the_umask(tmp_path):
    path = tmp_path / "r.csv"
    before = os.umask(0o027)
    try:
        with Destination("csv", str(path)) as destination:
            assert not path.exists()
            destination.write("λ,1\n")
            assert path.read_bytes() == "λ,1\n".encode()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_stood_there_stays_until_the_result_is_written(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("old")
    path.chmod(0o604)
    with pytest.raises(KeyboardInterrupt), Destination("csv", str(path)):
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with Destination("csv", str(path)) as destination:
        assert path.read_text() == "old"
        destination.write("new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o604)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / "r.csv"
    link.symlink_to("far/real.csv")
    with Destination("csv", str(link)) as destination:
        destination.write("x")
    assert link.is_symlink()
    assert (tmp_path / "far" / "real.csv").read_text() == "x"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("missing/r.csv", "there is no directory"),
        ("file/r.csv", "Not a directory"),
        ("dir", "this is a directory"),
        ("new/", "this is a directory"),
        ("", "this is a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch, name, rule):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "dir").mkdir()
    with pytest.raises(OutputError, match=rule) as caught, Destination("csv", name):
        pass
    assert (caught.value.setting, caught.value.value) == ("csv", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dir", "file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("locked", ["directory", "file"])
def test_a_place_without_permission_is_refused_at_once(tmp_path, locked):
    path = tmp_path / "r.csv"
    path.touch()
    (tmp_path if locked == "directory" else path).chmod(0o500 if locked == "directory" else 0o400)
    with pytest.raises(OutputError, match="Permission denied"), Destination("csv", str(path)):
        pass
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("room", [100, 10_000])
def test_a_disk_without_room_is_the_environments_failure(tmp_path, room):
    """A limit on the size of files stands in for a full disk: before the work, and after it."""
    path = tmp_path / "r.csv"
    path.write_text("old")
    started = []

    def work():
        with Destination("csv", str(path)) as destination:
            started.append(True)
            destination.write("x" * 100_000)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(EnvironmentFailure, match="csv"):
            work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert bool(started) == (room == 10_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_device_is_the_environments_failure():
    with pytest.raises(EnvironmentFailure, match="No space left"), Destination("csv", "/dev/full") as destination:
        destination.write("x")


def test_a_named_pipe_is_written_to(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found = []
    reader = threading.Thread(target=lambda: found.append(path.read_text()))
    reader.start()
    with Destination("csv", str(path)) as destination:
        destination.write("x")
    reader.join(timeout=10)
    assert found == ["x"]


def test_a_broken_pipe_is_left_to_the_caller():
    reading, writing = os.pipe()
    with Destination("csv", f"/dev/fd/{writing}") as destination:
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            destination.write("x")
    os.close(writing)


def test_stdout_gets_the_same_bytes_as_a_file(capfdbinary):
    with Destination("csv", "-") as destination:
        destination.write("λ\n")
    assert capfdbinary.readouterr().out == "λ\n".encode()


def test_stdout_keeps_the_order_of_what_is_written_to_it(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print("before ", end="")
    with Destination("csv", "-") as destination:
        destination.write("λ")
    assert raw.getvalue() == "before λ".encode()
    monkeypatch.setattr("sys.stdout", io.StringIO())
    with Destination("csv", "-") as destination:
        destination.write("λ")
        assert sys.stdout.getvalue() == "λ"


def test_a_destination_is_written_once(tmp_path):
    with Destination("csv", str(tmp_path / "r.csv")) as destination:
        destination.write("x")
        with pytest.raises(InternalError):
            destination.write("y")
    assert (tmp_path / "r.csv").read_text() == "x"
