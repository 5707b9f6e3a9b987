"""A Trainer's own arguments, screened: equal to transformers' Trainer, given back, and the rest refused."""

import numpy as np
import pytest
import torch
from torch.utils.data import SequentialSampler, Subset

from lyapscreen.errors import ModelError, SettingError
from lyapscreen.probe import tokens
from lyapscreen.screening.replay import of_spec
from lyapscreen.spec.candidates import Candidate
from tests.helpers.needed import require

require("transformers", "4.46")
require("accelerate", "1.1")

pytestmark = pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs

import transformers  # noqa: E402

from lyapscreen.integrations.transformers import rank  # noqa: E402

rng = np.random.default_rng(0)
LENGTH = rng.integers(5, 9, 96)
MASK = (np.arange(8) < LENGTH[:, None]).astype(np.int64)
IDS = rng.integers(3, 20, (96, 8)) * MASK
KIND = rng.integers(0, 2, 96)
IDS[:, 1] = 1 + KIND
SIZES = {"vocab_size": 20, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
         "num_attention_heads": 2, "max_position_embeddings": 16}  # fmt: skip
STILL = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
SHORT = {"steps": 12, "halving": False, "jobs": 1, "rank_by": "effective"}


def bert():
    return transformers.BertForSequenceClassification(transformers.BertConfig(num_labels=2, **SIZES, **STILL))


def gpt2():
    sizes = {"vocab_size": 20, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 16}
    still = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "bos_token_id": None, "eos_token_id": None}
    found = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes, **still))
    found.loss_type = "ForCausalLM"  # else the Trainer of today counts one label too many in each row
    return found


SENTENCES = [
    {"input_ids": torch.tensor(i), "attention_mask": torch.tensor(m), "labels": int(k)}
    for i, m, k in zip(IDS, MASK, KIND, strict=True)
]
TEXT = [{"input_ids": torch.tensor(row), "labels": torch.tensor(row)} for row in rng.integers(0, 20, (96, 8))]


def arguments(tmp_path, **given):
    usual = {"max_steps": 12, "per_device_train_batch_size": 16, "learning_rate": 5e-3, "use_cpu": True, "seed": 3}
    quiet = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no"}
    return transformers.TrainingArguments(output_dir=str(tmp_path / "out"), **{**usual, **quiet, **given})


class InOrder(transformers.Trainer):
    def _get_train_sampler(self, *_):
        return SequentialSampler(self.train_dataset)


CASES = {
    "bert, linear after a warm-up": (bert, SENTENCES, {"warmup_steps": 4}),
    "gpt2, sgd along a cosine": (gpt2, TEXT, {"optim": "sgd", "lr_scheduler_type": "cosine", "learning_rate": 0.1}),
}


@pytest.mark.parametrize(("init", "data", "given"), CASES.values(), ids=CASES)
def test_a_probe_trains_as_transformers_own_trainer(init, data, given, tmp_path):
    args = arguments(tmp_path, **given)
    before = args.to_dict()
    found = rank(init, args, data[:64], data[64:], lr=[args.learning_rate], **SHORT)
    assert args.to_dict() == before
    assert not (tmp_path / "out").exists()
    screening = found.screening
    seed = screening.spec.seeds[0]
    assert seed == 3
    measured = next(r for r in screening.ranking.rows[0].results if r.candidate.seed == seed).final
    replay = of_spec(screening.spec, tokens.load(screening.spec), Candidate(screening[0].configuration, seed))
    model = init()
    model.load_state_dict(replay.model.state_dict())
    trainer = InOrder(
        model=model, args=args, train_dataset=Subset(data[:64], replay.batches.rows.flatten().tolist()),
        eval_dataset=data[64:],
    )  # fmt: skip
    trainer.train()
    on_train, held_out = (trainer.evaluate(part)["eval_loss"] for part in (data[:64], data[64:]))
    assert (measured.train_loss, measured.held_out_loss) == (
        pytest.approx(on_train, abs=1e-5),
        pytest.approx(held_out, abs=1e-5),
    )


def test_the_arguments_come_back_with_the_rate_recommended(tmp_path):
    args = arguments(tmp_path, warmup_steps=4, max_steps=60)
    found = rank(
        bert, args, SENTENCES[:64], SENTENCES[64:], lr=[1e-3, 1e-2], max_growth=1e6, **SHORT | {"steps": 40, "seeds": 2}
    )
    settings = found.screening.settings_of(found.screening[0].configuration)
    named = ("optimizer", "weight_decay", "clip_norm", "batch_size", "schedule", "warmup", "full_steps")
    assert [settings[name] for name in named] == ["adamw", 0.0, 1.0, 16, "linear:from-zero", 4, 60]
    assert found.screening.recommended is not None
    assert found.arguments.learning_rate == found.screening.recommended.lr
    assert args.learning_rate == 5e-3
    assert found.arguments.to_dict() | {"learning_rate": 5e-3} == args.to_dict()


REFUSED = {
    "accumulation": ({"gradient_accumulation_steps": 2}, r"args\.gradient_accumulation_steps 2: only 1 is screened"),
    "smoothing": ({"label_smoothing_factor": 0.1}, r"args\.label_smoothing_factor 0\.1"),
    "decay": ({"weight_decay": 0.01}, "its groups of weights differ in weight_decay"),
    "optimizer": ({"optim": "adafactor"}, "its step is not one of those that are screened"),
    "schedule": ({"lr_scheduler_type": "polynomial"}, "no schedule of ours has its factors"),
}


@pytest.mark.parametrize(("given", "rule"), REFUSED.values(), ids=REFUSED)
def test_arguments_that_are_not_screened_are_refused_by_name(given, rule, tmp_path):
    with pytest.raises(SettingError, match=rule):
        rank(bert, arguments(tmp_path, **given), SENTENCES[:64], SENTENCES[64:], **SHORT)


def test_a_model_that_is_built_already_or_has_another_loss_is_refused(tmp_path):
    with pytest.raises(ModelError, match="it is not a model_init"):
        rank(bert(), arguments(tmp_path), SENTENCES[:64], SENTENCES[64:], **SHORT)

    def of_numbers():
        return transformers.BertForSequenceClassification(transformers.BertConfig(num_labels=1, **SIZES, **STILL))

    numbers = [{**row, "labels": float(row["labels"])} for row in SENTENCES]
    with pytest.raises(ModelError, match="is not the mean cross-entropy"):
        rank(of_numbers, arguments(tmp_path), numbers[:64], numbers[64:], **SHORT)


def test_a_loss_that_the_trainer_scales_is_refused(tmp_path):
    def miscounted():
        found = gpt2()
        found.loss_type = None
        return found

    with pytest.raises(ModelError, match="divides its loss by another number of labels"):
        rank(miscounted, arguments(tmp_path), TEXT[:64], TEXT[64:], **SHORT)
