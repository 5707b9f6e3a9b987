"""Networks that are called with several inputs: by position or by name, whole numbers, booleans and fractions."""

from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.helpers.zoo.case import CLASSES, TOKENS, Case


class MaskedEncoder(nn.Module):
    """BERT: ids, and by name a mask of what is no padding; answers in a dict."""

    def __init__(self, activation):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 8, 0.0, activation(), batch_first=True, bias=False)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.out = nn.Linear(8, CLASSES)

    def forward(self, input_ids, attention_mask=None):
        h = self.encoder(self.embedding(input_ids), src_key_padding_mask=attention_mask == 0)
        weights = attention_mask[..., None].to(h.dtype)
        return self.out((h * weights).sum(1) / weights.sum(1))


class TwoTowers(nn.Module):
    """Users and items, each by a network of its own."""

    def __init__(self, activation):
        super().__init__()
        self.users = nn.Sequential(nn.Linear(4, 5), activation())
        self.items = nn.Sequential(nn.Linear(3, 5), activation())
        self.out = nn.Linear(5, CLASSES)

    def forward(self, users, items):
        return self.out(self.users(users) * self.items(items))


class BooleanMask(nn.Module):
    """The mean over the steps that a boolean mask keeps, after batch norm; dropout on top."""

    def __init__(self, activation):
        super().__init__()
        self.norm, self.inner, self.act = nn.BatchNorm1d(2), nn.Linear(2, 6), activation()
        self.drop, self.out = nn.Dropout(0.2), nn.Linear(6, CLASSES)

    def forward(self, x, mask):
        h = self.act(self.inner(self.norm(x.transpose(1, 2)).transpose(1, 2)))
        h = h.masked_fill(~mask[..., None], 0.0).sum(1) / mask.sum(1, keepdim=True)
        return self.out(self.drop(h))


class KeywordsOnly(nn.Module):
    """Features with a weight for each row, which take keywords alone."""

    def __init__(self, activation):
        super().__init__()
        self.inner, self.act, self.out = nn.Linear(4, 6), activation(), nn.Linear(6, CLASSES)

    def forward(self, *, items, users):
        return self.out(self.act(self.inner(users)) * items.mean(1, keepdim=True))


class NextToken(nn.Module):
    """GPT: ids and their places; classes at every position, and a loss of its own for whoever passes labels."""

    def __init__(self, activation):
        super().__init__()
        self.embedding, self.place = nn.Embedding(TOKENS, 8), nn.Embedding(5, 8)
        self.project, self.act, self.norm = nn.Linear(8, 24, bias=False), activation(), nn.LayerNorm(8)
        self.head = nn.Linear(8, TOKENS, bias=False)

    def forward(self, input_ids, position_ids, labels=None):
        h = self.embedding(input_ids) + self.place(position_ids)
        q, k, v = self.project(self.norm(h)).view(len(h), 5, 3, 2, 4).permute(2, 0, 3, 1, 4)
        h = h + self.act(F.scaled_dot_product_attention(q, k, v, is_causal=True)).transpose(1, 2).flatten(2)
        logits = self.head(h)
        found = {"logits": logits}
        if labels is not None:
            found["loss"] = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return found


class ClassesSecond(nn.Module):
    """A network over positions as torch's cross-entropy wants it."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, **inputs):
        return self.network(**inputs)["logits"].movedim(-1, 1)


class PackedByLengths(nn.Module):
    """A GRU over sequences whose lengths are an input."""

    def __init__(self, activation):
        super().__init__()
        self.cell, self.act, self.out = nn.GRU(2, 4, batch_first=True), activation(), nn.Linear(4, CLASSES)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.cell(packed)[0], batch_first=True, total_length=x.shape[1])
        return self.out(self.act(h.sum(1) / lengths[:, None]))


class Pair(nn.Module):
    """A bilinear layer behind an activation, handed over finished, with a hook of its user's."""

    def __init__(self):
        super().__init__()
        self.both, self.act, self.out = nn.Bilinear(4, 3, 5), nn.Tanh(), nn.Linear(5, CLASSES)
        self.register_forward_pre_hook(halved)

    def forward(self, users, items):
        return self.out(self.act(self.both(users, items)))


def halved(_, args):
    return args[0] / 2, *args[1:]


class MaskInPlace(BooleanMask):
    def forward(self, x, mask):
        mask &= x[..., 0] > 0
        mask[:, 0] = True
        return super().forward(x, mask)


class LargeInOneProcess(TwoTowers):
    """Twin towers with enough weights that each candidate is trained by the module itself."""

    def __init__(self, activation):
        super().__init__(activation)
        self.users = nn.Sequential(
            nn.Linear(4, 300), activation(), nn.Linear(300, 300), activation(), nn.Linear(300, 5)
        )


CASES = {
    "bert, ids and mask by name": Case(MaskedEncoder, "ids and mask"),
    "two towers by position": Case(TwoTowers, "two tables"),
    "two towers, one at a time": Case(LargeInOneProcess, "two tables", nearer=0.01),
    "boolean mask, batch norm and dropout": Case(BooleanMask, "sequences and mask"),
    "keywords only": Case(KeywordsOnly, "named tables"),
    "gpt, ids and places": Case(
        NextToken, "ids and places", plain=lambda activation: ClassesSecond(NextToken(activation))
    ),
    "gru packed by lengths": Case(PackedByLengths, "sequences and lengths"),
    "bilinear, finished, a hook": Case(Pair, "two tables", finished=True),
    "mask changed in place": Case(MaskInPlace, "sequences and mask", refusal="its input 2 in place", must_refuse=True),
}
