"""Blocks that are less common: resampling, sampling at a place, distances, loops that end by themselves."""

import torch
from torch import nn

from tests.helpers.zoo.case import CLASSES, INPUTS, Body, Case, Head


class Upsampled(nn.Module):
    """Down, and up again: a transposed convolution and an interpolation, with a skip connection."""

    def __init__(self, activation):
        super().__init__()
        self.down, self.up, self.act = nn.Conv2d(2, 3, 2, stride=2), nn.ConvTranspose2d(3, 2, 2, stride=2), activation()

    def forward(self, x):
        h = self.act(self.down(x))
        wide = nn.functional.interpolate(h[:, :2], scale_factor=2.0, mode="bilinear", align_corners=False)
        return (x + self.up(h) + wide).mean((2, 3))


class SpatialTransformer(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.where, self.act = nn.Linear(72, 6), activation()

    def forward(self, x):
        theta = torch.eye(2, 3) + 0.1 * self.where(x.flatten(1)).view(-1, 2, 3)
        grid = nn.functional.affine_grid(theta.to(x.dtype), x.shape, align_corners=False)
        return self.act(nn.functional.grid_sample(x, grid, align_corners=False).mean((2, 3)))


class Modern(nn.Module):
    """RMS norm and a SwiGLU, with Mish and a group norm behind."""

    def __init__(self, activation):
        super().__init__()
        self.norm, self.group, self.act = nn.RMSNorm(INPUTS), nn.GroupNorm(1, 4), activation()
        self.up, self.gate = nn.Linear(INPUTS, 4), nn.Linear(INPUTS, 4)

    def forward(self, x):
        h = self.norm(x)
        h = nn.functional.silu(self.gate(h)) * self.act(self.up(h))
        return nn.functional.mish(self.group(h))


class Radial(nn.Module):
    """Radial basis functions by torch.cdist."""

    def __init__(self, activation):
        super().__init__()
        self.centres, self.act = nn.Parameter(torch.randn(4, INPUTS)), activation()

    def forward(self, x):
        return self.act(torch.cdist(x, self.centres) / 3)


class FixedPoint(Body):
    """Goes on until it has settled: how often depends on the weights."""

    def forward(self, x):
        h = torch.zeros(len(x), 5, dtype=x.dtype)
        for _ in range(20):
            before, h = h, self.act(self.first(x) + 0.3 * h)
            if (h - before).detach().norm() < 1e-2:
                break
        return self.out(h)


class Functional(Body):
    """Dropout by its function, and a constant that is a plain attribute."""

    def __init__(self, activation):
        super().__init__(activation)
        self.scale = torch.linspace(0.5, 1.5, 5)

    def forward(self, x):
        h = self.act(self.first(x)) * self.scale
        return self.out(nn.functional.dropout(h, 0.3, self.training))


class Clamped(Body):
    """Weights that forward itself keeps within bounds (WGAN)."""

    def forward(self, x):
        self.first.weight.data.clamp_(-0.1, 0.1)
        return super().forward(x)


CASES = {
    "upsampling": Case(lambda a: Head(Upsampled(a), 2), "images"),
    "spatial transformer": Case(lambda a: Head(SpatialTransformer(a), 2), "images", refusal="grid_sampl"),
    "rms norm and swiglu": Case(lambda a: Head(Modern(a), 4)),
    "cdist": Case(lambda a: Head(Radial(a), 4), refusal="cdist"),
    "fixed point": Case(FixedPoint),
    "functional dropout": Case(Functional),
    "learnt activation": Case(lambda a: nn.Sequential(nn.Linear(INPUTS, 5), nn.PReLU(5), nn.Linear(5, CLASSES))),
    "weights clamped in forward": Case(Clamped, refusal="weight"),
}
