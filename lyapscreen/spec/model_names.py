"""Models and losses by name: ours, or a function in code of the user's."""

from __future__ import annotations

from lyapscreen.errors import SettingError
from lyapscreen.spec import parsing
from lyapscreen.spec.activations import NONE
from lyapscreen.spec.user_code import names_code

LOSSES = ("auto", "cross-entropy", "mse", "huber", "bce")
"""The losses that need no code of the user's."""


def check_model(model: object, act: tuple[str, ...]) -> None:
    """Refuse what is neither a model's name nor something that makes one, and a network of ours without activation.

    Raises:
        SettingError: naming what a model can be.

    """
    if callable(model):
        return
    if not isinstance(model, str):
        fix = "Pass a name such as mlp:64,64, or a callable that returns a torch.nn.Module"
        raise SettingError("model", model, "a model is a name or a factory", fix)
    if model.startswith("mlp:"):
        parsing.widths(model)
    elif model != "cnn" and not names_code(model):
        fix = "Write mlp:64,64 (hidden widths), cnn, FILE.py:factory or package.module:factory"
        raise SettingError("model", model, "there is no such model", fix)
    if act == (NONE,) and not names_code(model):
        rule = f"{model} has an activation after each hidden layer"
        raise SettingError("act", NONE, rule, "Write linear for the identity; none is for models that take none")


def check_loss(loss: object) -> None:
    """Refuse what is neither a loss's name nor a function.

    Raises:
        SettingError: naming the losses there are.

    """
    if callable(loss) or (isinstance(loss, str) and (loss in LOSSES or names_code(loss))):
        return
    known = f"{parsing.nearest(str(loss), LOSSES)}The losses are {', '.join(LOSSES)}, and FILE.py:function of your own"
    raise SettingError("loss", loss, "there is no such loss", known)
