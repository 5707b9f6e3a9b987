"""Optuna's studies whose parameters have other names than ours, and search spaces that a screening narrows."""

import copy
import pickle

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.integrations.optuna import enqueue, prune, suggest_space

WINE = {"data": "wine", "model": "mlp:16", "seeds": 2}


@pytest.fixture(scope="module", autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(scope="module")
def screening():
    return ls.screen(**WINE, act=["relu", "tanh"], lr="1e-4:1:5", steps=30)


def a_study():
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))


def objective(rate="lr", activation="activation", seen=None):
    def suggested(trial):
        chosen = (
            trial.suggest_float(rate, 1e-5, 10, log=True),
            trial.suggest_categorical(activation, ["relu", "tanh"]),
        )
        if seen is not None:
            seen.append(chosen)
        return 0.0

    return suggested


@pytest.mark.parametrize(
    ("rate", "activation", "message"),
    [
        ("learning_rate", "activation", "enqueued a value for lr, and the objective asks for learning_rate. "
         "Write names={'lr': 'learning_rate'} in enqueue"),
        ("lr", "act_fn", "Write names={'activation': 'act_fn'} in enqueue"),
        ("optimizer.lr", "activation", "Write names={'lr': 'optimizer.lr'} in enqueue"),
        ("alpha", "activation", "enqueued a value for lr, which the objective never asked for. "
         "Write names={'lr': NAME} in enqueue, where NAME is one of its own ("),
    ],
)  # fmt: skip
def test_a_new_study_of_other_names_is_refused_in_its_first_trial(screening, rate, activation, message):
    study = a_study()
    enqueue(study, screening)
    with pytest.raises(SettingError) as refused:
        study.optimize(objective(rate, activation), n_trials=3)
    assert message in str(refused.value)
    assert len([trial for trial in study.trials if trial.state.is_finished()]) == 1


def test_the_names_that_the_message_says_are_right(screening):
    study, seen = a_study(), []
    enqueue(study, screening, 2, names={"lr": "learning_rate", "activation": "act_fn"})
    study.optimize(objective("learning_rate", "act_fn", seen), n_trials=3)
    assert seen[:2] == [(row.lr, row.activation) for row in screening.ranking.rows[:2]]


def test_the_names_of_trials_that_a_study_has_had_are_matched(screening):
    study, seen = a_study(), []
    study.optimize(objective("learning_rate", "act_fn"), n_trials=1)
    (row,) = enqueue(study, screening, 1)
    study.optimize(objective("learning_rate", "act_fn", seen), n_trials=1)
    assert seen == [(row.lr, row.activation)]


@pytest.mark.parametrize(
    ("rate", "activation", "message"),
    [
        (
            "alpha",
            "activation",
            "no parameter that could be lr. Write names={'lr': NAME}, one of alpha, activation",
        ),
        (
            "lrs",
            "learning_rate",
            "several parameters that could be lr. Write names={'lr': NAME}, one of lrs, learn",
        ),
    ],
)
def test_trials_of_other_names_are_refused_before_anything_is_enqueued(screening, rate, activation, message):
    study = a_study()
    study.optimize(objective(rate, activation), n_trials=1)
    with pytest.raises(SettingError) as refused:
        enqueue(study, screening)
    assert message in str(refused.value)
    assert len(study.trials) == 1


def test_what_a_study_does_not_search_is_left_out(screening):
    study = a_study()
    enqueue(study, screening, 1, names={"activation": None})
    study.optimize(lambda trial: trial.suggest_float("lr", 1e-5, 10), n_trials=1)
    assert study.trials[0].params == {"lr": screening.recommended.lr}


def test_the_studys_own_sampler_goes_on_as_before(screening):
    """With an eye on it the study draws what it would have drawn, and can be copied and kept."""
    plain, watched = a_study(), a_study()
    for row in enqueue(watched, screening, 2):
        plain.enqueue_trial({"lr": row.lr, "activation": row.activation})
    enqueue(watched, screening, 2)
    assert str(watched.sampler) == str(plain.sampler)
    watched.sampler = pickle.loads(pickle.dumps(copy.deepcopy(watched.sampler)))
    for study in (plain, watched):
        study.optimize(objective(), n_trials=5)
    assert [trial.params for trial in watched.trials] == [trial.params for trial in plain.trials]


def fixed(**params):
    trial = optuna.trial.FixedTrial(params)
    for name, value in params.items():
        trial.suggest_categorical(name, [value])
    return trial


def test_a_probe_knows_other_names_for_rate_and_activation():
    ours = prune(fixed(lr=0.1, activation="tanh"), 10, **WINE)
    assert prune(fixed(learning_rate=0.1, act_fn="tanh"), 10, **WINE) == ours
    assert prune(fixed(learning_rate=0.1), 10, act="tanh", **WINE) == ours


def test_a_probe_does_not_choose_between_two_names():
    with pytest.raises(SettingError, match=r"learning_rate and eta could each be lr\. Write names=\{'lr': 'learning_r"):
        prune(fixed(learning_rate=0.1, eta=0.3, activation="tanh"), 10, **WINE)


def test_a_space_holds_what_is_tied_with_the_best_and_a_step_of_the_grid_more(screening):
    best = screening.recommended
    tied = [row for row in screening.ranking.rows if row.group == best.group and row.regime == "converging"]
    space = suggest_space(screening)
    assert list(space) == ["lr", "activation"]
    assert isinstance(space["lr"], FloatDistribution)
    assert space["lr"].log
    # The grid has a step of 10, and its highest rate is tied: beyond it goes a step on.
    assert space["lr"].low == pytest.approx(min(row.lr for row in tied) / 10, rel=1e-9)
    assert space["lr"].high == pytest.approx(max(row.lr for row in tied) * 10, rel=1e-9)
    assert space["activation"] == CategoricalDistribution(list(dict.fromkeys(row.activation for row in tied)))
    trial = a_study().ask(space)
    assert space["lr"].low <= trial.params["lr"] <= space["lr"].high


def test_a_space_has_the_studys_names_and_the_settings_swept_besides():
    screening = ls.screen(
        **WINE, act="relu", lr=[0.01, 0.1], optimizer="momentum", sweep={"momentum": [0.0, 0.9]}, steps=20
    )
    space = suggest_space(screening, names={"lr": "learning_rate", "activation": None})
    assert list(space) == ["learning_rate", "momentum"]
    assert set(space["momentum"].choices) <= {0.0, 0.9}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": [1e-6, 1e-5]}, "nothing is recommended, so that no part"),
        ({"lr": [0.1], "seeds": 1}, "with one seed nobody can tell which configurations can win. Screen with seeds=5"),
    ],
    ids=["nothing", "one seed"],
)
def test_a_space_that_nothing_speaks_for_is_refused(settings, message):
    screening = ls.screen(**{**WINE, "act": "relu", "steps": 10, **settings})
    with pytest.raises(SettingError, match=message):
        suggest_space(screening)
