"""Capsule layers: the equations of `functional` with weights."""

import torch
from torch import Tensor, nn

from capsule_tutor import functional


def primary_capsules(features: Tensor, d: int) -> Tensor:
    """Cut feature maps into capsules. features (b, types·d, h, w) → (b, i, d) with i = types·h·w

    Channels 0 … d−1 are the poses of the first type, the next d those of the second, and so on. A capsule is
    what its d channels say at ONE place: capsule number (type·h + row)·w + column. Not squashed.
    Raises ValueError if d does not divide the channels.
    """
    b, channels, h, w = features.shape
    if channels % d:
        raise ValueError(f"features has {channels} channels (axis 1), which {d}-D capsules do not divide")
    # (b, types·d, h, w) → (b, types, d, h, w) → (b, types, h, w, d) → (b, i, d)
    return features.reshape(b, channels // d, d, h, w).permute(0, 1, 3, 4, 2).reshape(b, -1, d)


class PrimaryCapsules(nn.Module):
    """A convolution whose output is cut into capsules and squashed. images (b, channels, h, w) → u (b, i, d)

    Sabour 2017, section 4. There is no ReLU between convolution and squash: a pose may point anywhere.
    """

    def __init__(self, channels: int, types: int, d: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.d = d
        self.convolution = nn.Conv2d(channels, types * d, kernel, stride)

    def forward(self, images: Tensor) -> Tensor:
        return functional.squash(primary_capsules(self.convolution(images), self.d))


class RoutedCapsules(nn.Module):
    """Votes and dynamic routing. u (b, i, d) → v (b, j, z); one matrix (d, z) for every pair of child and parent.

    Sabour 2017, section 4 (DigitCaps). Weights start normal with standard deviation `std`.
    """

    def __init__(self, i: int, j: int, d: int, z: int, iterations: int = 3, std: float = 0.1) -> None:
        super().__init__()
        self.iterations = iterations
        self.weight = nn.Parameter(std * torch.randn(i, j, d, z))

    def forward(self, u: Tensor) -> Tensor:
        v, _ = functional.dynamic_routing(functional.votes(u, self.weight), self.iterations)
        return v
