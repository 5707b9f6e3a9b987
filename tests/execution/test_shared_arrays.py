import gc
from pathlib import Path

import numpy as np

from lyapscreen.execution import execute, shared, shared_arrays


def large(rows=2**19):
    numbers = np.random.default_rng(0)
    return [numbers.standard_normal((rows, 8), dtype=np.float32), np.arange(rows), np.empty((0, 3), np.float32)]


def test_large_arrays_are_the_same_numbers_and_may_be_written_to_without_changing_the_file():
    before = large()
    found = shared(before)
    assert [array.dtype for array in found] == [array.dtype for array in before]
    assert all(np.array_equal(one, other) for one, other in zip(found, before, strict=True))
    found[0][0, 0] = 7.0
    assert np.load(found[0].filename)[0, 0] == before[0][0, 0]


def test_small_arrays_stay_what_they_are():
    before = [np.zeros(3), np.arange(4)]
    assert all(one is other for one, other in zip(shared(before), before, strict=True))


def test_the_file_goes_with_the_last_array():
    found = shared(large())
    folder = Path(found[0].filename).parent
    found.pop(0)
    gc.collect()
    assert folder.is_dir()
    found.clear()
    gc.collect()
    assert not folder.exists()


def test_a_worker_reads_the_very_file():
    found = shared(large())
    works = [(number, found[0]) for number in range(2)]
    assert {one for _, one in execute(_file_of, works, 2)} == {(0, str(found[0].filename)), (1, str(found[0].filename))}


def test_without_room_for_a_file_the_arrays_are_returned_as_they_are(monkeypatch):
    def full(kind):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shared_arrays, "MarkedDirectory", full)
    before = large()
    assert all(one is other for one, other in zip(shared(before), before, strict=True))


def _file_of(work):
    number, array = work
    return number, str(array.filename)
