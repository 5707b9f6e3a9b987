"""TensorBoard's own reader finds an entry for each row, the figures, the recommendation and the spec."""

import warnings

import pytest

import lyapscreen as ls
from tests.helpers.needed import require

require("tensorboard", "2.16")
require("matplotlib")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what other packages warn of is theirs
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def screening():
    return ls.screen(data="wine", model="mlp:4", act="relu", lr=[0.1, 1e9], steps=20, seeds=2)


def read(folder):
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def test_each_row_is_an_entry_of_hparams_with_its_settings_and_measures(screening, tmp_path):
    screening.log_to(f"tensorboard:{tmp_path / 'runs'}")
    (home,) = (tmp_path / "runs").iterdir()
    assert home.name == f"lyapscreen-{screening.spec_hash}"
    rows = sorted(path for path in home.iterdir() if path.is_dir())
    assert [path.name for path in rows] == ["1", "2"]
    for path, row in zip(rows, screening.ranking.rows, strict=True):
        found = read(path)
        content = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        values = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
        assert (values["activation"].string_value, values["lr"].number_value) == (row.activation, row.lr)
        assert values["regime"].string_value == row.regime
        tags = set(found.Tags()["scalars"])
        assert ("effective" in tags) == (row.effective is not None)
    best = read(rows[0])
    assert best.Scalars("effective")[0].value == pytest.approx(screening.recommended.effective, rel=1e-6)


def test_figures_recommendation_and_spec_stand_beside_them(screening, tmp_path):
    screening.log_to(f"tensorboard:{tmp_path}")
    found = read(tmp_path / f"lyapscreen-{screening.spec_hash}")
    assert found.Images("figures")[0].width > 1000

    def text(tag):
        return found.Tensors(f"{tag}/text_summary")[0].tensor_proto.string_val[0].decode()

    assert text("recommendation") == screening.markdown()
    assert "    lr: [0.1, 1000000000.0]" in text("spec").splitlines()
