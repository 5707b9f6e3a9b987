"""Networks of other packages with random weights, nothing downloaded: a factory each, of a few lines.

    lyapscreen rank --data data.py:words --model packages.py:bert --optimizer adamw --lr 1e-4:1e-2:5
    lyapscreen rank --data packages.py:sentences --model packages.py:bert --optimizer adamw --lr 1e-4:1e-2:5
    lyapscreen rank --data packages.py:letters --model packages.py:gpt2 --optimizer adamw --lr 1e-4:1e-2:5
    lyapscreen rank --data packages.py:stripes --model packages.py:vit --sweep depth=1,2 --lr 0.01:1:5
    lyapscreen rank --data packages.py:stripes --model packages.py:resnet18 --lr 0.01:1:5

The first three need transformers, the fourth timm, the last torchvision.
"""

import numpy as np
from torch import nn


def bert(activation, n_inputs, n_outputs, width=32):
    """Return a BERT that classifies rows of tokens."""
    from transformers import BertConfig, BertForSequenceClassification

    network = BertForSequenceClassification(
        BertConfig(
            vocab_size=n_inputs,
            num_labels=n_outputs,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=64,
        )
    )  # fmt: skip
    for layer in network.bert.encoder.layer:
        layer.intermediate.intermediate_act_fn = activation()
    return network


def sentences(rows=600, length=16, vocabulary=20):
    """Return ids and a mask of what is no padding, by the names BERT has for them, and the kind of each sentence."""
    rng = np.random.default_rng(0)
    lengths, kind = rng.integers(6, length + 1, rows), rng.integers(0, 2, rows)
    mask = np.arange(length) < lengths[:, None]
    ids = rng.integers(3, vocabulary, (rows, length))
    ids[np.arange(rows), rng.integers(0, lengths)] = 1 + kind  # one word tells
    return {"input_ids": ids * mask, "attention_mask": mask.astype(np.int64)}, kind


def gpt2(activation, n_inputs, n_outputs, width=32):
    """Return a GPT-2 that predicts the next token at every position."""
    from transformers import GPT2Config, GPT2LMHeadModel

    words = max(n_inputs, n_outputs)
    network = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=words, n_embd=width, n_layer=2, n_head=2, n_positions=64, bos_token_id=None, eos_token_id=None
        )
    )
    for block in network.transformer.h:
        block.mlp.act = activation()
    return network


def vit(activation, n_inputs, n_outputs, depth=2):
    """Return a vision transformer for images of 32 x 32 pixels."""
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(
        img_size=32, patch_size=8, in_chans=n_inputs, num_classes=n_outputs, embed_dim=48, depth=depth, num_heads=3,
        act_layer=activation,
    )  # fmt: skip


def resnet18(activation, n_inputs, n_outputs):
    """Return a ResNet-18 whose first convolution takes the channels of the data."""
    from torchvision.models import resnet18

    network = resnet18(num_classes=n_outputs)
    network.conv1 = nn.Conv2d(n_inputs, 64, 3, padding=1, bias=False)
    network.relu = activation()
    for block in (*network.layer1, *network.layer2, *network.layer3, *network.layer4):
        block.relu = activation()
    return network


def letters(rows=200, length=17, vocabulary=20):
    """Return rows of letters that follow a rule with exceptions, and the letter after each."""
    rng = np.random.default_rng(0)
    text = rng.integers(0, vocabulary, (rows, length))
    for at in range(1, length):
        text[:, at] = np.where(rng.random(rows) < 0.8, (3 * text[:, at - 1] + 1) % vocabulary, text[:, at])
    return text[:, :-1], text[:, 1:]


def stripes(rows=120):
    """Return noisy images [rows, 3, 32, 32] of stripes, and which of three directions they have."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, rows)
    x, y = np.meshgrid(np.arange(32), np.arange(32))
    waves = np.stack([np.sin(0.6 * x), np.sin(0.6 * y), np.sin(0.4 * (x + y))])
    return waves[kind][:, None] + rng.normal(size=(rows, 3, 32, 32)), kind
