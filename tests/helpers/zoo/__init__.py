"""Small modules as people write them, each a kind that a screening has to train exactly or refuse by name."""

from tests.helpers.zoo import autograd, blocks, finished, layers, losses, sequences, several_inputs, states
from tests.helpers.zoo.case import Case

CASES: dict[str, Case] = {
    **layers.CASES, **blocks.CASES, **sequences.CASES, **autograd.CASES, **states.CASES, **losses.CASES,
    **finished.CASES, **several_inputs.CASES,
}  # fmt: skip
"""By name."""
