"""What a ranking looks like in a file and on a terminal, and what is said about it."""

from __future__ import annotations

import io
import json as stdlib_json
import math
import os
import re
import resource
import stat
import sys
import threading
from dataclasses import fields, replace

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

from lyapscreen.candidates import Candidate, Configuration
from lyapscreen.errors import EnvironmentFailure, InternalError, OutputError
from lyapscreen.ranking import MERITS, Row, rank
from lyapscreen.report import advice, csv, json, terminal
from lyapscreen.report.output import Destination
from lyapscreen.report.spark import MARKS, sparks
from lyapscreen.report.table import COLOURS
from lyapscreen.results import Measures, Regime, Result
from lyapscreen.spec import Spec

C, S, X, DEAD, DIV = Regime.CONVERGING, Regime.STALLED, Regime.CHAOTIC, Regime.DEAD, Regime.DIVERGED


def probed(act, lr, mean, regime=C, *, seeds=5, spread=0.001, halfway=None, steps=100):
    """Seeds that differ from `mean` by `spread` times 0, 1, -1, 2, -2, ...; halfway alike unless given."""

    def measures(regime, value, steps):
        if regime is DIV:
            return Measures(regime, steps // 2)
        return Measures(regime, steps, value, value * 1.1, -value, None, 0.5, 0.25 + value, 1 + value)

    results = []
    for seed in range(seeds):
        value = mean + spread * (-1) ** seed * ((seed + 1) // 2)
        early = value if halfway is None else halfway
        results.append(
            Result(
                Candidate(Configuration(act, lr), seed),
                final=measures(regime, value, steps),
                halfway=measures(regime, early, steps // 2),
            )
        )
    return results


SPEC = Spec.of(act="relu,tanh", lr="0.001,0.01,0.1,1", seeds=5)
RESULTS = [
    *probed("relu", 0.001, -0.0001, S),
    *probed("relu", 0.01, -0.02),
    *probed("relu", 0.1, -0.05),
    *probed("relu", 1.0, 0, DIV),
    *probed("tanh", 0.001, -0.0301),
    *probed("tanh", 0.01, -0.0501, spread=0.004),
    *probed("tanh", 0.1, 0.01, X),
    *probed("tanh", 1.0, -0.01, DEAD),
]


def told(results, spec=SPEC, rank_by="effective"):
    return advice.sentences(rank(results, rank_by), rank(results, rank_by, halfway=True), spec)


def warned(results, spec=SPEC, rank_by="effective"):
    return advice.warnings(rank(results, rank_by), spec)


def printed(results, width=None, spec=SPEC, rank_by="effective", encoding="utf-8", **how):
    """Return what a terminal of `width` columns shows, or a pipe without one; colours are left out."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, width=width, force_terminal=width is not None, color_system=None, legacy_windows=False)
    halfway = rank(results, rank_by, halfway=True)
    terminal.show(rank(results, rank_by), halfway, spec, console, score_name="accuracy", **how)
    file.flush()
    return raw.getvalue().decode(encoding)


def heads(text):
    """The last line of the table's head, as a list."""
    return next(line.split() for line in text.splitlines() if line.split()[:1] == ["#"])


# CSV


def test_the_columns_are_the_fields_of_a_row():
    names = [field.name for field in fields(Row)]
    assert list(csv.COLUMNS) == names[: names.index("recommended") + 1]
    assert set(json.MEASURES) == {field.name for field in fields(Measures)}


def test_csv_writes_numbers_briefly_and_the_undefined_as_nothing():
    one = Measures(C, 100, -0.1 / 3, -0.1, 1e-12, None, 0.5, 0.25, 1.0)
    diverged = Measures(DIV, 7)
    ranking = rank(
        [
            Result(Candidate(Configuration("relu", 0.0215443469), 3), one, one),
            Result(Candidate(Configuration('a,"b"\n', 1.0), 3), diverged, diverged),
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
    text = json.render(rank(results), spec=SPEC, spec_hash="0123abcd", versions=versions)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return text, stdlib_json.loads(text, parse_constant=refuse)


def test_json_holds_the_spec_the_rows_and_their_seeds():
    text, found = document(RESULTS, {"torch": "2.6", "lyapscreen": "0.1"})
    assert list(found) == ["schema", "spec", "spec_hash", "versions", "ranking", "recommended"]
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
    assert list(first["per_seed"][0]) == ["seed", *json.MEASURES, "reason"]
    values = {r.candidate.seed: r.final.effective for r in rank(RESULTS).rows[0].results}
    assert {seed["seed"]: seed["effective"] for seed in first["per_seed"]} == values
    assert text.startswith('{\n  "schema": 1,\n')
    assert text.endswith("}\n")


def test_json_has_null_for_what_is_not_finite_and_for_no_recommendation():
    odd = Measures(X, 100, math.nan, math.inf, -math.inf, None, 1e300, 0.1 + 0.2, 0.0)
    result = replace(Result(Candidate(Configuration("relu", 0.1), 0), odd, odd), reason="worker died twice")
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


# Advice


def test_every_merit_and_regime_has_its_words():
    assert set(advice.NAMES) >= set(MERITS)
    assert set(COLOURS) == set(Regime) == {*MARKS, C}


def test_the_advice_on_a_ranking():
    # The interval: 2.776 * 0.004 * sqrt(10 / 4) / sqrt(5) = 0.00785 about the mean.
    assert told(RESULTS) == [
        "Recommended: tanh at lr 0.01, with lambda_eff -0.0501 per step (95% interval -0.0580 to -0.0422).",
        "Tied with it, as far as the seeds can tell: relu at lr 0.1.",
        "The nearest unstable learning rate of tanh is 0.1 (chaotic), 10 times as high.",
        "At half the steps (50) the pick was the same.",
        "No seed stands out.",
    ]  # fmt: skip
    assert warned(RESULTS) == []


def test_only_three_rivals_are_named():
    results = [r for n in range(6) for r in probed("relu", 0.1 + n / 100, -0.05 + n / 1e4, spread=0.001 * (n + 1))]
    assert told(results)[1] == (
        "Tied with it, as far as the seeds can tell: relu at lr 0.11, relu at lr 0.12, relu at lr 0.13 and 2 more."
    )
    assert told(results[:15])[1] == "Tied with it, as far as the seeds can tell: relu at lr 0.11 and relu at lr 0.12."


def test_a_leader_without_rivals_or_without_seeds_to_tell():
    assert told(probed("relu", 0.1, -0.05) + probed("tanh", 0.1, -0.01))[1] == (
        "Nothing is tied with it: it leads by more than the seeds differ."
    )
    alone = [*probed("relu", 0.1, -0.05, seeds=1), *probed("tanh", 0.1, -0.01, seeds=1)]
    assert told(alone) == [
        "Recommended: relu at lr 0.1, with lambda_eff -0.0500 per step.",
        "With one seed nobody can tell luck from merit: --seeds 5 gives intervals and ties.",
        "No learning rate above it was screened for relu.",
        "At half the steps (50) the pick was the same.",
    ]


@pytest.mark.parametrize(
    ("above", "sentence"),
    [
        ([X, C], "The nearest unstable learning rate of relu is 0.2 (chaotic), 2 times as high."),
        ([C, DIV], "The nearest unstable learning rate of relu is 0.5 (diverged), 5 times as high."),
        ([S, DEAD], "The nearest unstable learning rate of relu is 0.5 (dead), 5 times as high."),
        ([S, Regime.FAILED], "No learning rate in range is unstable for relu."),
        ([], "No learning rate above it was screened for relu."),
    ],
)
def test_the_distance_to_what_is_unstable(above, sentence):
    results = [*probed("relu", 0.05, 0.01, X), *probed("relu", 0.1, -0.05), *probed("tanh", 0.15, 0.01, X)]
    for lr, regime in zip([0.2, 0.5], above, strict=False):
        results += probed("relu", lr, -0.04, regime)
    assert sentence in told(results)


@pytest.mark.parametrize(
    ("spread", "early", "pick"),
    [
        (1e-3, -0.04, "the same."),
        (1e-3, -0.09, "tanh at lr 0.1: try --steps 200 to see whether it settles."),
        (2e-2, -0.09, "tanh at lr 0.1, which is tied with the pick now."),
    ],
)
def test_whether_half_the_steps_gave_the_same_pick(spread, early, pick):
    results = probed("relu", 0.1, -0.05) + probed("tanh", 0.1, -0.04, spread=spread, halfway=early)
    assert f"At half the steps (50) the pick was {pick}" in told(results)


def test_nothing_was_recommended_halfway():
    results = [replace(r, halfway=replace(r.halfway, regime=S)) for r in probed("relu", 0.1, -0.05)]
    assert "At half the steps (50) nothing was recommended yet." in told(results)


def test_a_seed_that_stands_out_is_named_beside_the_others():
    results = probed("relu", 0.1, -0.05)  # the others: -0.050, -0.051, -0.049, -0.052
    results[4] = replace(results[4], final=replace(results[4].final, effective=-0.3))
    # Mean -0.0505, standard deviation 0.00129, three degrees of freedom: 3.182 * 0.00129 / 2 = 0.00205.
    assert told(results)[-1] == (
        "Seed 4 stands out: lambda_eff -0.3000; the others' mean is -0.0505, 95% interval -0.0526 to -0.0484."
    )
    assert told(results[:3])[-1] == "No seed stands out."
    assert not any("stands out" in sentence for sentence in told(results[3:]))


def test_the_advice_is_about_what_the_ranking_is_sorted_by():
    assert told(RESULTS, rank_by="loss")[0] == "Recommended: tanh at lr 0.01, with held-out loss 0.200."
    assert told(RESULTS, rank_by="lyapunov")[0] == (
        "Recommended: relu at lr 0.01, with lambda_1 0.0200 per step (95% interval 0.0180 to 0.0220)."
    )


@pytest.mark.parametrize(
    ("best", "which", "wider"),
    [(0.001, "0.001 is the lowest", "1e-4:1"), (0.01, "", ""), (1.0, "1 is the highest", "1e-3:10")],
)
def test_a_pick_at_an_end_of_the_range_is_warned_of(best, which, wider):
    results = [result for lr in SPEC.lr for result in probed("relu", lr, -0.05 if lr == best else -0.01)]
    warning = f"The recommended learning rate {which} one screened: the best may lie outside. Try --lr {wider}."
    assert warned(results) == ([warning] if which else [])
    assert warned(probed("relu", best, -0.05), Spec.of(act="relu", lr=str(best))) == []


@pytest.mark.parametrize(
    ("regimes", "ends", "advised"),
    [
        ([S, S, S, S], "4 stalled", "Try more steps: --steps 1000, or higher learning rates: --lr 1:1e3."),
        ([X, X, DIV, DIV], "2 chaotic and 2 diverged", "Try lower learning rates: --lr 1e-6:1e-3."),
        (
            [S, S, X, DIV],
            "2 stalled, 1 chaotic and 1 diverged",
            "Try more steps: --steps 1000, or look closer where it turns: --lr 0.01:0.1.",
        ),
        ([X, S, S, S], "3 stalled and 1 chaotic", "Try more steps: --steps 1000."),
        ([DEAD] * 4, "4 dead", "Try lower learning rates, --lr 1e-6:1e-3, or other activations, --act all."),
    ],
)
def test_nothing_recommended_says_why_and_what_to_try(regimes, ends, advised):
    results = [r for lr, regime in zip(SPEC.lr, regimes, strict=True) for r in probed("relu", lr, -0.01, regime)]
    assert warned(results) == [f"No configuration converges: {ends}. {advised}"]
    assert told(results) == ["Nothing is recommended."]


def test_a_range_to_try_is_never_empty():
    results = [*probed("relu", 0.01, -0.01, X), *probed("tanh", 0.01, -0.01, S), *probed("tanh", 0.001, -0.01, S)]
    assert warned(results)[0].endswith("or look closer where it turns: --lr 1e-3:0.01.")


def test_failures_are_told_with_their_first_reason():
    failed = Result.failed(Candidate(Configuration("relu", 0.1), 0), "killed by signal 9")
    assert warned([failed]) == ["No configuration converges: 1 failed. The first reason: killed by signal 9."]


def test_a_merit_that_is_undefined_recommends_nothing():
    results = [replace(r, final=replace(r.final, lyapunov=None)) for r in probed("relu", 0.1, -0.05)]
    assert warned(results, rank_by="lyapunov") == [
        "No converging configuration has a lambda_1 for each seed. Try --rank-by loss."
    ]


# Terminal


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (140, ["#", "tie", "act", "lr", "regime", "λ_eff", "interval", "λ_perp", "T", "λ_1", "loss", "accuracy"]),
        (100, ["#", "tie", "act", "lr", "regime", "λ_eff", "±", "λ_perp", "T", "λ_1", "loss", "accuracy"]),
        (80, ["#", "tie", "act", "lr", "regime", "λ_eff", "±", "loss", "accuracy"]),
        (60, ["#", "tie", "act", "lr", "regime", "λ_eff", "accuracy"]),
    ],
)
def test_a_narrow_terminal_loses_columns_and_no_digits(width, columns):
    text = printed(RESULTS, width)
    assert heads(text) == columns
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    rows = rank(RESULTS).rows
    table = text.split("\n\n")[0].splitlines()[-len(rows) :]
    for row, line in zip(rows, table, strict=True):
        assert f" {row.regime} " in line
        assert (f" {row.effective:.4f} " if row.effective is not None else " – ") in line
        assert line.startswith("▶ 1 ") == row.recommended


def test_the_table_at_eighty_columns():
    assert (
        printed(RESULTS, 80).split("\n\n")[0]
        == """\
                                   effective      95%  held-out  held-out
  #  tie  act   lr     regime          λ_eff        ±      loss  accuracy
─────────────────────────────────────────────────────────────────────────
▶ 1    1  tanh  0.01   converging    -0.0501  ±0.0079     0.200     0.950
  2    1  relu  0.1    converging    -0.0500  ±0.0020     0.200     0.950
  3    2  tanh  0.001  converging    -0.0301  ±0.0020     0.220     0.970
  4    3  relu  0.01   converging    -0.0200  ±0.0020     0.230     0.980
  5    4  relu  0.001  stalled       -0.0001  ±0.0020     0.250     1.000
  6    5  tanh  0.1    chaotic        0.0100  ±0.0020     0.260     1.010
  7    6  tanh  1      dead          -0.0100  ±0.0020     0.240     0.990
  8    –  relu  1      diverged            –        –         –         –"""
    )


def test_all_columns_stay_as_long_as_they_fit():
    natural = max(map(cell_len, printed(RESULTS, 140).split("\n\n")[0].splitlines()))
    assert heads(printed(RESULTS, natural)) == heads(printed(RESULTS, 140)) != heads(printed(RESULTS, natural - 1))


def test_a_terminal_too_narrow_for_anything_still_gets_whole_numbers():
    for row in rank(RESULTS).rows[:-1]:
        assert f" {row.effective:.4f}" in printed(RESULTS, 20)


def test_what_the_ranking_is_sorted_by_is_never_dropped():
    assert "λ_1" in heads(printed(RESULTS, 60, rank_by="lyapunov"))
    assert "λ_1" not in heads(printed(RESULTS, 60))


def test_a_pipe_gets_one_line_a_row_and_no_codes():
    text = printed(RESULTS)
    assert not re.search("[\x1b─│┃╭+|]", text)
    assert "λ_perp" in heads(text)
    # A head of two lines, the rows, the explanations, the sparks with head and key, the sentences; blanks between.
    assert len(text.splitlines()) == 2 + 8 + 1 + 3 + 1 + 4 + 1 + 5
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_pipe_gets_a_sentence_a_line():
    results = [
        r for n in range(6) for r in probed("leaky_relu", 0.1 + n / 100, -0.05 + n / 1e4, spread=0.001 * (n + 1))
    ]
    assert max(map(len, told(results))) > 120
    assert [line for line in printed(results).splitlines() if line.startswith("Tied")] == told(results)[1:2]


def test_colours_reach_a_terminal_alone():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, color_system="standard", legacy_windows=False)
    ranking = rank(RESULTS)
    terminal.show(ranking, ranking, SPEC, console, score_name="R2")
    assert "\x1b[1;32mconverging" in file.getvalue()
    assert "\x1b[31mdiverged" in file.getvalue()
    assert "R2" in file.getvalue()


@pytest.mark.parametrize("width", [None, 80, 60])
def test_ascii_consoles_get_ascii(width):
    text = printed([*RESULTS, *probed("µ[red]ναμε", 0.1, -0.01)], width, encoding="ascii")
    assert "lambda_eff" in text
    assert "> 1 " in text
    assert "?[red]????" in text
    assert max(map(len, text.splitlines())) <= (width or 200)


def test_names_are_neither_markup_nor_wider_than_the_table_bears():
    text = printed(probed("[bold]x[/bold]", 0.1, -0.05) + probed("package.module:" + "y" * 30, 0.1, -0.01), 100)
    assert "[bold]x[/bold]" in text
    assert "…" + "y" * 23 in text
    assert max(map(cell_len, text.splitlines())) <= 100


def test_a_long_ranking_is_cut_where_it_pays():
    results = [result for place in range(31) for result in probed("relu", 1 + place, -0.05 + place / 1000, seeds=1)]
    cut, whole = printed(results, 100), printed(results[:30], 100)
    assert "… 11 more rows: --csv FILE has all" in cut
    assert [int(n) for n in re.findall(r"^[ ▶]*(\d+)  relu", cut, re.MULTILINE)] == list(range(1, 21))
    assert "more rows" not in whole
    assert [int(n) for n in re.findall(r"^[ ▶]*(\d+)  relu", whole, re.MULTILINE)] == list(range(1, 31))
    assert "… 25 more rows" in printed(results[:30], 100, limit=5)


def test_columns_without_values_are_left_out():
    alone = printed(probed("relu", 0.1, -0.05, seeds=1) + probed("tanh", 0.1, -0.01, seeds=1), 140)
    assert heads(alone) == ["#", "act", "lr", "regime", "λ_eff", "λ_perp", "T", "λ_1", "loss", "accuracy"]
    assert "tie:" not in alone


def test_numbers_beyond_a_column_are_powers_of_ten():
    huge = [replace(r, final=replace(r.final, held_out_loss=1.5e25)) for r in probed("tanh", 0.1, -0.01, X)]
    assert " 1.5e+25 " in printed(probed("relu", 0.1, -0.05) + huge, 100)


def test_sparks_show_where_each_activation_works():
    text = printed(RESULTS, 80)
    assert text.split("\n\n")[2].splitlines() == [
        "λ_eff over lr, 0.001 to 1",
        "tanh  ▃█~_  best at lr 0.01",
        "relu  ·▁█×  best at lr 0.1",
        "█ best  ▁ slowest  · stalled  ~ chaotic  _ dead  × diverged",
    ]
    assert "over lr" not in printed(probed("relu", 0.1, -0.05), 80)


def test_many_activations_are_cut_as_many_rows_are():
    results = [r for n in range(5) for lr in (0.1, 0.2) for r in probed(f"act{n}", lr, -0.05 + n / 100, seeds=1)]
    assert printed(results, 80, limit=3).split("\n\n")[2].splitlines() == [
        "λ_eff over lr, 0.1 to 0.2",
        "act0  ██  best at lr 0.1",
        "act1  ▆▆  best at lr 0.1",
        "act2  ▅▅  best at lr 0.1",
        "… 2 more activations",
        "█ best  ▁ slowest",
    ]
    assert "more activations" not in printed(results, 80, limit=5)


def test_many_learning_rates_share_characters_and_the_best_shows():
    # Heights by hand: of 9 learning rates in 3 characters the best of each three, -0.01, -0.09 and stalled.
    means = [-0.01, -0.005, -0.006, -0.03, -0.09, -0.04]
    results = [result for lr, mean in enumerate(means, start=1) for result in probed("relu", lr, mean)]
    results += [result for lr, regime in [(7, X), (8, S), (9, DIV)] for result in probed("relu", lr, -0.01, regime)]
    (spark,) = sparks(rank(results), 3)
    assert spark.points == (("▁", C), ("█", C), ("·", S))
    assert len(sparks(rank(results), 9)[0].points) == 9


def test_an_unfinished_ranking_leaves_gaps_in_its_sparks():
    found = sparks(rank([*probed("relu", 0.1, -0.05), *probed("tanh", 0.2, -0.01)]), 80)
    assert [[character for character, _ in spark.points] for spark in found] == [["█", " "], [" ", "▁"]]


def test_nothing_to_show_is_said():
    assert warned([]) == ["No probe has finished."]
    assert printed([], 80) == "Nothing is recommended.\n"
