"""Right answers to the exercises of lesson 06, in the styles of different learners."""

import torch
from torch import nn

from capsule_tutor import functional, layers


def parameters_of_modules(side=28, channels=256, types=32, d=8, classes=10, z=16):
    def numel(module):
        return sum(p.numel() for p in module.parameters())

    with torch.device("meta"):
        children = types * ((side - 17) // 2 + 1) ** 2
        first, primary = nn.Conv2d(1, channels, 9), nn.Conv2d(channels, types * d, 9, stride=2)
        weight = torch.empty(children, classes, d, z)
        decoder = nn.Sequential(nn.Linear(classes * z, 512), nn.Linear(512, 1024), nn.Linear(1024, side**2))
    return numel(first), numel(primary), weight.numel(), numel(decoder)


def parameters_by_helpers(side=28, channels=256, types=32, d=8, classes=10, z=16):
    def convolution(k, before, after):
        return (k * k * before + 1) * after

    def dense(before, after):
        return (before + 1) * after

    grid = len(range(0, side - 8 - 9 + 1, 2))
    decoder = dense(classes * z, 512) + dense(512, 1024) + dense(1024, side * side)
    return (
        convolution(9, 1, channels),
        convolution(9, channels, types * d),
        types * grid * grid * classes * d * z,
        decoder,
    )


def forward_by_modules(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    x = torch.conv2d(images, first_weight, first_bias)
    x = torch.where(x > 0, x, 0 * x)
    x = torch.conv2d(x, primary_weight, primary_bias, 2)
    groups = x.split(vote_weight.shape[2], dim=1)
    u = torch.cat([group.flatten(2).transpose(1, 2) for group in groups], dim=1)
    n = u.norm(dim=-1, keepdim=True)
    u_hat = (u * n / (1 + n**2))[:, :, None, None, :] @ vote_weight
    return functional.dynamic_routing(u_hat.squeeze(3), iterations)[0]


def forward_routed_by_hand(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    x = nn.functional.relu(nn.functional.conv2d(images, first_weight, first_bias))
    features = nn.functional.conv2d(x, primary_weight, primary_bias, stride=2)
    u = functional.squash(layers.primary_capsules(features, vote_weight.size(2)))
    u_hat = torch.einsum("bid,ijdz->bijz", u, vote_weight)
    logits = torch.zeros_like(u_hat[..., 0])
    for _ in range(iterations):
        c = torch.softmax(logits, dim=-1)
        v = functional.squash((c[..., None] * u_hat).sum(1))
        logits = logits + (u_hat * v[:, None]).sum(-1)
    return v


def runner_up_by_argsort(v):
    n = v.norm(dim=-1)
    order = n.argsort(dim=1, descending=True)
    longest = n.gather(1, order)
    return order[:, 0], order[:, 1], longest[:, 0] - longest[:, 1]


def runner_up_by_knocking_out(v):
    n = functional.lengths(v)
    first = n.argmax(dim=1)
    rest = n.masked_fill(nn.functional.one_hot(first, n.shape[1]).bool(), -1.0)
    return first, rest.argmax(dim=1), n.max(dim=1).values - rest.max(dim=1).values


def runner_up_one_by_one(v):
    rows = [torch.sort(image.pow(2).sum(1).add(1e-12).sqrt(), descending=True) for image in v]
    first, second = (torch.stack([row.indices[k] for row in rows]) for k in (0, 1))
    return first, second, torch.stack([row.values[0] - row.values[1] for row in rows])


def draw_by_eye(v, decoder):
    b, j, z = v.shape
    alone = v.unsqueeze(1) * torch.eye(j, dtype=v.dtype).reshape(1, j, j, 1)
    return decoder(alone.reshape(b * j, j * z)).reshape(b, j, -1)


def draw_in_a_loop(v, decoder):
    pictures = []
    for k in range(v.shape[1]):
        masked = torch.zeros_like(v)
        masked[:, k] = v[:, k]
        pictures.append(decoder(masked.flatten(1)))
    return torch.stack(pictures, 1)


def draw_all_at_once(v, decoder):
    alone = v[:, None] * torch.eye(v.shape[1], dtype=v.dtype)[None, :, :, None]
    return decoder(alone.flatten(2))  # (b, j, j·z): dense layers take any axes in front


def draw_image_by_image(v, decoder):
    return torch.stack(
        [torch.cat([decoder(functional.mask_capsules(x[None], torch.tensor([k]))) for k in range(len(x))]) for x in v]
    )


RIGHT_ANSWERS = {
    "capsnet_parameters": (parameters_of_modules, parameters_by_helpers),
    "capsnet_forward": (forward_by_modules, forward_routed_by_hand),
    "runner_up": (runner_up_by_argsort, runner_up_by_knocking_out, runner_up_one_by_one),
    "draw_all": (draw_by_eye, draw_in_a_loop, draw_all_at_once, draw_image_by_image),
}
