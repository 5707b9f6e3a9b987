"""What a run directory keeps of a full training comes back as it was."""

import numpy as np
import pytest

from lyapscreen.errors import EnvironmentFailure, OutputError
from lyapscreen.results.records import Full
from lyapscreen.screening import weights_npz
from lyapscreen.screening.full_training import separately
from lyapscreen.screening.kept_trainings import KeptTrainings, TrainingLine
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.trained import Trained
from lyapscreen.spec.candidates import Batch, Candidate, Configuration, configurations
from lyapscreen.spec.spec import Spec

CONFIGURATION = Configuration("relu", 0.1 + 0.2, (("momentum", 0.9), ("norm", "layer"), ("bias", True), ("cut", None)))
WEIGHTS = {
    "0.weight": np.array([[0.1, np.float32(1) / 3]], np.float32),
    "file": np.arange(3.0),
    "allow_pickle": np.array(2**40),
    "a": np.zeros((0, 2)),
    "mask": np.array([True, False]),
}


@pytest.mark.parametrize(
    "found",
    [
        Trained(Candidate(CONFIGURATION, 3), Full(60, 0.1 / 3, 40, 5e-324), ((20, 1e300), (40, 0.1 / 3))),
        Trained(Candidate(CONFIGURATION, 0), Full(60, None, None, None), ()),
    ],
    ids=["trained", "diverged"],
)
def test_a_line_comes_back_as_it_was(found):
    line = TrainingLine(7, 2, found)
    assert TrainingLine.from_text(line.text()) == line


def test_weights_come_back_as_they_were(tmp_path):
    """Names that are keywords of numpy's own functions, the order, and the smallest shapes."""
    path = tmp_path / "w.npz"
    path.write_bytes(weights_npz.written(WEIGHTS))
    found = weights_npz.read(path)
    assert list(found) == list(WEIGHTS)
    for name, array in WEIGHTS.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()
    assert bytes(weights_npz.written(found)) == path.read_bytes()
    with np.load(path, allow_pickle=False) as arrays:
        assert list(arrays) == list(WEIGHTS)


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.array([print], object))
    with pytest.raises(OutputError, match="its weights cannot be read"):
        weights_npz.read(tmp_path / "w.npz")


def test_what_is_kept_is_found_again(tmp_path):
    batch = Batch(5, "relu", tuple(Candidate(CONFIGURATION, seed) for seed in (0, 1)))
    found = [
        Trained(candidate, Full(60, 0.5, 40, 0.6), ((40, 0.5),), {"a": np.ones(2)}) for candidate in batch.candidates
    ]
    KeptTrainings(tmp_path).keep(batch, found)
    again = KeptTrainings(tmp_path)
    assert again.read([batch]) == {}, "nothing is known before it is looked for"
    assert again.recover() == ()
    (read,) = again.read([batch, Batch(6, "relu", batch.candidates)]).values()
    assert [one.candidate for one in read] == list(batch.candidates)
    assert [one.weights["a"].tolist() for one in read] == [[1, 1], [1, 1]]


def test_a_directory_that_has_gone_is_the_machines_fault(tmp_path):
    with pytest.raises(EnvironmentFailure, match="cannot be written: No such file"):
        KeptTrainings(tmp_path / "gone").keep(Batch(0, "relu", ()), [])


@pytest.mark.parametrize("memory", [None, "50kB"])
def test_batches_depend_on_the_spec_alone(memory):
    """Not on who else is chosen, nor on the order; and no two have one index."""
    sweep = {"optimizer": "momentum", "sweep": "momentum=0,0.9"}
    plan = prepare(Spec.of(data="wine", model="mlp:8", lr="0.1,0.2", seeds=3, memory=memory, **sweep))
    every = configurations(plan.spec)
    together = separately(plan, every)
    assert [batch.index for batch in together] == list(range(len(together)))
    assert len(together) > len(every) if memory else len(together) == len(every)
    assert sorted(separately(plan, every[::-1]), key=lambda batch: batch.index) == together
    assert [batch for configuration in every for batch in separately(plan, [configuration])] == together
    for batch in together:
        assert {candidate.configuration.settings for candidate in batch.candidates} == {batch.settings}
        assert len({candidate.configuration for candidate in batch.candidates}) == 1
