"""Networks that a user's function or class builds, one a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from lyapscreen.errors import ModelError
from lyapscreen.spec import user_code
from lyapscreen.training.activations import Activation
from lyapscreen.training.architectures import Factory
from lyapscreen.training.copying import copied
from lyapscreen.training.factory_arguments import CONTRACT, Arguments, arguments
from lyapscreen.training.foreign_generators import from_torch_alone
from lyapscreen.training.inputs import Inputs, taken_apart
from lyapscreen.training.lazy_layers import materialized, run
from lyapscreen.training.module_checks import require_plain
from lyapscreen.training.substitution import Substitution
from lyapscreen.training.wrappers import Unwrapped, unwrapped


@dataclass(frozen=True)
class FromFactory:
    """What makes the network of each seed by calling the user's factory."""

    factory: Factory
    activation: Activation
    sizes: tuple[int, int]
    """Numbers of inputs and outputs that the data need."""
    keywords: Mapping[str, Any]
    """Those that are swept, at one point."""
    rows: Inputs
    """A few of the training part."""
    name: str
    """The model as a message calls it."""
    arguments: Arguments
    substitution: Substitution | None = None
    """Of a factory that takes no activation: which layers of its networks are replaced."""

    @classmethod
    def of(
        cls, factory: Factory, activation: Activation, sizes: tuple[int, int], keywords: Mapping[str, Any],
        rows: Inputs, name: str,
    ) -> FromFactory:  # fmt: skip
        """Look at a factory, once for all seeds.

        Raises:
            ModelError: nothing says what a parameter of it should be; or it takes no activation and, called for a
                look at its layers, fails.

        """
        taken = arguments(factory, keywords, name)
        found = cls(factory, activation, sizes, keywords, rows, name, taken)
        if taken.takes_activation:
            return found
        trial = copied(found.make().module, name)
        return replace(found, substitution=Substitution.of(trial, rows, lambda layer, x: run(layer, x, name)))

    @property
    def takes_activation(self) -> bool:
        """Whether the factory is given the activation; else layers are replaced."""
        return self.arguments.takes_activation

    @property
    def by_name(self) -> bool:
        """Whether it is given the activation's name, and makes the layer itself."""
        return "activation name" in self.arguments.roles

    @property
    def notices(self) -> tuple[str, ...]:
        """How the factory was called where that is not by the contract, and what was replaced."""
        if self.substitution is None:
            return ()
        said = f"model: {self.name} takes no activation and is called as {self.arguments.shown()}"
        return (said, *self.substitution.notices())

    def make(self) -> Unwrapped:
        """Call the factory under torch's generator as it stands, and take what it returns.

        Raises:
            ModelError: it fails, returns no module, or a module that cannot be probed.

        """
        module = from_torch_alone(self._called, self.name)
        require_plain(module, self.name)
        found = unwrapped(module, self.name)
        taken_apart(found.module, self.rows)
        found = materialized(found, self.rows, self.name)
        if self.substitution is not None:
            self.substitution.apply(found.module, self.activation)
        return found

    def _called(self) -> nn.Module:
        positional, named = self.arguments.values(self.activation, *self.sizes)
        given = {**named, **self.keywords}
        try:
            made = user_code.call("model", self.name, self.factory, *positional, error=ModelError, **given)
        except ModelError as error:
            fix = f"{error.fix}. It was called as {self.arguments.shown()}. {CONTRACT}"
            raise ModelError(error.setting, error.value, error.rule, fix) from error.__cause__
        if not isinstance(made, nn.Module):
            found = f"the factory returned {type(made).__name__}, not a torch.nn.Module"
            raise ModelError("model", self.name, found, f"Return the network it builds. {CONTRACT}")
        return made
