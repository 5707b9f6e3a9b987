"""Maps whose exponents are known or may be compared, in the form that `largest_exponent` takes."""

import math

import torch


def logistic(r):
    return lambda x, t: r * x * (1 - x)


def number(value, dtype=torch.float64):
    return torch.tensor(value, dtype=dtype)


def henon(s, t):
    return torch.stack([1 - 1.4 * s[0] * s[0] + s[1], 0.3 * s[0]])


def smooth(s, t):
    """A driven map with a nested state of several shapes and dtypes."""
    inner = torch.tanh(1.5 * s["w"].sum(dim=0) + s["rest"][0])
    outer = torch.tanh(s["w"] * 1.3 + inner + 0.1 * math.sin(t))
    return {"w": outer, "rest": (torch.sin(s["rest"][0] + outer.mean()).to(s["rest"][0]), s["rest"][1] + 1)}


def smooth_states(count):
    generator = torch.Generator().manual_seed(5)
    w = torch.randn(count, 2, 3, generator=generator, dtype=torch.float64)
    return {"w": w, "rest": (torch.zeros(count, 3, dtype=torch.float64), torch.arange(count))}
