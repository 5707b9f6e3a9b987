"""Recurrent networks, attention and embeddings.

Keys of attention have no bias: its gradient is 0 but for rounding, which Adam divides by.
"""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.helpers.zoo.case import TOKENS, Case, Head


class Recurrent(nn.Module):
    def __init__(self, activation, kind, **settings):
        super().__init__()
        self.cell = kind(2, 4, batch_first=True, **settings)
        self.act = activation()

    def forward(self, x):
        return self.act(self.cell(x)[0].mean(1))


class CellLoop(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.cell, self.act = nn.GRUCell(2, 4), activation()

    def forward(self, x):
        h = x.new_zeros(len(x), 4)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
        return self.act(h)


class Packed(nn.Module):
    """A GRU over sequences of unlike lengths."""

    def __init__(self, activation):
        super().__init__()
        self.cell, self.act = nn.GRU(2, 4, batch_first=True), activation()

    def forward(self, x):
        lengths = (x[:, :, 0] > -1).sum(1).clamp(min=1)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.cell(packed)[0], batch_first=True, total_length=x.shape[1])
        return self.act(h.sum(1) / lengths[:, None])


class Encoder(nn.Module):
    """A transformer whose first token is padding."""

    def __init__(self, activation, p=0.0):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 8, p, activation(), batch_first=True, bias=False)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)

    def forward(self, tokens):
        padding = tokens == 0
        padding[:, 0] = False  # a row of padding alone has no attention
        h = self.encoder(self.embedding(tokens), src_key_padding_mask=padding)
        return h.masked_fill(padding[..., None], 0.0).sum(1) / (~padding).sum(1, keepdim=True)


class Causal(nn.Module):
    """GPT: scaled dot-product attention that looks back, its head tied to the embedding."""

    def __init__(self, activation):
        super().__init__()
        self.embedding, self.place = nn.Embedding(TOKENS, 8), nn.Embedding(5, 8)
        self.project, self.act, self.norm = nn.Linear(8, 24, bias=False), activation(), nn.LayerNorm(8)
        self.head = nn.Linear(8, TOKENS, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        h = self.embedding(tokens) + self.place(torch.arange(5))
        q, k, v = self.project(self.norm(h)).view(len(h), 5, 3, 2, 4).permute(2, 0, 3, 1, 4)
        h = h + self.act(F.scaled_dot_product_attention(q, k, v, is_causal=True)).transpose(1, 2).flatten(2)
        return self.head(h)[:, -1]


class Patches(nn.Module):
    """ViT: patches, a class token, attention by nn.MultiheadAttention."""

    def __init__(self, activation):
        super().__init__()
        self.patch, self.token = nn.Conv2d(2, 8, 3, stride=3), nn.Parameter(torch.randn(1, 1, 8))
        self.attention = nn.MultiheadAttention(8, 2, bias=False, batch_first=True)
        self.norm, self.act = nn.LayerNorm(8), activation()

    def forward(self, x):
        h = self.patch(x).flatten(2).transpose(1, 2)
        h = self.norm(torch.cat([self.token.expand(len(h), -1, -1), h], 1))
        return self.act(h + self.attention(h, h, h, need_weights=False)[0])[:, 0]


class Embedded(nn.Module):
    def __init__(self, activation, embedding):
        super().__init__()
        self.embedding, self.act, self.inner = embedding, activation(), nn.Linear(4, 4)

    def forward(self, tokens):
        h = self.embedding(tokens)
        return self.act(self.inner(h.mean(1) if h.dim() == 3 else h))


def embedded(make):
    return lambda activation: Head(Embedded(activation, make()), 4)


def pretrained(freeze):
    return nn.Embedding.from_pretrained(torch.linspace(-1, 1, 4 * TOKENS).view(TOKENS, 4), freeze=freeze)


CASES = {
    "rnn": Case(lambda a: Head(Recurrent(a, nn.RNN), 4), "sequences"),
    "lstm, two layers both ways": Case(
        lambda a: Head(Recurrent(a, nn.LSTM, num_layers=2, bidirectional=True), 8), "sequences"
    ),
    "gru": Case(lambda a: Head(Recurrent(a, nn.GRU), 4), "sequences"),
    "lstm with dropout": Case(
        lambda a: Head(Recurrent(a, nn.LSTM, num_layers=2, dropout=0.2), 4), "sequences", refusal="LSTM"
    ),
    "gru cells in a loop": Case(lambda a: Head(CellLoop(a), 4), "sequences"),
    "packed gru": Case(lambda a: Head(Packed(a), 4), "sequences"),
    "transformer with padding": Case(lambda a: Head(Encoder(a), 8), "tokens"),
    "transformer with dropout": Case(lambda a: Head(Encoder(a, 0.2), 8), "tokens"),
    "gpt": Case(lambda a: Head(Causal(a), TOKENS), "tokens"),
    "vit": Case(lambda a: Head(Patches(a), 8), "images"),
    "embedding, padding index": Case(embedded(lambda: nn.Embedding(TOKENS, 4, padding_idx=0)), "tokens"),
    "embedding, sparse": Case(embedded(lambda: nn.Embedding(TOKENS, 4, sparse=True)), "tokens", refusal="sparse"),
    "embedding, max norm": Case(embedded(lambda: nn.Embedding(TOKENS, 4, max_norm=0.5)), "tokens", refusal="max_norm"),
    "embedding bag": Case(embedded(lambda: nn.EmbeddingBag(TOKENS, 4)), "tokens", refusal="embedding_?bag"),
    "embedding, pretrained and frozen": Case(embedded(lambda: pretrained(True)), "tokens"),
    "embedding, pretrained and frozen, finished": Case(
        lambda: Head(Embedded(nn.Tanh, pretrained(True)), 4), "tokens", finished=True
    ),
}
