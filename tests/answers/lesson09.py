"""Right answers of lesson 09 in other styles than ours: every one must pass its check."""

import torch

from capsule_tutor.functional import exponential_squash


def parameters_by_one_filter(channels_in, channels_out, kernel, groups=1, bias=True):
    one_filter = kernel * kernel * channels_in // groups
    if bias:
        one_filter += 1
    return channels_out * one_filter


def parameters_group_by_group(channels_in, channels_out, kernel, groups=1, bias=True):
    total = 0
    for _ in range(groups):
        total += (channels_in // groups) * (channels_out // groups) * kernel**2
    return total + bias * channels_out


def parameters_asked_of_torch(channels_in, channels_out, kernel, groups=1, bias=True):
    layer = torch.nn.Conv2d(channels_in, channels_out, kernel, groups=groups, bias=bias)
    return sum(p.numel() for p in layer.parameters())


def depthwise_by_conv2d(features, weight, bias, d):
    s = torch.nn.functional.conv2d(features, weight, bias, groups=features.shape[1])  # (b, i·d, 1, 1)
    s = s.view(features.shape[0], -1, d)
    n = (s.pow(2).sum(-1, keepdim=True) + 1e-8).sqrt()
    return (1 - torch.exp(-n)) * s / n


def depthwise_by_einsum(features, weight, bias, d):
    s = torch.einsum("bchw,cxhw->bc", features, weight) + bias
    s = s.unflatten(1, (-1, d))
    return exponential_squash(s, dim=2)


def depthwise_by_a_loop(features, weight, bias, d):
    columns = []
    for c in range(features.shape[1]):
        columns.append((features[:, c] * weight[c, 0]).flatten(1).sum(1) + bias[c])
    s = torch.stack(columns, dim=1).reshape(features.shape[0], features.shape[1] // d, d)
    n = torch.sqrt((s * s).sum(2, keepdim=True) + 1e-8)
    return s / n - torch.exp(-n) * s / n


def block_by_torch(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = torch.relu(torch.nn.functional.conv2d(x, weight, bias, stride))
    return torch.nn.functional.batch_norm(y, *statistics, scale, shift, False, 0.01, eps)


def block_by_one_factor(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = torch.nn.functional.conv2d(x, weight, bias, stride=stride).clamp(min=0)
    mean, variance = statistics
    factor = scale / torch.sqrt(variance + eps)
    return y * factor.view(1, -1, 1, 1) + (shift - mean * factor).view(1, -1, 1, 1)


def block_by_torchs_layer(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = torch.nn.functional.conv2d(x, weight, bias, stride=stride).relu()
    layer = torch.nn.BatchNorm2d(len(scale), eps=eps, affine=False, dtype=x.dtype).eval()
    layer.running_mean, layer.running_var = statistics
    return layer(y) * scale[:, None, None] + shift[:, None, None]


def block_by_unfold(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    high, wide = weight.shape[2:]
    windows = x.unfold(2, high, stride).unfold(3, wide, stride)  # (b, in, h', w', high, wide)
    y = torch.einsum("bchwkl,ockl->bhwo", windows, weight) + bias  # channels last: vectors line up as they are
    y = torch.relu(y)
    y = (y - statistics[0]) * (statistics[1] + eps) ** -0.5
    return (y * scale + shift).permute(0, 3, 1, 2)


RIGHT_ANSWERS = {
    "parameters_of_convolution": (
        parameters_by_one_filter,
        parameters_group_by_group,
        parameters_asked_of_torch,
    ),
    "depthwise_capsules": (depthwise_by_conv2d, depthwise_by_einsum, depthwise_by_a_loop),
    "front_block": (block_by_torch, block_by_one_factor, block_by_unfold, block_by_torchs_layer),
}
