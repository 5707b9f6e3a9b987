"""A ranking's JSON read again: the same rows, and one line about whatever is wrong with a file."""

import json as stdlib_json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.report.formats import csv, json
from lyapscreen.results.json_reader import differences, read
from lyapscreen.results.ranking import rank, ranked
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DIV, RESULTS, SPEC, C, S, probed
from tests.helpers.saved_rankings import ABOUT, EDGES, MALFORMED, write_malformed, write_ranking


def swept(settings, mean):
    return [
        replace(r, candidate=Candidate(Configuration("relu", 0.1, settings), r.candidate.seed))
        for r in probed("relu", 0.1, mean)
    ]


ODD = [
    *probed("relu", 0.1, -0.05, spread=1 / 3e4),
    Result.failed(Candidate(Configuration("relu", 1 / 3), 0), "killed"),
    Result(Candidate(Configuration("relu", 1.0), 0), (Measures(DIV, 3),), (0.1, None)),
    Result(Candidate(Configuration("tanh", 1.0), 0), (Measures(C, 100, -0.1, -0.1, None, held_out_loss=1e300),)),
]


ROUND_TRIPS = {
    "every regime": (RESULTS, SPEC),
    "one seed": ([r for r in RESULTS if r.candidate.seed == 0], SPEC),
    "failed, diverged, undefined": (ODD, SPEC),
    "ranked by loss": (RESULTS, SPEC.model_copy(update={"rank_by": "loss"})),
    "swept": (
        [
            r
            for momentum in (0, 0.9, 1 / 3)
            for norm in ("layer", None, True)
            for r in swept((("momentum", momentum), ("norm", norm)), -0.05 * (1 + momentum))
        ],
        Spec.of(
            model="net.py:f", optimizer="momentum", act="relu", lr="0.1",
            sweep={"momentum": [0, 0.9, 1 / 3], "norm": ["layer", None, True]},
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("results", "spec"), ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_the_rows_are_those_that_were_written(tmp_path, results, spec):
    found = read(write_ranking(tmp_path / "r.json", results, spec))
    assert found.ranking == ranked(results, spec)
    assert csv.render(found.ranking) == csv.render(ranked(results, spec))
    assert rank(found.results, at=50) == rank(results, at=50)
    assert (found.spec.plain(), dict(found.about)) == (spec.plain(), ABOUT)


def test_what_is_not_finite_is_undefined_when_it_comes_back(tmp_path):
    odd = Result(Candidate(Configuration("relu", 0.1), 0), (Measures(C, 9, math.nan, -math.inf, 0.5),), (math.inf,))
    (found,) = read(write_ranking(tmp_path / "r.json", [odd])).results
    assert (found.final.effective, found.final.transverse, found.final.lyapunov, found.local) == (
        None, None, 0.5, (None,),
    )  # fmt: skip


def test_a_screening_of_objects_from_python_is_read_without_them(tmp_path):
    def factory(activation, n_inputs, n_outputs):
        return torch.nn.Sequential(torch.nn.Linear(n_inputs, 4), activation(), torch.nn.Linear(4, n_outputs))

    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(0)).numpy()
    s = ls.screen(
        model=factory, data=(x, (x[:, 0] > 0).astype(int)), lr="0.01:1:12", act="relu", seeds=2, steps=40,
        loss=lambda outputs, targets: torch.nn.functional.cross_entropy(outputs, targets),
    )  # fmt: skip
    s.to_json(tmp_path / "r.json")
    found = read(str(tmp_path / "r.json"))
    assert found.ranking == s.ranking
    assert any(len(result.rungs) > 1 for result in found.results)
    assert any(result.local for result in found.results)
    assert found.spec.plain() == s.spec.plain()
    with pytest.raises(SettingError, match="holds only the name"):
        found.spec.model("relu")
    again = json.render(replace(s.document, ranking=found.ranking, spec=found.spec, **found.about))
    assert again == (tmp_path / "r.json").read_text()


def test_the_edge_comes_back(tmp_path):
    assert read(write_ranking(tmp_path / "r.json", edge=EDGES)).edge == EDGES
    assert read(write_ranking(tmp_path / "r.json")).edge is None


def test_a_file_from_before_there_were_earlier_rungs_is_read(tmp_path):
    path = write_ranking(tmp_path / "r.json")
    plain = stdlib_json.loads((tmp_path / "r.json").read_text())
    for key in ("score_name", "edge"):
        del plain[key]
    for row in plain["ranking"]:
        for seed in row["per_seed"]:
            del seed["earlier"], seed["local"]
    (tmp_path / "r.json").write_text(stdlib_json.dumps(plain))
    assert [row.effective for row in read(path).ranking.rows] == [row.effective for row in rank(RESULTS).rows]


def _of_first_schema(path, **spec):
    """A ranking as the first version wrote it: no projection, schedules over the probe, no word of what is kept."""
    plain = stdlib_json.loads(Path(write_ranking(path)).read_text())
    plain["schema"] = 1
    for name in ("keep", "full_epochs"):
        del plain["spec"][name]
    plain["spec"] |= spec
    for row in plain["ranking"]:
        for measured in (*row["per_seed"], *(early for seed in row["per_seed"] for early in seed["earlier"])):
            del measured["projected"]
    path.write_text(stdlib_json.dumps(plain))
    return str(path)


@pytest.mark.parametrize(
    ("spec", "full"),
    [({}, 1500), ({"schedule": "cosine"}, 100), ({"schedule": "cosine:300"}, 300), ({"full_steps": 50}, 100)],
)
def test_a_file_of_the_first_schema_is_read(tmp_path, spec, full):
    found = read(_of_first_schema(tmp_path / "r.json", **spec))
    assert found.spec.full_steps == full
    assert [row.effective for row in found.ranking.rows] == [row.effective for row in rank(RESULTS).rows]


@pytest.mark.parametrize("spec", [{"rank_by": "end"}, {"sweep": {"schedule": ["cosine:200", "constant"]}}])
def test_what_the_first_schema_said_and_this_version_cannot_is_refused(tmp_path, spec):
    with pytest.raises(SettingError, match="Write one with"):
        read(_of_first_schema(tmp_path / "r.json", **spec))


def test_what_differs_between_two_runs_is_named(tmp_path):
    then = read(write_ranking(tmp_path / "r.json"))
    assert differences((SPEC, ABOUT), then) == []
    assert differences((SPEC, {**ABOUT, "spec_hash": "x"}), then) == ["other data"]
    now = SPEC.model_copy(update={"steps": 50, "act": ("relu",)})
    found = differences((now, {**ABOUT, "versions": {"torch": "2.7"}}), then)
    assert found == ["steps 100, now 50", "other values of act", "torch 2.6, now 2.7"]


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_one_line_that_names_it(tmp_path, change, message):
    path = write_malformed(tmp_path / "r.json", change)
    with pytest.raises(SettingError) as caught:
        read(path, "baseline")
    told = caught.value.message("--baseline")
    assert told.startswith(f"--baseline {path}: ")
    assert message in told
    assert told.endswith("Write one with lyapscreen rank --json FILE")
    assert "\n" not in told


def test_a_swept_setting_has_to_stand_in_every_row(tmp_path):
    results, spec = ROUND_TRIPS["swept"]
    write_ranking(tmp_path / "r.json", results, spec)
    plain = stdlib_json.loads((tmp_path / "r.json").read_text())
    del plain["ranking"][4]["norm"]
    (tmp_path / "r.json").write_text(stdlib_json.dumps(plain))
    with pytest.raises(SettingError, match=r"ranking\[4\] has no norm, which the spec sweeps"):
        read(str(tmp_path / "r.json"))


@pytest.mark.parametrize("path", ["", "nowhere.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read_says_why(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match="it cannot be read"):
        read(path)


def test_regimes_of_seeds_come_back_as_regimes(tmp_path):
    found = read(write_ranking(tmp_path / "r.json", probed("relu", 0.1, -0.05, S)))
    assert all(isinstance(result.final.regime, Regime) for result in found.results)
