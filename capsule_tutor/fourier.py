"""The one convolution that takes nearly all of CapsNet's time, with a third of its multiplications.

By the convolution theorem a sliding sum of products is ONE product per frequency. Training uses it in float32 on a
CPU; for bfloat16 and on a GPU the direct convolution has units of its own.
"""

import math
from functools import cache

import torch
from torch import Tensor, nn

AT_ONCE = 128  # images: what their frequencies need of memory is several times what they need themselves


class Convolution(nn.Conv2d):
    """torch.nn.Conv2d that goes through frequencies where that takes fewer multiplications."""

    def forward(self, images: Tensor) -> Tensor:
        return convolve(images, self.weight, self.bias, self.stride[0])


def through_frequencies(model: nn.Module) -> nn.Module:
    """Let every plain convolution of `model` take the faster way. Changes the model in place and returns it.

    Plain is what `convolve` computes: square kernels in equal steps, with a bias, without padding, dilation or groups.
    All others stay as they are, and so do the weights, their names and, but for rounding, the results.
    """
    for layer in model.modules():
        if type(layer) is nn.Conv2d and _plain(layer):
            layer.__class__ = Convolution
    return model


def convolve(images: Tensor, weight: Tensor, bias: Tensor, stride: int = 1) -> Tensor:
    """torch.nn.functional.conv2d without padding, whichever way takes fewer multiplications; equal but for rounding.

    images (b, c, h, w), weight (o, c, k, k), bias (o,) → (b, o, h', w') with h' = (h − k) // stride + 1
    """
    if _direct(images, weight, stride):
        return nn.functional.conv2d(images, weight, bias, stride)
    o, _, k, _ = weight.shape
    rows, columns = ((side - k) // stride + 1 for side in images.shape[2:])
    # A filter that jumps by s is s² filters that do not: each visits its own s-th part of the pixels.
    height, width, taps = (-(-side // stride) for side in (*images.shape[2:], k))
    of_images, of_filters, back = transforms(height, width, taps)
    filters = (of_filters @ _phases(weight, stride, taps, taps)).view(len(of_filters), o, -1)  # (m, o, s²·c)
    results = []
    for part in images.split(AT_ONCE):
        values = (of_images @ _phases(part, stride, height, width)).view(len(of_images), len(part), -1)  # (m, b, s²·c)
        # ŷ = x̂ · f̂, at every frequency by itself, summed over channels and phases
        products = values @ filters.transpose(1, 2)  # (m, b, o)
        results.append((back @ products.flatten(1)).view(len(back), -1, o))  # (height'·width', b, o)
    y = torch.cat(results, dim=1).unflatten(0, (height - taps + 1, width - taps + 1))
    return (y[:rows, :columns] + bias).permute(2, 3, 0, 1)


@cache
def transforms(height: int, width: int, taps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Matrices (X, F, Y) with y = Y ((X x) · (F f)) the sliding product of an image x with a filter f of taps × taps.

    X (m, height·width), F (m, taps²), Y ((height − taps + 1)·(width − taps + 1), m), where m is about
    1.5·height·width: the discrete Fourier transform of real numbers. One of two conjugate frequencies is enough, and
    the product of two complex numbers is three real ones (Gauss).
    """
    with torch.inference_mode(False):  # the cache outlives the mode in which it was filled
        row = torch.arange(height, dtype=torch.float64).repeat_interleave(width)
        column = torch.arange(width, dtype=torch.float64).repeat(height)
        in_filter = (row < taps) & (column < taps)
        in_result = (row <= height - taps) & (column <= width - taps)
        of_images, of_filters, back = [], [], []
        for a in range(height):
            for b in range(width):
                conjugate = (-a % height, -b % width)
                if (a, b) > conjugate:
                    continue
                # x̂ = Σ x e^(−iφ) = p + iq, f̂* = r − is, and y = Σ Re(x̂ f̂* e^(iφ)) / (height · width)
                angle = 2 * math.pi * (a * row / height + b * column / width)
                p, q = angle.cos(), -angle.sin()
                r, s = p[in_filter], q[in_filter]
                real, imaginary = (g[in_result] / (height * width) for g in (p, q))
                if (a, b) == conjugate:  # q = s = 0
                    of_images += [p]
                    of_filters += [r]
                    back += [real]
                else:  # (p + iq)(r − is) = (pr + qs) + i((p + q)(r − s) − pr + qs)
                    of_images += [p, q, p + q]
                    of_filters += [r, s, r - s]
                    back += [2 * (real - imaginary), 2 * (real + imaginary), 2 * imaginary]
        return torch.stack(of_images).float(), torch.stack(of_filters).float(), torch.stack(back, dim=1).float()


def _phases(x: Tensor, stride: int, height: int, width: int) -> Tensor:
    """Every s-th pixel, from each of the s² first ones. (n, c, h, w) → (height·width, n·s²·c), 0 beyond the edge"""
    n, c, h, w = x.shape
    if (h, w) != (height * stride, width * stride):
        x = nn.functional.pad(x, (0, width * stride - w, 0, height * stride - h))
    x = x.reshape(n, c, height, stride, width, stride).permute(2, 4, 0, 3, 5, 1)  # (height, width, n, s, s, c)
    return x.reshape(height * width, -1)


def _plain(layer: nn.Conv2d) -> bool:
    square = layer.kernel_size[0] == layer.kernel_size[1] and layer.stride[0] == layer.stride[1]
    simple = layer.padding == (0, 0) and layer.dilation == (1, 1) and layer.groups == 1
    return square and simple and layer.bias is not None


def _direct(images: Tensor, weight: Tensor, stride: int) -> bool:
    """Whether the sliding sum is the better way: another device or type, or less than half of it would be saved."""
    if images.device.type != "cpu" or images.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
        return True
    (b, c, h, w), (o, _, k, _) = images.shape, weight.shape
    if min(h, w) < k:
        return True  # and its error
    pixels, taps, channels = -(-h // stride) * -(-w // stride), -(-k // stride), stride**2 * c
    results = ((h - k) // stride + 1) * ((w - k) // stride + 1)
    direct = b * results * k**2 * c * o
    through = 1.5 * pixels * (b * channels * pixels + o * channels * taps**2 + b * channels * o + b * o * results)
    return direct < 2 * through
