"""The JSON Schema of rankings against what is really written."""

from __future__ import annotations

import json

import jsonschema
import pytest

from lyapscreen.report.commands.published_schema import POLICY, ranking_schema
from tests.helpers.documents import ODD, document, hostile
from tests.helpers.saved_rankings import EDGES, ranking_json
from tests.helpers.screenings import RUNS, screened
from tests.helpers.spec_files import run

FORMAT = jsonschema.Draft202012Validator(ranking_schema())


def test_it_is_a_schema_and_printed():
    jsonschema.Draft202012Validator.check_schema(ranking_schema())
    assert json.loads(run("schema", "--ranking").stdout) == ranking_schema()
    assert POLICY in ranking_schema()["description"]


@pytest.mark.parametrize("name", RUNS)
def test_what_a_screening_writes_fits(name):
    FORMAT.validate(json.loads(screened(name).json()))


def test_what_is_odd_hostile_or_has_edges_fits():
    from lyapscreen.report.formats.json import render

    for results in ODD.values():
        FORMAT.validate(json.loads(render(document(results))))
    FORMAT.validate(json.loads(render(hostile())))
    FORMAT.validate(json.loads(ranking_json(edge=EDGES)))


def test_every_key_that_is_written_is_in_it():
    found = json.loads(ranking_json(edge=EDGES))
    schema = ranking_schema()["properties"]
    assert set(found) == set(schema)
    assert set(found["ranking"][0]) <= set(schema["ranking"]["items"]["properties"])
    seed = schema["ranking"]["items"]["properties"]["per_seed"]["items"]["properties"]
    assert set(found["ranking"][0]["per_seed"][0]) == set(seed)
    family = schema["edge"]["anyOf"][0]["properties"]["families"]["items"]["properties"]
    assert set(found["edge"]["families"][0]) == set(family)


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.pop("warnings"),
        lambda plain: plain.update(schema=1),
        lambda plain: plain["ranking"][0].update(regime="fine"),
        lambda plain: plain["ranking"][0].update(lr="0.1"),
        lambda plain: plain["ranking"][0].pop("held_out_loss_low"),
        lambda plain: plain["ranking"][0]["per_seed"][0].update(seed=None),
    ],
)
def test_what_is_wrong_does_not_fit(change):
    plain = json.loads(ranking_json())
    FORMAT.validate(plain)
    change(plain)
    with pytest.raises(jsonschema.ValidationError):
        FORMAT.validate(plain)
