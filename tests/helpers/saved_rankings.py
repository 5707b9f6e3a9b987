"""Rankings saved as JSON: by hand, with edges, and malformed in every way."""

import json as stdlib_json
import math

from lyapscreen.report.document import Document
from lyapscreen.report.formats import csv, json
from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.ranking import rank
from tests.helpers.rankings import RESULTS, SPEC

ABOUT = {
    "spec_hash": "0123abcd", "versions": {"torch": "2.6"}, "score_name": "accuracy", "train_rows": 1347,
    "task": "classification", "baseline_score": 0.1, "held_out_rows": 450, "classes": 10,
}  # fmt: skip


def ranking_json(results=RESULTS, spec=SPEC, edge=None, **about):
    """The JSON of a ranking made by hand; `about` is what a run says of itself."""
    about = ABOUT | about
    return json.render(Document(rank(results, spec.rank_by), spec, sentences=(), edges=edge, **about))


def write_ranking(path, results=RESULTS, spec=SPEC, edge=None):
    path.write_text(ranking_json(results, spec, edge))
    return str(path)


EDGES = Edges(100, 20.0, 0.01, 10.0, (
    FamilyEdge("relu", (("momentum", 0.9),), 0.1, True, (
        SeedEdge(0, EdgeRegime.FOUND, 1.0, 1.02, 4.0), SeedEdge(1, EdgeRegime.FOUND, 2.0, 2.04),
    )),
    FamilyEdge("tanh", (("momentum", 0.9),), None, False, (
        SeedEdge(0, EdgeRegime.BEYOND, 10.0, None), SeedEdge(1, EdgeRegime.BELOW, None, 0.01),
    )),
))  # fmt: skip


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
    "another schema": (changed("schema", 3), "its schema is 3, and this version reads schemas 1 to 2"),
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
    "a wrong setting": (changed("spec", "steps", "many"), "its spec is wrong: steps many, it must be a whole number"),
    "no such model": (changed("spec", "model", "cnn7"), "its spec is wrong: model cnn7"),
    "no such axis": (changed("spec", "sweep", {"batch_size": [3, 4]}), "its spec is wrong: sweep.batch_size"),
    "a wrong edge": (changed("edge", {"steps": 100}), "edge.max_growth is missing"),
}  # fmt: skip


def write_malformed(path, change):
    if isinstance(change, bytes | str):
        path.write_bytes(change if isinstance(change, bytes) else change.encode())
        return str(path)
    write_ranking(path)
    text = path.read_text()
    if change.__name__ == "change":
        plain = stdlib_json.loads(text)
        change(plain)
        path.write_text(stdlib_json.dumps(plain))
    else:
        path.write_text(change(text))
    return str(path)
