"""Optuna's studies served by a screening: what is enqueued, and what a probe prunes."""

import subprocess
import sys

import optuna
import pytest

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.integrations.optuna import enqueue, prune

WINE = {"data": "wine", "model": "mlp:16", "seeds": 2}


@pytest.fixture(scope="module", autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(scope="module")
def screening():
    return ls.screen(**WINE, act=["relu", "tanh"], lr="1e-4:1:5", steps=30)


@pytest.fixture
def study():
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))


def fixed(**params):
    """A trial that has suggested these parameters."""
    trial = optuna.trial.FixedTrial(params)
    for name, value in params.items():
        trial.suggest_categorical(name, [value])
    return trial


def tried(study, count):
    """The parameters of the study's next trials, as its objective sees them."""
    found = []
    for _ in range(count):
        trial = study.ask()
        trial.suggest_float("lr", 1e-4, 1, log=True)
        trial.suggest_categorical("activation", ["relu", "tanh"])
        found.append((trial.params["activation"], trial.params["lr"]))
    return found


def test_the_leading_configurations_are_tried_first_and_in_order(screening, study):
    rows = enqueue(study, screening)
    assert [row.rank for row in rows] == [1, 2, 3]
    assert tried(study, 3) == [(row.activation, row.lr) for row in screening.ranking.rows[:3]]


def test_a_trial_says_where_it_comes_from_in_plain_values(screening, study):
    (best,) = enqueue(study, screening, 1)
    (trial,) = study.trials
    assert trial.user_attrs == {
        "screening_rank": 1,
        "screening_projected": best.projected,
        "screening_effective": best.effective,
        "screening_spec_hash": screening.spec_hash,
    }
    values = [*trial.system_attrs["fixed_params"].values(), *trial.user_attrs.values()]
    assert {type(value) for value in values} == {float, int, str}


def test_only_what_may_be_recommended_is_enqueued(screening, study):
    converging = [row for row in screening.ranking.rows if row.regime == "converging"]
    assert 0 < len(converging) < len(screening.ranking.rows)
    assert list(enqueue(study, screening, 1000)) == converging
    assert len(study.trials) == len(converging)


@pytest.mark.parametrize("wrong", ["ranking.json", None, 3], ids=str)
def test_what_is_no_screening_is_one_message(study, wrong):
    with pytest.raises(SettingError, match="it is no finished screening"):
        enqueue(study, wrong)
    assert not study.trials


def test_where_nothing_converges_nothing_is_enqueued(study):
    screening = ls.screen(**WINE, act="relu", lr="1e-6,1e-5", steps=4)
    assert enqueue(study, screening) == ()
    assert study.trials == []


def test_what_the_study_has_is_not_doubled(screening, study):
    first = screening.ranking.rows[0]
    study.enqueue_trial({"lr": first.lr, "activation": first.activation})
    assert [row.rank for row in enqueue(study, screening, 2)] == [2]
    assert enqueue(study, screening, 2) == ()
    assert len(study.trials) == 2


def test_names_are_the_studys_own(screening, study):
    enqueue(study, screening, 1, names={"lr": "learning_rate"})
    assert study.trials[0].system_attrs["fixed_params"].keys() == {"learning_rate", "activation"}


def test_settings_swept_besides_are_parameters_too(study):
    screening = ls.screen(**WINE, act="relu", lr=[0.1], optimizer="momentum", sweep={"momentum": [0.0, 0.9]}, steps=30)
    rows = enqueue(study, screening, 2)
    assert [t.system_attrs["fixed_params"]["momentum"] for t in study.trials] == [row.value("momentum") for row in rows]
    assert {row.value("momentum") for row in rows} == {0.0, 0.9}


def test_a_learning_rate_out_of_the_studys_range_is_tried_with_optunas_warning(screening, study):
    (row,) = enqueue(study, screening, 1)
    with pytest.warns(UserWarning, match="out of range"):
        assert study.ask().suggest_float("lr", 1e-6, 1e-5) == row.lr


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 0}, "count 0: it must be a whole number from 1 to 1000. Write how many"),
        ({"names": {"activatoin": "x"}}, "there is no parameter activatoin. Did you mean activation? Parameters of"),
        ({"names": {"lr": "activation"}}, "activation is given twice. Name each value once"),
    ],
    ids=["count", "unknown name", "name taken"],
)
def test_a_mistake_in_enqueue_is_told_before_anything_is_enqueued(screening, study, wrong, message):
    with pytest.raises(SettingError) as told:
        enqueue(study, screening, **wrong)
    assert message in str(told.value)
    assert study.trials == []


def test_a_study_prunes_what_diverges_and_trains_what_converges(study):
    trained = []

    def objective(trial):
        lr = trial.suggest_float("lr", 1e-4, 1e6, log=True)
        row = prune(trial, act="tanh" if lr < 1 else "relu", **WINE)
        trained.append(row.lr)
        return 0.0

    study.enqueue_trial({"lr": 1e6})
    study.enqueue_trial({"lr": 0.3})
    study.optimize(objective, n_trials=2)
    assert trained == [0.3]
    bad, good = study.trials
    assert bad.state == optuna.trial.TrialState.PRUNED
    assert bad.user_attrs["probe_regime"] == "diverged"
    assert bad.user_attrs["probe_effective"] is None
    assert bad.user_attrs["probe_steps"] < 2 * 25
    assert good.user_attrs["probe_regime"] == "converging"
    assert good.user_attrs["probe_effective"] < -0.01
    assert good.user_attrs["probe_steps"] == 2 * 25


def test_the_reason_is_a_sentence():
    with pytest.raises(optuna.TrialPruned, match=r"^The probe of relu/lr=1e\+09 ended diverged at step \d+\.$"):
        prune(fixed(lr=1e9, activation="relu"), **WINE)


def test_the_regimes_that_prune_can_be_chosen():
    trial = fixed(lr=1e-5, activation="relu")
    assert prune(trial, **WINE).regime == "stalled"
    with pytest.raises(optuna.TrialPruned):
        prune(trial, regimes=["stalled"], **WINE)
    assert prune(fixed(lr=1e9, activation="relu"), regimes=(), **WINE).regime == "diverged"


def test_the_probe_is_that_of_a_screening():
    row = prune(fixed(learning_rate=0.1, activation="tanh", batch_size=32), 30, names={"lr": "learning_rate"}, **WINE)
    settings = {**WINE, "act": "tanh", "lr": [0.1], "sweep": {"batch_size": [32]}, "steps": 30}
    assert row == ls.screen(**settings, rank_by="effective").ranking.rows[0]


@pytest.mark.parametrize(
    ("params", "wrong", "message"),
    [
        (
            {"lr": 0.1},
            {},
            "a trial is one configuration, but this leaves 2. Suggest lr and activation",
        ),
        ({"lr": 0.1, "activation": "relu"}, {"lr": 0.2}, "lr 0.2: the trial suggests it as well. Take one of the two"),
        ({"lr": 0.1}, {"names": {"activation": "act"}}, "names.activation act: the trial has no such parameter. "),
        ({"lr": 0.1, "activation": "relu", "epochs": 3}, {}, "Suggest a parameter that the probe should not see"),
        ({"lr": 0.1, "activation": "relu"}, {"regimes": ["ded"]}, "there is no such regime. Did you mean dead?"),
        ({"lr": -0.1, "activation": "relu"}, {}, "-0.1 is not a positive finite number"),
        ({"lr": 0.1, "activation": "relux"}, {}, "act relux: there is no such activation. Did you mean relu?"),
        ({"lr": 0.1, "activation": "relu"}, {"stepz": 3}, "stepz 3: there is no such setting. Did you mean steps?"),
    ],
    ids=["two left", "said twice", "not suggested", "unknown to the probe", "regime", "lr", "activation", "setting"],
)
def test_a_mistake_in_prune_is_told(params, wrong, message):
    with pytest.raises(SettingError) as told:
        prune(fixed(**params), **WINE, **wrong)
    assert message in str(told.value)


def test_without_optuna_the_message_says_what_to_install():
    code = "import sys; sys.modules['optuna'] = None; import lyapscreen.integrations.optuna"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: lyapscreen.integrations.optuna needs optuna, which is not installed. "
        "Run pip install 'lyapscreen[optuna]'"
    )


def test_a_screening_does_without_optuna():
    code = "import sys, lyapscreen as ls; ls.screen; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
