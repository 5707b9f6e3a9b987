"""A LightningModule's own training, screened: equal to Lightning's Trainer, the module as it was, the rest refused."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from lyapscreen.errors import DataError, ModelError, SettingError
from lyapscreen.probe import tokens
from lyapscreen.screening.replay import of_spec
from lyapscreen.spec.candidates import Candidate
from tests.helpers.needed import require

require("lightning", "2.4")

pytestmark = pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs

lightning = pytest.importorskip("lightning")

from lyapscreen.integrations.lightning import rank  # noqa: E402

generator = torch.Generator().manual_seed(0)
X = torch.randn(96, 6, generator=generator)
CLASS = X[:, :3].argmax(1)
VALUE = 5 + 3 * (X @ torch.randn(6, generator=generator))
SHORT = {"max_steps": 12, "steps": 12, "seeds": [0], "halving": False, "jobs": 1, "rank_by": "effective"}


class Data(lightning.LightningDataModule):
    def __init__(self, target=CLASS, **loading):
        super().__init__()
        self.target, self.loading = target, {"batch_size": 16, "shuffle": True, **loading}

    def train_dataloader(self):
        return DataLoader(TensorDataset(X[:64], self.target[:64]), **self.loading)

    def val_dataloader(self):
        return DataLoader(TensorDataset(X[64:], self.target[64:]), 32)


class Net(lightning.LightningModule):
    def __init__(self, outputs=3):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, outputs))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self(x.view(x.size(0), -1)), y)
        self.log("train_loss", loss)
        return loss

    def loss(self, outputs, y):
        return F.cross_entropy(outputs, y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)


class Regression(Net):
    def __init__(self):
        super().__init__(1)

    def loss(self, outputs, y):
        return F.smooth_l1_loss(outputs.squeeze(1), y)


class Binary(Regression):
    def loss(self, outputs, y):
        return F.binary_cross_entropy_with_logits(outputs.squeeze(1), y.float())


class Parts(Net):
    """Calls its parts, not itself, and has a schedule."""

    def training_step(self, batch, batch_idx):
        return {"loss": F.cross_entropy(self.net(batch[0]), batch[1], label_smoothing=0.1)}

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.02, weight_decay=0.1)
        steps = {"scheduler": lr_scheduler.CosineAnnealingLR(optimizer, 12), "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": steps}


CASES = {
    "classes": (Net, CLASS, 0.1),
    "numbers": (Regression, VALUE, 0.1),
    "two classes of one output": (Binary, (CLASS == 0).long(), 0.1),
    "parts, adamw and a cosine": (Parts, CLASS, 0.02),
}


@pytest.mark.parametrize(("kind", "target", "lr"), CASES.values(), ids=CASES)
def test_a_probe_trains_as_lightnings_own_trainer(kind, target, lr):
    screening = rank(kind, Data(target), lr=[lr], **SHORT)
    measured = screening.ranking.rows[0].results[0].final
    replay = of_spec(screening.spec, tokens.load(screening.spec), Candidate(screening[0].configuration, 0))
    module = kind()
    module.load_state_dict({k.removeprefix("module."): v for k, v in replay.model.state_dict().items()})
    batches = [
        (inputs[0], target[:64][rows]) for (inputs, _), rows in zip(replay.batches, replay.batches.rows, strict=True)
    ]
    trainer = lightning.Trainer(
        max_steps=12, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, gradient_clip_val=None,
    )  # fmt: skip
    trainer.fit(module, DataLoader(batches, batch_size=None))
    module.trainer = None
    module.eval()
    with torch.no_grad():
        losses = [module.training_step(rows, 0) for rows in ((X[:64], target[:64]), (X[64:], target[64:]))]
    losses = [float(loss["loss"] if isinstance(loss, dict) else loss) for loss in losses]
    assert (measured.train_loss, measured.held_out_loss) == (
        pytest.approx(losses[0], abs=1e-5),
        pytest.approx(losses[1], abs=1e-5),
    )


def test_the_module_stays_as_it_is_and_gives_its_optimizer_schedule_and_batches():
    torch.manual_seed(1)
    module = Parts()
    module.train(False)
    before, attributes = copy.deepcopy(module.state_dict()), {key: id(value) for key, value in vars(module).items()}
    random = torch.get_rng_state()
    screening = rank(module, Data(), init="keep", **SHORT | {"max_steps": 12})
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert {key: id(value) for key, value in vars(module).items()} == attributes
    assert not module.training
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in module.modules())
    assert torch.equal(torch.get_rng_state(), random)
    settings = screening.settings_of(screening[0].configuration)
    named = ("optimizer", "weight_decay", "batch_size", "schedule", "warmup", "full_steps")
    assert [settings[name] for name in named] == ["adamw", 0.1, 16, "cosine", 0, 12]
    assert "activation" not in settings
    assert (screening.spec.lr[0], screening.spec.lr[-1]) == pytest.approx((0.0002, 2))
    assert any("that of training_step, in evaluation mode" in notice for notice in screening.notices)


def test_act_replaces_the_modules_activations():
    found = rank(Net, Data(), act="tanh,relu", lr=[0.1], **SHORT)
    own = rank(Net, Data(), lr=[0.1], **SHORT)
    losses = {row.activation: row.held_out_loss for row in found}
    assert losses["tanh"] == pytest.approx(own[0].held_out_loss, abs=1e-6)
    assert losses["relu"] != pytest.approx(losses["tanh"], abs=1e-3)


def test_a_trainer_gives_its_length_and_clipping():
    quiet = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = lightning.Trainer(max_epochs=5, gradient_clip_val=0.5, enable_model_summary=False, **quiet)
    short = {key: value for key, value in SHORT.items() if key != "max_steps"}
    spec = rank(Net, Data(), trainer=trainer, lr=[0.1], **short).spec
    assert (spec.full_steps, spec.clip_norm) == (20, 0.5)
    accumulating = lightning.Trainer(max_epochs=5, accumulate_grad_batches=2, enable_model_summary=False, **quiet)
    with pytest.raises(SettingError, match=r"trainer\.accumulate_grad_batches 2: only 1 is screened"):
        rank(Net, Data(), trainer=accumulating, lr=[0.1], **short)


def variant(**methods):
    return type("Variant", (Net,), methods)


def penalised(self, batch, batch_idx):
    return F.cross_entropy(self(batch[0]), batch[1]) + 0.1 * self.net[0].weight.square().sum()


def growing(self, batch, batch_idx):
    return F.cross_entropy(self(batch[0]), batch[1]) * (1 + self.global_step)


def two_rates(self):
    return torch.optim.SGD(
        [{"params": self.net[0].parameters()}, {"params": self.net[2].parameters(), "lr": 1.0}], lr=0.1
    )


def by_epoch(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    return [optimizer], [lr_scheduler.StepLR(optimizer, 3)]


def by_step(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    return [optimizer], [{"scheduler": lr_scheduler.StepLR(optimizer, 3), "interval": "step"}]


REFUSED = {
    "own optimization": ({"automatic_optimization": False}, ModelError, "it optimizes by itself"),
    "hook": ({"on_before_optimizer_step": lambda self, optimizer: None}, ModelError, "on_before_optimizer_step of"),
    "clipping": ({"configure_gradient_clipping": lambda self, *a: None}, ModelError, "configure_gradient_clipping of"),
    "penalty": ({"training_step": penalised}, ModelError, "depends on more than the outputs of its forward"),
    "step": ({"training_step": growing}, ModelError, "reads global_step"),
    "trainer": ({"training_step": lambda self, b, i: self.trainer.x}, ModelError, "not attached to a `Trainer`"),
    "rates": ({"configure_optimizers": two_rates}, SettingError, "its groups of weights differ in lr"),
    "several": ({"configure_optimizers": lambda self: [two_rates(self), two_rates(self)]}, ModelError, "2 optimizers"),
    "amsgrad": ({"configure_optimizers": lambda self: torch.optim.Adam(self.parameters(), amsgrad=True)}, SettingError,
                "its step is not one of those that are screened"),
    "epochs": ({"configure_optimizers": by_epoch}, SettingError, "StepLR: it is stepped once an epoch"),
    "schedule": ({"configure_optimizers": by_step}, SettingError, "StepLR: no schedule of ours has its factors"),
}  # fmt: skip


@pytest.mark.parametrize(("methods", "kind", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_screened_exactly_is_refused_by_name(methods, kind, rule):
    with pytest.raises(kind, match=rule):
        rank(variant(**methods), Data(), **SHORT)


def test_settings_and_data_of_other_kinds_are_refused():
    with pytest.raises(SettingError, match="optimizer adam: the module and its data say what it is"):
        rank(Net, Data(), optimizer="adam", **SHORT)
    with pytest.raises(SettingError, match="nothing says how long the training is"):
        rank(Net, Data())
    with pytest.raises(DataError, match="put together by WeightedRandomSampler"):
        rank(Net, Data(shuffle=False, sampler=WeightedRandomSampler(torch.ones(64), 64)), **SHORT)
    assert (
        rank(variant(configure_optimizers=by_step), Data(), schedule="linear", lr=[0.1], **SHORT).spec.schedule
        == "linear"
    )
