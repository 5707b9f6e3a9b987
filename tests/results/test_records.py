"""Results as they are written and read."""

import json

from lyapscreen.results.records import Full, Measures, Regime, Result, from_dict, to_dict
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.rankings import C, probed


def test_a_result_keeps_its_settings_when_it_is_written_and_read():
    (result,) = probed("relu", 0.1, -0.05, seeds=1)
    configuration = Configuration("relu", 0.1, (("momentum", 0.9), ("norm", None), ("batch_size", "full")))
    result = type(result)(Candidate(configuration, 0), result.rungs)
    assert from_dict(json.loads(json.dumps(to_dict(result)))) == result


def test_a_result_without_full_training_is_no_loss():
    result = Result(Candidate(Configuration("relu", 1.0), 0), (Measures(Regime.CONVERGING, 10, -0.1),))
    assert result.full is None
    assert not Full(10, 0.1, 5, 0.2).diverged
    assert result.final.regime is C
