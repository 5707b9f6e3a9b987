"""A ranking as JSON."""

from __future__ import annotations

import json as stdlib_json
import math
from dataclasses import fields, replace

from lyapscreen.report.document import Document
from lyapscreen.report.formats import csv, json
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.rankings import RESULTS, SPEC, X, probed


def document(results, versions):
    text = json.render(
        Document(rank(results), SPEC, "0123abcd", versions, "accuracy", ("Said.",), ("Beware.",), ("Noted.",),
                 train_rows=640, task="classification", baseline_score=0.1)
    )  # fmt: skip

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return text, stdlib_json.loads(text, parse_constant=refuse)


def test_json_holds_the_spec_the_rows_and_their_seeds():
    text, found = document(RESULTS, {"torch": "2.6", "lyapscreen": "0.1"})
    names = ["schema", "spec", "spec_hash", "versions", "ranking", "recommended", "score_name", "train_rows", "edge"]
    names += [
        "resolved",
        "settings",
        "sentences",
        "warnings",
        "notices",
        "task",
        "baseline_score",
        "held_out_rows",
        "classes",
    ]
    assert list(found) == names
    assert (found["sentences"], found["warnings"], found["notices"]) == (["Said."], ["Beware."], ["Noted."])
    assert (found["task"], found["baseline_score"]) == ("classification", 0.1)
    assert found["settings"] == {
        "activation": "tanh", "lr": 0.01, "optimizer": "sgd", "weight_decay": 0.0, "batch_size": 64,
        "schedule": "constant", "warmup": 0, "full_steps": 1500, "loss": "cross-entropy",
    }  # fmt: skip
    used = {name: found["resolved"][name] for name in ("momentum", "weight_decay", "task", "loss", "full_epochs")}
    assert used == {
        "momentum": 0.0, "weight_decay": 0.0, "task": "classification", "loss": "cross-entropy", "full_epochs": 150.0,
    }  # fmt: skip
    assert (found["schema"], found["spec_hash"]) == (2, "0123abcd")
    assert found["spec"]["lr"] == [0.001, 0.01, 0.1, 1.0]
    assert found["versions"] == {"lyapscreen": "0.1", "torch": "2.6"}
    first, last = found["ranking"][0], found["ranking"][-1]
    assert list(first) == [*csv.COLUMNS, *csv.INTERVALS, "per_seed"]
    assert found["recommended"] == first
    assert first["recommended"] is True
    assert last["recommended"] is False
    assert (last["regime"], last["effective"], last["rank"]) == ("diverged", None, 8)
    assert first["effective"] == rank(RESULTS).rows[0].effective
    assert list(first["per_seed"][0]) == [
        "seed",
        *(f.name for f in fields(Measures)),
        "reason",
        "earlier",
        "local",
        "full",
    ]
    values = {r.candidate.seed: r.final.effective for r in rank(RESULTS).rows[0].results}
    assert {seed["seed"]: seed["effective"] for seed in first["per_seed"]} == values
    assert text.startswith('{\n  "schema": 2,\n')
    assert text.endswith("}\n")


def test_json_has_null_for_what_is_not_finite_and_for_no_recommendation():
    odd = Measures(X, 100, math.nan, math.inf, -math.inf, train_loss=1e300, held_out_loss=0.1 + 0.2, held_out_score=0.0)
    result = replace(Result(Candidate(Configuration("relu", 0.1), 0), (odd,)), reason="worker died twice")
    _, found = document([result], {})
    seed = found["ranking"][0]["per_seed"][0]
    assert (seed["effective"], seed["transverse"], seed["lyapunov"]) == (None, None, None)
    assert (seed["held_out_loss"], seed["held_out_score"], seed["reason"]) == (0.1 + 0.2, 0.0, "worker died twice")
    assert found["recommended"] is None
    assert found["settings"] is None


def test_json_writes_names_as_they_are():
    assert '"activation": "µ-law"' in document(probed("µ-law", 0.1, -0.05), {})[0]


def test_json_is_the_same_bytes_whatever_the_order_of_what_it_is_given():
    assert document(RESULTS, {"a": "1", "b": "2"})[0] == document(RESULTS[::-1], {"b": "2", "a": "1"})[0]
