"""Results as they are written and read."""

import json

from lyapscreen.results.records import from_dict, to_dict
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.rankings import probed


def test_a_result_keeps_its_settings_when_it_is_written_and_read():
    (result,) = probed("relu", 0.1, -0.05, seeds=1)
    configuration = Configuration("relu", 0.1, (("momentum", 0.9), ("norm", None), ("batch_size", "full")))
    result = type(result)(Candidate(configuration, 0), result.rungs)
    assert from_dict(json.loads(json.dumps(to_dict(result)))) == result
