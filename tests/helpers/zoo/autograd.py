"""What acts on gradients: hooks, stop-gradients, functions with a backward of their own, checkpoints, in-place work."""

import types

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from tests.helpers.zoo.case import CLASSES, INPUTS, Body, Case


def hooked(attach):
    """A factory whose module has a hook somewhere."""

    def factory(activation):
        module = Body(activation)
        attach(module)
        return module

    return factory


def sequential_hooked(activation):
    module = nn.Sequential(nn.Linear(INPUTS, 5), activation(), nn.Linear(5, CLASSES))
    module[0].register_forward_hook(lambda module, inputs, outputs: 2 * outputs)
    return module


def clamp_gradients(module):
    for parameter in module.parameters():
        parameter.register_hook(lambda g: g.clamp(-0.01, 0.01) + 0.5 * g)


def halve_accumulated(module):
    def halve(parameter):
        parameter.grad.mul_(0.5)

    for parameter in module.parameters():
        parameter.register_post_accumulate_grad_hook(halve)


def replace_forward(module):
    plain = module.forward
    module.forward = lambda x: 2 * plain(x)


def rebind_forward(module):
    def forward(self, x):
        return self.out(self.act(2 * self.first(x)))

    module.forward = types.MethodType(forward, module)


class Right(torch.autograd.Function):
    """The square, its backward differentiable again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.square()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g

    @staticmethod
    def jvp(ctx, dx):
        (x,) = ctx.saved_tensors
        return 2 * x * dx


class Old(torch.autograd.Function):
    """The square as it is written in most code: context in `forward`, no rule to batch it, no forward mode."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


class Detached(torch.autograd.Function):
    """A backward that hides from autograd what it does."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x.detach() * g


class Reversed(torch.autograd.Function):
    """Gradient reversal of domain adaptation: no true gradient, and yet what is descended."""

    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return -0.5 * g


class Sign(torch.autograd.Function):
    """Binary activations with a straight-through gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g / x.cosh().square()


def straight_through(h):
    return h + ((4 * h).round() / 4 - h).detach()


class Checkpointed(Body):
    def __init__(self, activation, **settings):
        super().__init__(activation)
        self.settings = settings

    def forward(self, x):
        if self.settings["use_reentrant"]:
            x.requires_grad_()  # or nothing inside has a gradient
        h = checkpoint(lambda x: self.act(self.first(x)), x, **self.settings)
        return self.out(h)


class InPlace(Body):
    """Works in place on what is inside."""

    def forward(self, x):
        h = self.first(x)
        h.mul_(2).add_(0.1)
        h[:, 0] = 0.5
        return self.out(torch.tanh_(h) + self.act(h))


class ClampedInput(Body):
    """Changes its input in a way that a second pass finds already done."""

    def forward(self, x):
        return super().forward(x.clamp_(-0.5, 0.5))


class InPlaceInput(Body):
    """Writes into the batch it is given."""

    def forward(self, x):
        x.mul_(0.5)
        return super().forward(x)


class Branching(Body):
    def forward(self, x):
        h = self.first(x)
        return self.out(self.act(h) if h.mean() > 0 else -self.act(-1.5 * h))


class Item(Body):
    """A number taken out of the graph: autograd does not see that it depends on the weights."""

    def forward(self, x):
        h = self.act(self.first(x))
        return self.out(h / (1 + h.abs().max().item()))


CASES = {
    "parameter hook": Case(hooked(clamp_gradients), refusal="hook"),
    "hook after accumulation": Case(hooked(halve_accumulated), refusal="hook"),
    "forward hook": Case(sequential_hooked, refusal="hook"),
    "forward pre-hook": Case(
        hooked(lambda m: m.out.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 2,))), refusal="hook"
    ),
    "full backward hook": Case(
        hooked(lambda m: m.act.register_full_backward_hook(lambda m, gi, go: (gi[0].clamp(-0.01, 0.01),))),
        refusal="hook",
    ),
    "forward replaced by a closure": Case(hooked(replace_forward), refusal="forward"),
    "forward replaced by a method": Case(hooked(rebind_forward), refusal="forward"),
    "stop-gradient": Case(lambda a: Body(a, lambda h: h * h.detach())),
    "straight-through rounding": Case(lambda a: Body(a, straight_through)),
    "straight-through sign": Case(lambda a: Body(a, Sign.apply), refusal="differentiate|Sign"),
    "function, right": Case(lambda a: Body(a, Right.apply)),
    "function, without vmap": Case(lambda a: Body(a, Old.apply)),
    "function, once differentiable": Case(lambda a: Body(a, Once.apply), refusal="differentiate|Once"),
    "function, detached backward": Case(lambda a: Body(a, Detached.apply), refusal="differentiate|Detached"),
    "function, gradient reversal": Case(lambda a: Body(a, Reversed.apply), refusal="autograd function Reversed"),
    "checkpoint": Case(lambda a: Checkpointed(a, use_reentrant=False)),
    "checkpoint, reentrant": Case(lambda a: Checkpointed(a, use_reentrant=True), refusal="checkpoint"),
    "in place": Case(InPlace),
    "in place on the input": Case(InPlaceInput, refusal="in.place"),
    "in place on the input, once": Case(ClampedInput, refusal="changes its input in.place", must_refuse=True),
    "branch on the data": Case(Branching),
    "item": Case(Item, refusal="item|differentiate"),
}
