"""States and maps for the paper's estimator, and its steps from beginning to end."""

import torch

from lyapscreen.exponents import kantz_wolf


def scaled(factors, members):
    """The linear map that multiplies candidate c's rows by factors[c]; tells each row's size before the step."""
    rows = torch.tensor(factors, dtype=torch.float64).repeat_interleave(members)[:, None]

    def advance(states, t):
        return states * rows, states.abs().sum(1)

    return advance


def estimated(states, members, advance, steps, **options):
    run = kantz_wolf.init(states, members)
    for t in range(steps):
        run, _ = kantz_wolf.step(run, advance, t, **options)
    return kantz_wolf.finish(run)


def pair(distance, candidates=1):
    """Return a reference at 0 and one neighbour at this distance, for so many candidates [candidates * 2, 1]."""
    return torch.tensor([[0.0], [distance]], dtype=torch.float64).repeat(candidates, 1)
