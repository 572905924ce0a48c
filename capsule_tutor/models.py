"""Whole networks: CapsNet, Efficient-CapsNet, the control that lacks routing alone, and one that pools.

All have one interface: `model(images)` gives capsules v (b, j, z), whose lengths are the evidence for each class,
and a decoder draws what a capsule describes.
"""

import math
import warnings
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from capsule_tutor import functional
from capsule_tutor.layers import (
    AttentionCapsules,
    DepthwiseCapsules,
    PrimaryCapsules,
    RoutedCapsules,
    StaticCapsules,
    he_normal,
    truncated_normal,
)

Layers = tuple[tuple[int, int], ...]  # (kernel, stride) of each convolution


class CapsuleNetwork(nn.Module):
    """An encoder, images → v (b, j, z), and a decoder, masked capsules (b, j·z) → images of `shape`."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module | None, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.encoder, self.decoder, self.shape = encoder, decoder, shape

    def forward(self, images: Tensor) -> Tensor:
        """images (b, channels, h, w) with pixels in [0, 1] → capsules v (b, j, z)"""
        if images.ndim != 4 or images.shape[1:] != self.shape:
            raise ValueError(f"images has shape {tuple(images.shape)}; expected (b, {', '.join(map(str, self.shape))})")
        _check_dtype(images, self)
        return self.encoder(images)

    def lengths(self, images: Tensor) -> Tensor:
        """The evidence for each class. images → (b, j)"""
        _check_pixels(images)
        return functional.lengths(self(images))

    def predict(self, images: Tensor) -> Tensor:
        """The class of the longest capsule. images → (b,)"""
        _check_pixels(images)  # here, so that a warning names the caller's line
        return functional.lengths(self(images)).argmax(dim=1)

    def decode(self, v: Tensor, index: Tensor | None = None) -> Tensor:
        """Draw one capsule of each image. v (b, j, z), index (b,) or None for the longest → images in [0, 1]"""
        if self.decoder is None:
            raise ValueError("this network was built without a decoder")
        return self.decoder(functional.mask_capsules(v, index)).view(v.shape[0], *self.shape)

    def reconstruct(self, images: Tensor, index: Tensor | None = None) -> Tensor:
        """What the network thinks it saw: images, through one capsule each, and back. index as in `decode`."""
        _check_pixels(images)
        return self.decode(self(images), index)


def capsnet(
    classes: int = 10,
    shape: tuple[int, int, int] = (1, 28, 28),
    iterations: int = 3,
    released: bool = False,
    decoder: bool = True,
    maps: int = 256,
    types: int = 32,
) -> CapsuleNetwork:
    """CapsNet of Sabour 2017: 6,804,224 parameters and a decoder of 1,411,344 for 28×28 images.

    A thin one has fewer `maps` after the first convolution and fewer `types` of primary capsules.
    `released` follows the authors' released code where it goes beyond the paper: a bias inside the routing (160
    parameters more), primary capsules divided by the number of types before bias and squash (a softmax over the types,
    of equal logits), all weights truncated normal of 0.1 but for 0.05 in the first convolution, and all biases 0.1.
    Otherwise convolutions and decoder start as PyTorch's do, which needs no division: the paper does not say how they
    start.
    """
    shape = _checked(classes, shape)
    if min(shape[1:]) < 17:
        raise ValueError(f"shape is {shape}; two 9×9 convolutions need images of at least 17×17 pixels")
    if min(iterations, maps, types) < 1:
        raise ValueError(f"iterations, maps and types are {iterations}, {maps} and {types}; each needs at least 1")
    channels, h, w = shape
    children = types * _after(_after(h, 9, 1), 9, 2) * _after(_after(w, 9, 1), 9, 2)
    encoder = nn.Sequential(
        nn.Conv2d(channels, maps, 9),
        nn.ReLU(),
        PrimaryCapsules(maps, types, 8, 9, 2, divide=types if released else 1),
        RoutedCapsules(children, classes, 8, 16, iterations, bias=released),
    )
    drawing = _decoder(classes * 16, shape) if decoder else None
    if released:
        for layer in (encoder[0], encoder[2].convolution, *(drawing or ())):
            if hasattr(layer, "weight"):
                std = 0.05 if layer is encoder[0] else 0.1
                layer.weight = nn.Parameter(truncated_normal(*layer.weight.shape, std=std))
                nn.init.constant_(layer.bias, 0.1)
    return CapsuleNetwork(encoder, drawing, shape)


def efficient_capsnet(
    classes: int = 10,
    shape: tuple[int, int, int] = (1, 28, 28),
    routing: str | int = "attention",
    channels: tuple[int, int, int, int] = (32, 64, 64, 128),
    decoder: bool = True,
    layers: Layers | None = None,
) -> CapsuleNetwork:
    """Efficient-CapsNet of Mazzia 2021: 161,824 parameters for 28×28 images, 154,656 for 36×36, 151,664 for 2×48×48.

    The three published variants differ in strides, and the last one, for smallNORB, in activation, normalisation
    and decoder (convolutional, 229,570 parameters). The one for 40×40 images (157,728) is ours, and any other `shape`
    raises ValueError unless `layers` says how: (kernel, stride) of the four convolutions, as `fitting(shape)` finds
    them; the depthwise filters then cover the last map. Initial weights, epsilons and momenta are those of the
    authors' released code. `channels` are those of the four convolutions, the last of them a multiple of 8; fewer
    make a smaller network. `plan` says what each stage costs.

    `routing` puts another layer on the same votes, for experiments: "attention" as published, "no prior" (160
    parameters fewer), "static" and "random" couplings that no image changes, or a number of dynamic iterations.
    """
    shape = _checked(classes, shape)
    _check_channels(channels)
    layers, (kernel, stride) = _stages(shape, layers, "Efficient-CapsNet")
    encoder = nn.Sequential(
        _front(shape, layers, channels),
        DepthwiseCapsules(channels[3], 8, kernel, stride),
        _routed(routing, channels[3] // 8, classes, 8, 16),
    )
    return CapsuleNetwork(encoder, _mazzia_decoder(classes * 16, shape) if decoder else None, shape)


def _routed(routing: str | int, *sizes: int) -> nn.Module:
    """The last layer of an Efficient-CapsNet. `sizes` are i, j, d, z."""
    ways = {
        "attention": lambda: AttentionCapsules(*sizes),
        "no prior": lambda: AttentionCapsules(*sizes, prior=False),
        "static": lambda: StaticCapsules(*sizes),
        "random": lambda: StaticCapsules(*sizes, learned=False),
    }
    if isinstance(routing, int) and routing >= 1:
        return RoutedCapsules(*sizes, routing, bias=True)
    if routing not in ways:
        raise ValueError(f"routing is {routing!r}; choose one of {', '.join(ways)}, or a number of dynamic iterations")
    return ways[routing]()


def dense(
    classes: int = 10,
    shape: tuple[int, int, int] = (1, 28, 28),
    decoder: bool = True,
    layers: Layers | None = None,
) -> CapsuleNetwork:
    """The control: Efficient-CapsNet with one linear layer in place of votes and routing. The same 161,824 parameters.

    Front and primary capsules are the same. The layer computes what routing with equal couplings would, but it has a
    bias and starts as PyTorch's linear layers do, not as votes: a difference to it need not be the routing's (the study
    routing-few has couplings that no image changes, and they beat it). Shapes and `layers` as in `efficient_capsnet`.
    """
    shape = _checked(classes, shape)
    layers, (kernel, stride) = _stages(shape, layers, "the control")
    encoder = nn.Sequential(
        _front(shape, layers),
        DepthwiseCapsules(128, 8, kernel, stride),
        nn.Flatten(),
        nn.Linear(128, classes * 16),
        _Squashed(classes),
    )
    return CapsuleNetwork(encoder, _mazzia_decoder(classes * 16, shape) if decoder else None, shape)


def convnet(classes: int = 10, shape: tuple[int, int, int] = (1, 28, 28), decoder: bool = True) -> CapsuleNetwork:
    """A pooling network: Efficient-CapsNet's front, then average pooling and one linear layer. 151,328 parameters.

    It lacks the capsules' votes and routing, and also the filters that look at the place of things (`dense` has them).
    Its (classes, 16) output is squashed, so that lengths, losses and decoder are the same.
    """
    shape = _checked(classes, shape)
    if shape not in _FRONTS or shape == (2, 48, 48):
        # Normalised by its own mean, a map has the same mean for every image: pooled, nothing of the image is left.
        raise ValueError(f"shape is {shape}; the pooling network is built for one channel, 28×28, 36×36 or 40×40")
    head = nn.Linear(128, classes * 16)
    encoder = nn.Sequential(
        _front(shape, _FRONTS[shape][0]), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head, _Squashed(classes)
    )
    return CapsuleNetwork(encoder, _keras_decoder(classes * 16, shape) if decoder else None, shape)


def deep_capsnet(
    classes: int = 10,
    shape: tuple[int, int, int] = (1, 28, 28),
    layers: int = 1,
    iterations: int = 3,
    gain: float = 2.0,
    decoder: bool = True,
) -> CapsuleNetwork:
    """A small CapsNet with as many routed layers as you like, to ask what depth does to routing. Ours, not a paper's.

    Primary capsules of 8 numbers (4 types; 144 capsules for 28×28 images), `layers` − 1 layers of 16 capsules of 8
    numbers, and the classes' capsules of 16. With one iteration all couplings are equal, and nothing else is different.
    Vote weights start so that with equal couplings ‖s‖ is about 0.88·`gain`·‖u‖ in every layer: they are normal, with
    the deviation that would give `gain`, but cut off at two deviations, which leaves 0.88 of it. Squash makes short
    vectors much shorter: with CapsNet's 0.1 three layers leave nothing, neither of the poses nor of their gradients.
    """
    shape = _checked(classes, shape)
    if layers < 1 or iterations < 1:
        raise ValueError(f"layers is {layers} and iterations {iterations}; both must be at least 1")
    if min(shape[1:]) < 17:
        raise ValueError(f"shape is {shape}; a 5×5 and a 7×7 convolution need images of at least 17×17 pixels")
    channels, h, w = shape
    children = 4 * _after(_after(h, 5, 2), 7, 1) * _after(_after(w, 5, 2), 7, 1)
    sizes = [(children, 8), *[(16, 8)] * (layers - 1), (classes, 16)]
    routed = [
        # s_j = Σ_i û_ij / j, so that ‖s‖² ≈ i z (std ‖u‖ / j)² if no weight were cut off
        RoutedCapsules(i, j, d, z, iterations, std=gain * j / math.sqrt(i * z))
        for (i, d), (j, z) in pairwise(sizes)
    ]
    encoder = nn.Sequential(nn.Conv2d(channels, 16, 5, 2), nn.ReLU(), PrimaryCapsules(16, 4, 8, 7, 1), *routed)
    for convolution in (encoder[0], encoder[2].convolution):
        nn.init.kaiming_normal_(convolution.weight)
    return CapsuleNetwork(encoder, _keras_decoder(classes * 16, shape) if decoder else None, shape)


MODELS = {
    "capsnet": capsnet,
    "efficient-capsnet": efficient_capsnet,
    "dense": dense,
    "convnet": convnet,
    "deep-capsnet": deep_capsnet,
}


class _Squashed(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, x: Tensor) -> Tensor:
        return functional.exponential_squash(x.unflatten(1, (self.classes, -1)))


# shape → ((kernel, stride) of each convolution, the same of the depthwise one): Mazzia 2021, and ours for 40×40
_FRONTS = {
    (1, 28, 28): (((5, 1), (3, 1), (3, 1), (3, 2)), (9, 1)),
    (1, 36, 36): (((5, 1), (3, 1), (3, 2), (3, 2)), (5, 2)),
    (1, 40, 40): (((5, 1), (3, 1), (3, 2), (3, 2)), (7, 1)),
    (2, 48, 48): (((7, 2), (3, 1), (3, 1), (3, 2)), (8, 1)),
}


class Stage(NamedTuple):
    """A stage of a network: what it is called, the shape of what it gives, its parameters."""

    name: str
    shape: tuple[int, ...]
    parameters: int


def fitting(shape: tuple[int, int, int]) -> Layers:
    """Kernels and strides for Efficient-CapsNet on square images of any size from 12 to 208 pixels, where they fit.

    A 5×5 and three 3×3 convolutions, as published; as many of the last ones as necessary go in steps of 2, until
    the last map has a side of 11 at most. Raises ValueError for other images.
    """
    _, h, w = _checked(1, shape)
    if h == w:
        for halving in range(5):
            layers = tuple((kernel, 2 if n >= 4 - halving else 1) for n, kernel in enumerate((5, 3, 3, 3)))
            if 2 <= map_sides(h, layers)[-1] <= 11:
                return layers
    raise ValueError(f"images of {h}×{w} pixels do not fit; a square of 12 to 208 pixels does")


def map_sides(side: int, layers: Layers) -> list[int]:
    """The side of the map after each convolution without padding; 0 where the kernel is larger than its map."""
    sides = []
    for kernel, stride in layers:
        side = _after(side, kernel, stride) if kernel <= side else 0
        sides.append(side)
    return sides


def plan(
    classes: int,
    shape: tuple[int, int, int],
    layers: Layers,
    channels: tuple[int, int, int, int] = (32, 64, 64, 128),
    decoder: bool = True,
) -> list[Stage]:
    """What an `efficient_capsnet` with these options is made of, without building it; shapes without the batch.

    Raises ValueError if the images are not square, a kernel is larger than its map, or a number of channels is not one
    that the network takes.
    """
    shape = _checked(classes, shape)
    _check_channels(channels)
    sides = _fitted(shape, layers)
    stages, before = [], shape[0]
    for n, ((kernel, stride), side, width) in enumerate(zip(layers, sides, channels, strict=True), start=1):
        # weights and biases of the convolution, and two numbers a channel of the normalisation
        parameters = before * kernel**2 * width + width + 2 * width
        stages.append(Stage(f"convolution {n}: {kernel}×{kernel}, stride {stride}", (width, side, side), parameters))
        before = width
    i = channels[3] // 8
    stages.append(Stage(f"primary capsules: {sides[-1]}×{sides[-1]}", (i, 8), before * sides[-1] ** 2 + before))
    stages.append(Stage("votes and prior", (classes, 16), i * classes * (8 * 16 + 1)))
    if decoder:
        with torch.device("meta"):  # without memory
            stages.append(Stage("decoder", shape, count_parameters(_mazzia_decoder(classes * 16, shape))))
    return stages


def _stages(shape: tuple[int, int, int], layers: Layers | None, name: str) -> tuple[Layers, tuple[int, int]]:
    """(kernel, stride) of each convolution and of the depthwise one: those of `layers`, or the published ones."""
    if layers is not None:
        layers = tuple(map(tuple, layers))  # a recipe that was read from a file holds lists
        return layers, (_fitted(shape, layers)[-1], 1)
    if shape not in _FRONTS:
        raise ValueError(
            f"shape is {shape}; {name} is built for {', '.join(map(str, _FRONTS))}; for another, give layers as "
            "models.fitting(shape) finds them"
        )
    return _FRONTS[shape]


def _fitted(shape: tuple[int, int, int], layers: Layers) -> list[int]:
    if shape[1] != shape[2]:
        raise ValueError(f"shape is {shape}; expected square images")
    if len(layers) != 4:
        raise ValueError(f"layers are {layers}; expected (kernel, stride) of four convolutions")
    if any(number < 1 for layer in layers for number in layer):
        raise ValueError(f"layers are {layers}; kernels and strides must be at least 1")
    sides = map_sides(shape[1], layers)
    if 0 in sides:
        number = sides.index(0)
        before = [shape[1], *sides][number]
        raise ValueError(f"convolution {number + 1} is {layers[number][0]} pixels wide, and its map only {before}")
    return sides


def _front(shape: tuple[int, int, int], layers: tuple, widths: tuple = (32, 64, 64, 128)) -> nn.Sequential:
    """Convolution → activation → normalisation, four times, without padding; He-normal as in Keras."""
    norb, before, parts = shape == (2, 48, 48), shape[0], []
    for channels, (kernel, stride) in zip(widths, layers, strict=True):
        convolution = nn.Conv2d(before, channels, kernel, stride)
        fan_in = before * kernel**2
        convolution.weight = nn.Parameter(he_normal(*convolution.weight.shape, fan_in=fan_in))
        nn.init.zeros_(convolution.bias)
        # Keras's defaults, not PyTorch's: its momentum 0.99 is 0.01 here.
        normalisation = (
            nn.InstanceNorm2d(channels, eps=1e-3, affine=True)
            if norb
            else nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        )
        if norb:  # as released: normalised maps start at a twentieth of the usual size, of either sign
            nn.init.uniform_(normalisation.weight, -0.05, 0.05)
            nn.init.uniform_(normalisation.bias, -0.05, 0.05)
        parts += [convolution, nn.LeakyReLU(0.3) if norb else nn.ReLU(), normalisation]
        before = channels
    return nn.Sequential(*parts)


def _decoder(inputs: int, shape: tuple[int, int, int]) -> nn.Sequential:
    """Three layers, j·z → 512 → 1024 → pixels, the last a sigmoid: Sabour 2017, section 4.1."""
    pixels = math.prod(shape)
    return nn.Sequential(
        nn.Linear(inputs, 512), nn.ReLU(), nn.Linear(512, 1024), nn.ReLU(), nn.Linear(1024, pixels), nn.Sigmoid()
    )


def _mazzia_decoder(inputs: int, shape: tuple[int, int, int]) -> nn.Sequential:
    return (_norb_decoder if shape == (2, 48, 48) else _keras_decoder)(inputs, shape)


def _keras_decoder(inputs: int, shape: tuple[int, int, int]) -> nn.Sequential:
    """The same three layers, started as Mazzia's released code starts them."""
    decoder = _decoder(inputs, shape)
    for layer in decoder[0:5:2]:
        fan_out, fan_in = layer.weight.shape
        # He-normal before a ReLU; Glorot-normal, variance 2/(fan_in + fan_out), before the sigmoid.
        fan = (fan_in + fan_out) if layer is decoder[4] else fan_in
        layer.weight = nn.Parameter(he_normal(fan_out, fan_in, fan_in=fan))
        nn.init.zeros_(layer.bias)
    return decoder


def _norb_decoder(inputs: int, shape: tuple[int, int, int]) -> nn.Sequential:
    """Mazzia's decoder for smallNORB: 64 numbers, drawn as 8×8 and enlarged three times. 229,570 parameters."""
    # 8 → 16 → 14 → 28 → 26 → 52 → 50 → 48
    parts: list[nn.Module] = [nn.Linear(inputs, 64), nn.Unflatten(1, (1, 8, 8))]
    before = 1
    for channels in (64, 128, 128):
        parts += [nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(before, channels, 3), nn.LeakyReLU(0.2)]
        before = channels
    parts += [nn.Conv2d(before, shape[0], 3), nn.Sigmoid()]
    for layer in parts:
        if hasattr(layer, "weight"):
            nn.init.xavier_uniform_(layer.weight)  # Keras's default
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*parts)


def _checked(classes: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """The shape as a tuple, also where it came as a list. Raises ValueError for what no network can be built for."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if len(shape) != 3 or not all(isinstance(size, int) and size > 0 for size in shape):
        raise ValueError(f"shape is {shape}; expected (channels, h, w), three whole numbers above 0")
    if not isinstance(classes, int) or classes < 1:
        raise ValueError(f"classes is {classes!r}; a network needs at least 1")
    return shape


def _check_channels(channels: tuple[int, int, int, int]) -> None:
    if len(channels) != 4 or min(channels) < 1 or channels[3] % 8:
        raise ValueError(f"channels are {channels}; expected four numbers above 0, the last of them a multiple of 8")


def _check_dtype(images: Tensor, network: nn.Module) -> None:
    """Refuse what NumPy hands over as it is: a network of float32 takes no float64, and none takes bytes."""
    weights = next(network.parameters()).dtype
    if images.dtype != weights and (images.dtype == torch.float64 or not images.is_floating_point()):
        how = "images.float()" if images.is_floating_point() else "images.float() / 255"
        raise ValueError(
            f"images have dtype {str(images.dtype)[6:]}, and the network has {str(weights)[6:]}; hand it {how}"
        )


def _check_pixels(images: Tensor) -> None:
    """Refuse pixels of another scale, and warn of dark ink on light paper: both give wrong answers in silence.

    A little noise beyond 0 and 1 is let pass, and so is whatever cannot be looked at without waiting for a GPU.
    """
    span = functional._span(images)
    if span and not (span[0] >= -0.5 and span[1] <= 2):  # also NaN
        raise ValueError(
            f"pixels run from {span[0]:.3g} to {span[1]:.3g}; expected paper 0 and ink 1: divide bytes by 255, and "
            "undo any normalisation"
        )
    if span and images.ndim == 4 and images.shape[1] == 1:
        border = torch.cat([images[:, :, 0], images[:, :, -1], images[..., 0], images[..., -1]], dim=-1)
        if border.median() > 0.6:  # paper in a photograph; noise is at 0.5
            warnings.warn(
                "these digits look dark on light paper; the network knows ink 1 on paper 0: try 1 - images",
                stacklevel=3,
            )


def _after(side: int, kernel: int, stride: int) -> int:
    return (side - kernel) // stride + 1


def count_parameters(module: nn.Module) -> int:
    """Trainable numbers in a module. Coupling coefficients are not among them: they are computed per image."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
