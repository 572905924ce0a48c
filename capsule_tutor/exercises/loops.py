"""What several oracles share. An oracle is written as slow loops over single numbers and vectors, from the papers'
formulas and without `functional`, so that a mistake would have to be made twice. The checks call it in float64.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def grid(nested: list) -> Tensor:
    """Nested lists of tensors as one tensor."""
    return torch.stack([grid(part) if isinstance(part, list) else part for part in nested])


def softmax(row: Tensor) -> Tensor:
    powers = [torch.exp(x - row.max()) for x in row]
    return torch.stack([power / sum(powers) for power in powers])


def per_image(route: Callable, u_hat: Tensor, *options: object) -> tuple[Tensor, Tensor]:
    """(v, c) of a batch, from a function that routes one image."""
    v, c = zip(*[route(image, *options) for image in u_hat], strict=True)
    return torch.stack(v), torch.stack(c)
