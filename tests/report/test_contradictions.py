"""No number that is shown contradicts a sentence, a legend or the order: over screenings of every kind."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from lyapscreen.cli.saved import of_file
from lyapscreen.report.text import order
from lyapscreen.report.text.measured import words, writing
from lyapscreen.report.text.naming import name
from lyapscreen.report.text.numbers import compact
from lyapscreen.report.text.verdicts import clause, verdict
from lyapscreen.results.headroom import UNSTABLE
from lyapscreen.results.naming import family_of
from lyapscreen.results.preference import AT_MOST_WORSE, ENOUGH_ROOM
from lyapscreen.results.records import Regime
from lyapscreen.results.statistics import tied_with_first
from lyapscreen.spec.measures import MEASURE, MEASURES
from tests.helpers.screenings import RUNS, screened

NUMBER = r"-?\d+\.?\d*(?:e[+-]?\d+)?"


@pytest.fixture(params=RUNS)
def run(request):
    return screened(request.param)


def starting(sentences, words):
    return next((sentence for sentence in sentences if sentence.startswith(words)), "")


def test_the_rows_stand_in_the_order_that_is_said(run):
    ranking, keys = run.ranking, []
    for row in ranking.rows:
        merit = row.merit(ranking.measure)
        regime = 0 if row.regime in ranking.eligible else row.regime.badness
        length = 0 if ranking.measure.reads_ahead else -row.steps
        keys.append((regime, row.full_steps is None, length, math.inf if merit is None else merit))
    assert keys == sorted(keys)
    said = order.order(ranking)
    assert words(ranking.measure) in said
    measured = {row.steps for row in ranking.rows if row.regime not in (Regime.DIVERGED, Regime.FAILED)}
    if ranking.measure.reads_ahead:
        assert f"over {ranking.horizon:,} steps" in said
    else:
        assert {int(word) for word in re.findall(r"\b\d+\b", said)} == measured
        assert ("only among themselves" in said) == (len(measured) > 1)


def test_what_to_expect_are_the_numbers_of_the_row_recommended(run):
    ranking, row = run.ranking, run.recommended
    first = run.document.sentences[0]
    if row is None:
        assert first == "Nothing is recommended."
        assert run.warnings
        return
    assert first == f"Recommended: {name(ranking, row)}."
    said = starting(run.document.sentences, "Expect: ")
    if row.full_loss is not None:
        known = [row.full_loss, row.full_loss_low, row.full_loss_high]
    else:
        assert said.endswith(f"after {row.steps} steps.")
        measured = [column for one in ("held_out_score", "held_out_loss") for column in MEASURE[one].columns]
        known = [getattr(row, column) for column in measured]
        known.insert(3, run.baseline_score)
    numbers = re.sub(r"95% interval|95%:|R2|after \d+ steps", "", said)
    found = [float(text) for text in re.findall(NUMBER, numbers)]
    assert found == pytest.approx([number for number in known if number is not None], rel=0.06, abs=0.006)
    assert len(found) == (len(known) if row.seeds > 1 else 3)


def test_what_is_as_good_is_what_the_seeds_cannot_tell_from_the_first(run):
    ranking = run.ranking
    groups = [row.group for row in ranking.rows if row.group is not None]
    behind = [group for group in groups if group != 1]
    assert behind == sorted(behind)
    if not groups or ranking.confirmed:
        return
    leader = ranking.rows[0]
    block = [row for row in ranking.rows if order_key(ranking, row) == order_key(ranking, leader)]
    block = [row for row in block if row.merit(ranking.measure) is not None]
    values = np.array([[getattr(r.final, ranking.measure.name) for r in row.results] for row in block])
    assert [row.group == 1 for row in block] == tied_with_first(values).tolist()


def order_key(ranking, row):
    return (row.regime in ranking.eligible or row.regime, ranking.measure.reads_ahead or row.steps)


def test_ties_are_said_as_they_are_marked(run):
    ranking, row = run.ranking, run.recommended
    said = starting(run.document.sentences, "As good: ")
    if row is None or row.group is None or len(ranking.rows) == 1:
        assert not said
        return
    assert row in ranking.as_good
    others = [other for other in ranking.as_good if other is not row]
    assert ("nothing else that was screened" in said) == (not others)
    near = ranking.equally_good(row) if row.full_steps is None else (row,)
    named = [other for other in others if re.search(rf"{re.escape(name(ranking, other))}(?!\d|\.\d|e|,? \()", said)]
    more = re.search(r"and (\d+) more", said)
    assert len(named) + int(more[1] if more else 0) == len([other for other in others if other not in near])


def test_who_is_preferred_is_as_good_has_room_and_the_sentence_says_why(run):
    ranking, row = run.ranking, run.recommended
    said = starting(run.document.sentences, "Why not: ")
    if row is None:
        return
    leader = ranking.rows[0]
    assert ("It is preferred to " in said) == (row is not leader)
    if row is not leader:
        assert f"It is preferred to {name(ranking, leader)}" in said
        ours, best = row.merit(ranking.measure), leader.merit(ranking.measure)
        assert best <= ours <= best + AT_MOST_WORSE * abs(best)
        assert row.group == leader.group == 1
        lrs = [one.lr for one in ranking.rows]
        assert leader.lr in (min(lrs), max(lrs)) or ranking.headroom(leader).times < ENOUGH_ROOM


def test_a_pick_at_an_end_of_the_range_is_warned_of_and_no_other(run):
    row = run.recommended
    warned = starting(run.warnings, "The recommended learning rate")
    at_end = row is not None and len(run.spec.lr) > 1 and row.lr in (run.spec.lr[0], run.spec.lr[-1])
    assert bool(warned) == at_end


def test_the_room_that_is_said_is_that_of_the_rows(run):
    ranking, row = run.ranking, run.recommended
    if row is None:
        return
    said = starting(run.document.sentences, "Safe: ")
    above = [r for r in ranking.rows if family_of(r.configuration) == family_of(row.configuration) and r.lr > row.lr]
    unstable = sorted((r for r in above if r.regime in UNSTABLE), key=lambda r: r.lr)
    for one in unstable[:1]:
        assert clause(one) in said
        assert f"({compact(one.lr / row.lr)} times" in said
    assert bool(unstable) == any(word in said for word in ("chaotic", "dead", "diverged"))
    room = ranking.headroom(row)
    assert ("stable up to" in said) == (room.times > 1)
    if room.times > 1:
        assert f"({compact(room.times)} times as high)" in said
        assert not [r for r in above if r.lr <= room.stable_to and r.regime in UNSTABLE]


def test_verdicts_count_the_seeds(run):
    for row in run.ranking.rows:
        assert sum(row.regimes.values()) == row.seeds == len(row.seed_regimes)
        said = verdict(row)
        assert (said == "learns") == (set(row.regimes) == {Regime.CONVERGING})
        for count in re.findall(r"in (\d+)", said):
            assert 0 < int(count) < row.seeds


def test_a_row_that_looks_better_is_the_best_by_what_is_said(run):
    ranking, row = run.ranking, run.recommended
    said = starting(run.document.sentences, "Why not: ").removeprefix("Why not: ")
    pattern = r"(.*) has the (highest|lowest) (.*?), (\S+) against (\S+?)(?: \(after .*?\))?, but"
    by = {words(one, run.score_name): one.name for one in MEASURES if one.words}
    for who, which, what, theirs, ours in (m.groups() for part in said.split("; ") if (m := re.match(pattern, part))):
        values = {name(ranking, r): getattr(r, by[what]) for r in ranking.rows if getattr(r, by[what]) is not None}
        assert values[who] == (max if which == "highest" else min)(values.values())
        assert (float(theirs) > float(ours)) == (which == "highest")
        assert who != name(ranking, row)


def test_half_the_steps_are_spoken_of_only_where_somebody_got_further(run):
    said, row = starting(run.document.sentences, "How sure: "), run.recommended
    if "half the steps" not in said:
        return
    assert row.steps > run.spec.steps // 2
    then = run.halfway.recommended
    assert ("same pick" in said) == (then is not None and then.configuration == row.configuration)
    if found := re.search(r"half the steps, which (\d+) of (\d+) reached", said):
        count = sum(r.steps >= run.spec.steps // 2 for r in run.halfway.rows)
        assert [int(number) for number in found.groups()] == [count, len(run.ranking.rows)]


def test_the_file_says_what_the_screen_says(run, tmp_path):
    found = json.loads(run.json())
    assert tuple(found["sentences"]) == run.document.sentences
    assert (tuple(found["warnings"]), tuple(found["notices"])) == (run.warnings, run.notices)
    if run.recommended is None:
        assert (found["recommended"], found["settings"]) == (None, None)
    else:
        assert found["settings"]["lr"] == found["recommended"]["lr"] == run.recommended.lr
        assert [row["recommended"] for row in found["ranking"]].count(True) == 1
    run.to_json(tmp_path / "r.json")
    again = of_file(str(tmp_path / "r.json"))
    assert again.json() == run.json()


def test_what_ranks_is_written_with_digits_that_keep_the_order(run):
    """As shown, no row of one scale stands above one that is better."""
    ranking = run.ranking
    show = writing(ranking, ranking.measure)
    scales = {}
    for row in ranking.rows:
        if (value := getattr(row, ranking.measure.name)) is not None and row.full_steps is None:
            shown = ranking.measure.sign * float(show(value * ranking.times(ranking.measure, row)))
            scales.setdefault(order_key(ranking, row), []).append(shown)
    for values in scales.values():
        assert values == sorted(values)


def test_every_run_is_here_and_they_are_of_all_kinds():
    assert len(RUNS) >= 20
    ends = {row.regime for run in map(screened, RUNS) for row in run.ranking.rows}
    assert ends >= {Regime.CONVERGING, Regime.STALLED, Regime.CHAOTIC, Regime.DIVERGED}
    assert any(run.ranking.halved for run in map(screened, RUNS))
    assert any(run.recommended not in (None, *run.ranking.rows[:1]) for run in map(screened, RUNS))
    assert any(run.recommended is None for run in map(screened, RUNS))
