"""Random numbers for the tests of the museum: the same on every machine, and nobody else's are disturbed."""

import torch
from torch import Tensor


def numbers(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers: votes, poses, features."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
