"""Workers elsewhere: refused where their versions would give other numbers."""

import pytest

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import worker


@pytest.mark.parametrize(
    ("has", "said"),
    [
        ({"torch": "2.9.0"}, "torch 2.9.0 there, "),
        ({"lyapscreen": None}, "lyapscreen is missing there, "),
        ({"python": "3.10"}, "python 3.10 there, "),
    ],
)
def test_other_versions_are_refused_naming_worker_and_both(has, said):
    wanted = worker.versions()
    worker.require_alike("one", wanted, wanted)
    with pytest.raises(EnvironmentFailure, match=f"worker one would give different numbers: {said}") as caught:
        worker.require_alike("one", {**wanted, **has}, wanted)
    (name,) = has
    assert f"{wanted[name]} here" in str(caught.value)


def test_every_batch_looks_at_the_versions_again(monkeypatch):
    import pickle

    sent = worker.Sent.of(abs, pickle.dumps)
    assert worker.run(sent, -2, "late") == 2
    monkeypatch.setattr(worker, "versions", lambda: {"torch": "0.1"})
    with pytest.raises(EnvironmentFailure, match=r"worker late .* torch 0\.1 there"):
        worker.run(sent, -2, "late")
