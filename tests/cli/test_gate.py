"""The gate as a shell and GitHub Actions meet it: exit codes, files, annotations, and every kind of mistake."""

import json

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.ranking import rank
from tests.helpers.flags import replacing
from tests.helpers.rankings import RESULTS, SPEC, C, probed
from tests.helpers.saved_rankings import EDGES, MALFORMED, ranking_json, write_malformed

SMALL = ["--data", "wine", "--model", "mlp:8", "--steps", "20", "--seeds", "3", "--jobs", "1", "--act", "relu"]


def run(*arguments, **environment):
    return CliRunner(env={"GITHUB_ACTIONS": "", **environment}).invoke(app, replacing("gate", *arguments))


@pytest.fixture
def saved(tmp_path):
    """A file of the ranking made by hand, in which tanh at 0.01 leads and relu at 0.1 is level with it."""

    def write(results=RESULTS, name="r.json", edge=None, spec=SPEC, **about):
        path = tmp_path / name
        path.write_text(ranking_json(results, spec, edge, **about))
        return path

    return write


SEEDS = tuple(SeedEdge(seed, EdgeRegime.FOUND, lr, lr) for seed, lr in ((0, 0.3), (1, 0.31)))


EDGE = Edges(100, 20.0, 0.001, 1.0, (FamilyEdge("relu", (), 0.1, False, SEEDS),))


VERDICTS = [
    (["act=relu,lr=0.1"], 0, "Gate passed for relu at lr 0.1: converging."),
    (["act=relu,lr=0.1", "--within", "0.5", "--max-lyapunov", "0.1", "--top", "2"], 0, "Gate passed"),
    (["act=relu,lr=0.1", "--headroom", "2"], 0, "Gate passed"),
    (["act=relu,lr=0.1", "--max-loss", "0.21", "--min-score", "0.9"], 0, ">= 0.9"),
    (["act=relu,lr=0.1", "--max-loss", "0.1", "--min-score", "0.99"], 1, "max-loss, min-score."),
    (["act=relu,lr=0.1", "--top", "1"], 3, "Gate inconclusive for relu at lr 0.1: top. More seeds"),
    (["act=relu,lr=0.1", "--headroom", "3"], 3, "Gate inconclusive"),
    (["act=relu,lr=0.1", "--max-lyapunov", "0"], 1, "Gate failed for relu at lr 0.1: max-lyapunov."),
    (["act=relu,lr=0.1", "--headroom", "9", "--top", "1"], 1, "relu at lr 0.1: headroom; inconclusive: top"),
    (["act=relu,lr=1"], 1, "Gate failed for relu at lr 1: converging."),
    (["act=tanh,lr=0.1", "--within", "1e9"], 1, "Gate failed"),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "code", "said"), VERDICTS, ids=lambda value: str(value))
def test_a_saved_ranking_is_judged(saved, flags, code, said):
    result = run("--ranking", saved(edge=EDGE), "--choice", *flags)
    assert result.exit_code == code, result.output
    assert said in result.stdout
    assert result.stderr == ""


def test_the_same_ranking_is_no_worse_than_itself(saved):
    path = saved()
    result = run("--ranking", path, "--baseline", path, "--choice", "act=relu,lr=0.1", "--tolerance", "0")
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_baseline_that_was_better_fails_and_one_of_another_run_is_said(saved):
    better = saved(probed("relu", 0.1, -0.09), "better.json", spec=SPEC.model_copy(update={"steps": 50}))
    result = run("--ranking", saved(), "--baseline", better, "--choice", "act=relu,lr=0.1")
    assert result.exit_code == 1
    assert "warning: the baseline comes from a different run: steps 50, now 100.\n" in result.stderr
    other = saved(name="other.json", spec=SPEC.model_copy(update={"lr": (0.1,)}))
    told = run("--ranking", saved(), "--baseline", other, "--choice", "act=relu,lr=0.1").stderr
    assert told == "note: the baseline has other rivals: other values of lr.\n"


BAD = [
    ([], "--choice '': a gate needs a configuration to judge. Write --choice act=relu,lr=0.1"),
    (["--choice", "relu"], "--choice relu: 'relu' is not name=value"),
    (["--choice", "act=relu,lr=0.3"], "r.json has no relu at lr 0.3; the nearest is at lr 0.1. Choose lr=0.1"),
    (["--choice", "act=gelu,lr=0.1"], "r.json has no gelu"),
    (["--choice", "act=relu,lr=0.1", "--max-lyapunov", "nan"], "--max-lyapunov nan: a limit must be a finite number"),
    (["--choice", "act=relu,lr=0.1", "--max-lyapunov", "inf"], "--max-lyapunov inf: a limit must be a finite number"),
    (["--choice", "act=relu,lr=0.1", "--within", "NaN"], "--within NaN: a limit must be a finite number"),
    (["--choice", "act=relu,lr=0.1", "--within", "-0.1"], "--within -0.1: it must be at least 0"),
    (["--choice", "act=relu,lr=0.1", "--within", "10%"], "--within 10%: it is not a number. Write"),
    (["--choice", "act=relu,lr=0.1", "--min-score", "90"], "--min-score 90: it must be at most 1. Write"),
    (["--choice", "act=relu,lr=0.1", "--max-loss", "nan"], "--max-loss nan: a limit must be a finite number"),
    (["--choice", "act=relu,lr=0.1", "--top", "0"], "--top 0: it must be at least 1"),
    (["--choice", "act=relu,lr=0.1", "--top", "1.5"], "--top 1.5: a rank is a whole number"),
    (["--choice", "act=relu,lr=0.1", "--top", "inf"], "--top inf: a limit must be a finite number"),
    (["--choice", "act=relu,lr=0.1", "--headroom", "-inf"], "--headroom -inf: a limit must be a finite number"),
    (["--choice", "act=relu,lr=0.1", "--headroom", "1e300"], "--headroom 1e300: it must be at most 1e+06"),
    (["--choice", "act=relu,lr=0.1", "--headroom", "2"], "r.json has no edge of stability for relu. Make one"),
    (["--choice", "act=relu,lr=0.1", "--baseline", "r.json", "--tolerance", "nan"], "--tolerance nan: a limit must be"),
    (["--choice", "act=relu,lr=0.1", "--baseline", "nowhere.json"], "--baseline nowhere.json: it cannot be read"),
    (["--choice", "act=relu,lr=0.1", "--json", "-", "--junit", "-"], "--junit -: stdout can hold only one result"),
    (["--choice", "act=relu,lr=0.1", "--junit", "nowhere/j.xml"], "--junit nowhere/j.xml: there is no directory"),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "message"), BAD, ids=lambda value: str(value))
def test_a_mistake_is_one_message_and_exit_code_2(saved, monkeypatch, flags, message):
    path = saved()
    monkeypatch.chdir(path.parent)
    result = run("--ranking", path.name, *flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_baseline_without_the_choice_is_refused_before_anything_is_probed(saved, monkeypatch):
    monkeypatch.setattr("lyapscreen.screening.plan.prepare", None)
    result = run(*SMALL, "--choice", "act=relu,lr=0.3", "--baseline", saved())
    assert result.exit_code == 2
    assert "the baseline has no relu at lr 0.3; the nearest is at lr 0.1" in result.stderr


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_ranking_is_exit_code_2(tmp_path, change, message):
    path = write_malformed(tmp_path / "r.json", change)
    result = run("--ranking", path, "--choice", "act=relu,lr=0.1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_the_edge_of_another_family_is_none(saved):
    result = run("--ranking", saved(edge=EDGES), "--choice", "act=relu,lr=0.1", "--headroom", "2")
    assert result.exit_code == 2


def test_settings_that_do_nothing_are_said(saved):
    result = run("--ranking", saved(), "--choice", "act=relu,lr=0.1", "--steps", "50", "--act", "relu")
    assert result.exit_code == 0
    assert "warning: nothing is probed: the ranking has other values of steps than asked for here." in result.stderr


# Probing


def test_the_choice_and_its_rivals_are_probed_to_the_end_and_its_lr_added(tmp_path):
    path = tmp_path / "v.json"
    result = run(
        *SMALL, "--lr", "0.01:1:10", "--steps", "40", "--choice", "act=relu,lr=0.2", "--within", "5",
        "--headroom", "50", "--json", path,
    )  # fmt: skip
    assert result.exit_code in (0, 1, 3), result.stderr
    found = json.loads(path.read_text())
    assert found["choice"] == {"activation": "relu", "lr": 0.2, "settings": {}}
    assert [c["condition"] for c in found["conditions"]] == ["converging", "within", "headroom"]
    assert found["about"] == "11 configurations, 3 seeds, 40 steps"
    # Searched up to lr 20 on purpose: within the range asked for, nothing is unstable.
    assert 1 / 0.2 < found["conditions"][2]["value"] < 100
    assert found["conditions"][2]["outcome"] == "fail"
    assert "halving" not in result.stderr


def test_halving_only_if_it_is_asked_for():
    flags = [*SMALL, "--lr", "0.01:1:10", "--steps", "40", "--choice", "act=relu,lr=0.01", "--within", "0.1"]
    result = run(*flags, "--halving")
    assert "halving may stop the choice early" in result.stderr
    assert "; halving stopped the choice early" in result.stdout
    assert "both after 10 steps: halving stopped" in run(*flags, "--halving", "--rank-by", "effective").stdout


def test_one_seed_can_only_be_converging():
    flags = [*SMALL, "--seeds", "seed=1", "--lr", "0.3,1", "--choice", "act=relu,lr=1"]
    assert run(*flags).exit_code == 0
    result = run(*flags, "--max-lyapunov", "9")
    assert result.exit_code == 3
    assert "note: one seed gives no interval" in result.stderr


def test_a_choice_that_the_spec_lacks_is_told_before_anything_is_probed(monkeypatch):
    monkeypatch.setattr("lyapscreen.screening.plan.prepare", None)
    result = run(*SMALL, "--choice", "act=tanh,lr=0.1")
    assert result.exit_code == 2
    assert "--choice act=tanh,lr=0.1: the spec has no tanh. It has relu" in result.stderr


def test_json_has_every_number(saved):
    result = run("--ranking", saved(), "--choice", "act=relu,lr=0.1", "--within", "0.5", "--json", "-")
    found = json.loads(result.stdout)
    assert (found["schema"], found["outcome"], found["spec_hash"]) == (2, "pass", "0123abcd")
    assert found["conditions"][1]["low"] <= found["conditions"][1]["value"] <= found["conditions"][1]["high"]
    assert found["conditions"][0]["limit"] is None


def test_actions_get_annotations_and_a_summary(saved, tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    flags = ["--ranking", saved(), "--choice", "act=relu,lr=0.1", "--max-lyapunov", "0", "--top", "1"]
    result = run(*flags, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert result.exit_code == 1
    commands = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert [line.partition("::max")[0].partition("::top")[0] for line in commands] == [
        "::error title=lyapscreen gate%3A max-lyapunov", "::warning title=lyapscreen gate%3A top",
    ]  # fmt: skip
    text = summary.read_text()
    assert text.startswith("before\n### ✗ Gate failed")
    assert "| top | ? inconclusive |" in text
    assert "::error" not in run(*flags).stdout


def test_annotations_make_way_for_json_on_stdout(saved):
    flags = ["--ranking", saved(), "--choice", "act=relu,lr=0.1", "--max-lyapunov", "0", "--json", "-"]
    result = run(*flags, GITHUB_ACTIONS="true")
    assert json.loads(result.stdout)["outcome"] == "fail"
    assert "::error title=" in result.stderr


def test_a_summary_that_cannot_be_written_is_a_warning_only(saved, tmp_path):
    flags = ["--ranking", saved(), "--choice", "act=relu,lr=0.1"]
    result = run(*flags, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path))
    assert result.exit_code == 0
    assert "warning: the job's summary" in result.stderr


def test_results_that_are_level_are_level():
    """The ranking made by hand is what the cases above take it for."""
    first, second = rank(RESULTS).rows[:2]
    assert (first.activation, second.activation, first.group, second.group, first.regime) == ("tanh", "relu", 1, 1, C)


def test_a_spec_file_made_for_rank_never_loses_its_ranking_to_verdicts(saved, tmp_path):
    """Where its results go and how far its probes do is said to rank; flags say it to the gate."""
    ranking = saved()
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"json: {ranking}\ncsv: {tmp_path / 'r.csv'}\nhalving: true\nranking: {ranking}\n")
    before = ranking.read_bytes()
    result = run(spec, "--choice", "act=relu,lr=0.1")
    assert result.exit_code in (0, 1, 3), result.stderr
    assert ranking.read_bytes() == before
    assert not (tmp_path / "r.csv").exists()
