"""Capsule layers: the equations of `functional` with weights."""

import math

import torch
from torch import Tensor, nn

from capsule_tutor import functional


def primary_capsules(features: Tensor, d: int) -> Tensor:
    """Cut feature maps into capsules. features (b, types·d, h, w) → (b, i, d) with i = types·h·w

    Channels 0 … d−1 are the poses of the first type, the next d those of the second, and so on. A capsule is
    what its d channels say at ONE place: capsule number (type·h + row)·w + column. Not squashed.
    Raises ValueError if features has other axes or d does not divide the channels.
    """
    functional._check_shape("features", features, "b c h w")
    b, channels, h, w = features.shape
    if d < 1 or channels % d:
        raise ValueError(f"features has {channels} channels (axis 1), which {d}-D capsules do not divide")
    # (b, types·d, h, w) → (b, types, d, h, w) → (b, types, h, w, d) → (b, i, d)
    return features.reshape(b, channels // d, d, h, w).permute(0, 1, 3, 4, 2).flatten(1, 3)


class PrimaryCapsules(nn.Module):
    """A convolution whose output is cut into capsules and squashed. images (b, channels, h, w) → u (b, i, d)

    Sabour 2017, section 4. There is no ReLU between convolution and squash: a pose may point anywhere.
    `divide` divides the convolution's sums before its bias is added, as the authors' released code does by
    the number of types, 32.
    """

    def __init__(self, channels: int, types: int, d: int, kernel: int, stride: int, divide: float = 1.0) -> None:
        super().__init__()
        self.d, self.divide = d, divide
        self.convolution = nn.Conv2d(channels, types * d, kernel, stride)

    def forward(self, images: Tensor) -> Tensor:
        features = self.convolution(images)
        if self.divide != 1:
            bias = self.convolution.bias.view(-1, 1, 1)
            features = (features - bias) / self.divide + bias
        return functional.squash(primary_capsules(features, self.d))


class RoutedCapsules(nn.Module):
    """Votes and dynamic routing. u (b, i, d) → v (b, j, z); one matrix (d, z) for every pair of child and parent.

    Sabour 2017, section 4 (DigitCaps). Weights start normal, cut off at two standard deviations `std`, as in the
    authors' released code. The bias, which is added to s in every iteration if `bias` is true, starts at 0.1
    everywhere, as it does there.
    """

    def __init__(
        self, i: int, j: int, d: int, z: int, iterations: int = 3, std: float = 0.1, bias: bool = False
    ) -> None:
        super().__init__()
        self.iterations = iterations
        self.weight = nn.Parameter(truncated_normal(i, j, d, z, std=std))
        self.bias = nn.Parameter(torch.full((j, z), 0.1)) if bias else None

    def forward(self, u: Tensor) -> Tensor:
        v, _ = functional.dynamic_routing(functional.votes(u, self.weight), self.iterations, self.bias)
        return v


class DepthwiseCapsules(nn.Module):
    """Primary capsules of Efficient-CapsNet: one filter per channel, then a cut. (b, channels, h, w) → u (b, i, d)

    Mazzia 2021, section "Primary capsules". The kernel leaves one place of the map, so that each d channels give
    one capsule. Linear, then the exponential squash. Filters start Glorot-uniform, as in the authors' released code.
    """

    def __init__(self, channels: int, d: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.d = d
        self.convolution = nn.Conv2d(channels, channels, kernel, stride, groups=channels)
        # Keras counts kernel² · 1 inputs and kernel² · channels outputs of such a convolution.
        limit = math.sqrt(6 / (kernel**2 * (1 + channels)))
        nn.init.uniform_(self.convolution.weight, -limit, limit)
        nn.init.zeros_(self.convolution.bias)

    def forward(self, features: Tensor) -> Tensor:
        # On a CPU this convolution stays in float32: its backward pass in bfloat16 takes 2 to 20 times as long.
        with torch.autocast("cpu", enabled=False):
            maps = self.convolution(features.to(self.convolution.weight.dtype))  # (b, channels, h', w')
        return functional.exponential_squash(primary_capsules(maps, self.d))


class AttentionCapsules(nn.Module):
    """Votes and self-attention routing with a learned prior. u (b, i, d) → v (b, j, z)

    Mazzia 2021, eqs. 3-5. Weights start He-normal with the fan-in that Keras gives the authors' weight of shape
    (j, i, d, z), which is j·i·d; the prior starts at 0, or is left out.
    """

    def __init__(self, i: int, j: int, d: int, z: int, prior: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(he_normal(i, j, d, z, fan_in=j * i * d))
        self.prior = nn.Parameter(torch.zeros(i, j)) if prior else None

    def forward(self, u: Tensor) -> Tensor:
        v, _ = functional.self_attention_routing(functional.votes(u, self.weight), self.prior)
        return v


class StaticCapsules(nn.Module):
    """Votes under couplings that are the same for every image: the controls of attention. u (b, i, d) → v (b, j, z)

    The couplings are the softmax over the parents of logits (i, j): learned and equal at the start, or, if not
    `learned`, drawn once and frozen, as in Paik 2019; then a bias (j, z) of as many numbers is learned instead.
    Weights start as in `AttentionCapsules`.
    """

    def __init__(self, i: int, j: int, d: int, z: int, learned: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(he_normal(i, j, d, z, fan_in=j * i * d))
        if learned:
            self.logits, self.bias = nn.Parameter(torch.zeros(i, j)), None
        else:
            self.register_buffer("logits", torch.randn(i, j))
            self.bias = nn.Parameter(torch.zeros(j, z))

    def forward(self, u: Tensor) -> Tensor:
        c = self.logits.softmax(dim=1)  # (i, j)
        # s_j = Σ_i c_ij û_{j|i}
        s = torch.einsum("ij,bijz->bjz", c, functional.votes(u, self.weight))
        return functional.exponential_squash(s if self.bias is None else s + self.bias)


def truncated_normal(*shape: int, std: float) -> Tensor:
    """Normal numbers of standard deviation `std`, drawn again beyond 2 `std`: TensorFlow's truncated normal."""
    return nn.init.trunc_normal_(torch.empty(*shape), std=std, a=-2 * std, b=2 * std)


def he_normal(*shape: int, fan_in: int) -> Tensor:
    """Keras's He-normal: truncated, and widened so that the variance after the cut is 2/fan_in."""
    return truncated_normal(*shape, std=math.sqrt(2 / fan_in) / 0.87962566103423978)
