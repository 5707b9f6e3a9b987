"""Networks as people write them, of a size that their owners would screen: what (l) is measured on."""

import torch
from torch import nn

CLASSES, WORDS, LENGTH = 10, 256, 64


def cnn(act):
    """Two convolutions on 32 x 32 colours."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), act(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), act(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 64, 128), act(), nn.Linear(128, CLASSES),
    )  # fmt: skip


def tabular(act):
    """Two layers with batch norm."""
    return nn.Sequential(
        nn.Linear(30, 256), nn.BatchNorm1d(256), act(), nn.Linear(256, 256), nn.BatchNorm1d(256), act(),
        nn.Linear(256, CLASSES),
    )  # fmt: skip


class Block(nn.Module):
    """Attention to what came before, and two layers."""

    def __init__(self, width, heads, act):
        super().__init__()
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.layers = nn.Sequential(nn.Linear(width, 4 * width), act(), nn.Linear(4 * width, width))

    def forward(self, x):
        y = self.before(x)
        future = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1)
        x = x + self.attention(y, y, y, attn_mask=future, need_weights=False)[0]
        return x + self.layers(self.after(x))


class Gpt(nn.Module):
    """Four blocks over tokens."""

    def __init__(self, act, width=128):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, width), nn.Parameter(0.02 * torch.randn(LENGTH, width))
        self.blocks = nn.Sequential(*(Block(width, 4, act) for _ in range(4)))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, CLASSES)

    def forward(self, x):
        return self.out(self.norm(self.blocks(self.words(x) + self.places)).mean(1))


class Bert(nn.Module):
    """Two encoder layers over padded tokens."""

    def __init__(self, act, width=128):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, width, padding_idx=0), nn.Embedding(LENGTH, width)
        self.register_buffer("position_ids", torch.arange(LENGTH)[None])
        layer = nn.TransformerEncoderLayer(width, 4, 4 * width, 0.0, activation=act(), batch_first=True)
        self.norm, self.encoder = nn.LayerNorm(width), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(width, CLASSES)

    def forward(self, x):
        return self.out(self.encoder(self.norm(self.words(x) + self.places(self.position_ids)))[:, 0])


class Vit(nn.Module):
    """Four encoder layers over patches of 4 x 4."""

    def __init__(self, act, width=192):
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            width, 3, 4 * width, 0.0, activation=act(), batch_first=True, norm_first=True
        )
        self.patches, self.places = nn.Conv2d(3, width, 4, 4), nn.Parameter(0.02 * torch.randn(64, width))
        self.encoder, self.out = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False), nn.Linear(width, CLASSES)

    def forward(self, x):
        return self.out(self.encoder(self.patches(x).flatten(2).mT + self.places).mean(1))


class Lstm(nn.Module):
    """One LSTM over tokens."""

    def __init__(self, act):
        super().__init__()
        self.words, self.lstm = nn.Embedding(WORDS, 64), nn.LSTM(64, 128, batch_first=True)
        self.out = nn.Sequential(nn.Linear(128, 64), act(), nn.Linear(64, CLASSES))

    def forward(self, x):
        return self.out(self.lstm(self.words(x))[0][:, -1])


class Residual(nn.Module):
    """Two convolutions with batch norm beside a shortcut."""

    def __init__(self, before, after, act, stride=1):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), act(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after),
        )  # fmt: skip
        shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        self.shortcut, self.act = nn.Identity() if before == after else shortcut, act()

    def forward(self, x):
        return self.act(self.inner(x) + self.shortcut(x))


def resnet8(act):
    """Three residual blocks."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), act(), Residual(16, 16, act),
        Residual(16, 32, act, 2), Residual(32, 64, act, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(64, CLASSES),
    )  # fmt: skip
