"""A ranking's JSON read again: the same rows, and one line about whatever is wrong with a file."""

import json as stdlib_json
import math
from dataclasses import replace

import pytest
import torch
from reported import DIV, RESULTS, SPEC, C, S, probed

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.report.formats import csv, json
from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.json_reader import differences, read
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec

ABOUT = {"spec_hash": "0123abcd", "versions": {"torch": "2.6"}, "score_name": "accuracy"}


def written(path, results=RESULTS, spec=SPEC, edge=None):
    path.write_text(json.render(rank(results, spec.rank_by), spec=spec, edge=edge, **ABOUT))
    return str(path)


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
    found = read(written(tmp_path / "r.json", results, spec))
    assert found.ranking == rank(results, spec.rank_by)
    assert csv.render(found.ranking) == csv.render(rank(results, spec.rank_by))
    assert rank(found.results, at=50) == rank(results, at=50)
    assert (found.spec.plain(), dict(found.about)) == (spec.plain(), ABOUT)


def test_what_is_not_finite_is_undefined_when_it_comes_back(tmp_path):
    odd = Result(Candidate(Configuration("relu", 0.1), 0), (Measures(C, 9, math.nan, -math.inf, 0.5),), (math.inf,))
    (found,) = read(written(tmp_path / "r.json", [odd])).results
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
    again = json.render(found.ranking, spec=found.spec, **found.about)
    assert again == (tmp_path / "r.json").read_text()


EDGES = Edges(100, 20.0, 0.01, 10.0, (
    FamilyEdge("relu", (("momentum", 0.9),), 0.1, True, (
        SeedEdge(0, EdgeRegime.FOUND, 1.0, 1.02, 4.0), SeedEdge(1, EdgeRegime.FOUND, 2.0, 2.04),
    )),
    FamilyEdge("tanh", (("momentum", 0.9),), None, False, (
        SeedEdge(0, EdgeRegime.BEYOND, 10.0, None), SeedEdge(1, EdgeRegime.BELOW, None, 0.01),
    )),
))  # fmt: skip


def test_the_edge_comes_back(tmp_path):
    assert read(written(tmp_path / "r.json", edge=EDGES)).edge == EDGES
    assert read(written(tmp_path / "r.json")).edge is None


def test_a_file_from_before_there_were_earlier_rungs_is_read(tmp_path):
    path = written(tmp_path / "r.json")
    plain = stdlib_json.loads((tmp_path / "r.json").read_text())
    for key in ("score_name", "edge"):
        del plain[key]
    for row in plain["ranking"]:
        for seed in row["per_seed"]:
            del seed["earlier"], seed["local"]
    (tmp_path / "r.json").write_text(stdlib_json.dumps(plain))
    assert [row.effective for row in read(path).ranking.rows] == [row.effective for row in rank(RESULTS).rows]


def test_what_differs_between_two_runs_is_named(tmp_path):
    then = read(written(tmp_path / "r.json"))
    assert differences((SPEC, ABOUT), then) == []
    assert differences((SPEC, {**ABOUT, "spec_hash": "x"}), then) == ["other data"]
    now = SPEC.model_copy(update={"steps": 50, "act": ("relu",)})
    found = differences((now, {**ABOUT, "versions": {"torch": "2.7"}}), then)
    assert found == ["steps 100, now 50", "other values of act", "torch 2.6, now 2.7"]


def changed(*path_and_value):
    *path, value = path_and_value

    def change(plain):
        for key in path[:-1]:
            plain = plain[key]
        plain[path[-1]] = value

    return change


def without(*path):
    def change(plain):
        for key in path[:-1]:
            plain = plain[key]
        del plain[path[-1]]

    return change


MALFORMED = {
    "empty": ("", "it is not JSON: EOF"),
    "no JSON": ("lyapscreen", "it is not JSON"),
    "torn": (lambda text: text[:-40], "it is not JSON"),
    "not UTF-8": (b'{"schema": "\xff\xfe"}', "it is not JSON"),
    "NaN": (lambda text: text.replace('"edge": null', '"edge": NaN'), "edge must be"),
    "NaN as a value": (changed("ranking", 0, "per_seed", 0, "effective", math.nan), "effective must be a finite"),
    "infinite": (lambda text: text.replace('"lr": 0.1', '"lr": 1e999'), "].lr must be a finite number"),
    "a number too long": ('{"schema": ' + 9999 * "9" + "}", "it is not JSON: number out of range"),
    "nested": ("[" * 100_000, "recursion limit"),
    "a list": ("[1]", "it must be an object"),
    "a CSV": (csv.render(rank(RESULTS)), "it is not JSON"),
    "another schema": (changed("schema", 2), "its schema is 2, and this version reads schema 1"),
    "no schema": (without("schema"), "schema is missing"),
    "no ranking": (without("ranking"), "ranking is missing"),
    "an empty ranking": (changed("ranking", []), "ranking is empty"),
    "no seeds": (changed("ranking", 1, "per_seed", []), "ranking[1].per_seed is empty"),
    "no lr": (without("ranking", 3, "lr"), "ranking[3].lr is missing"),
    "no effective": (without("ranking", 3, "per_seed", 1, "effective"), "ranking[3].per_seed[1].effective is missing"),
    "text for a number": (changed("ranking", 2, "lr", "0.1"), "ranking[2].lr must be a valid number, not '0.1'"),
    "a truth value for a number": (changed("ranking", 2, "lr", True), "ranking[2].lr must be a valid number, not True"),
    "a negative lr": (changed("ranking", 2, "lr", -1.0), "ranking[2].lr must be greater than 0"),
    "no such regime": (changed("ranking", 0, "per_seed", 0, "regime", "fine"), "regime must be 'converging', "),
    "a seed twice": (changed("ranking", 0, "per_seed", 0, "seed", 3), "ranking[0] has tanh/lr=0.01/seed=3 a second"),
    "two recommended": (changed("ranking", 1, "recommended", True), "it recommends more than one configuration"),
    "no such setting": (changed("spec", "stps", 3), "its spec is wrong: stps 3, there is no such setting"),
    "a wrong setting": (changed("spec", "steps", "many"), "its spec is wrong: steps many, it must be a valid integer"),
    "no such model": (changed("spec", "model", "cnn7"), "its spec is wrong: model cnn7"),
    "no such axis": (changed("spec", "sweep", {"batch_size": [3, 4]}), "its spec is wrong: sweep.batch_size"),
    "a wrong edge": (changed("edge", {"steps": 100}), "edge.max_growth is missing"),
}  # fmt: skip


def malformed(path, change):
    if isinstance(change, bytes | str):
        path.write_bytes(change if isinstance(change, bytes) else change.encode())
        return str(path)
    written(path)
    text = path.read_text()
    if change.__name__ == "change":
        plain = stdlib_json.loads(text)
        change(plain)
        path.write_text(stdlib_json.dumps(plain))
    else:
        path.write_text(change(text))
    return str(path)


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_one_line_that_names_it(tmp_path, change, message):
    path = malformed(tmp_path / "r.json", change)
    with pytest.raises(SettingError) as caught:
        read(path, "baseline")
    told = caught.value.told("--baseline")
    assert told.startswith(f"--baseline {path}: ")
    assert message in told
    assert told.endswith("Write one with lyapscreen rank --json FILE")
    assert "\n" not in told


def test_a_swept_setting_has_to_stand_in_every_row(tmp_path):
    results, spec = ROUND_TRIPS["swept"]
    plain = stdlib_json.loads((tmp_path / "r.json").read_text()) if written(tmp_path / "r.json", results, spec) else {}
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
    found = read(written(tmp_path / "r.json", probed("relu", 0.1, -0.05, S)))
    assert all(isinstance(result.final.regime, Regime) for result in found.results)
