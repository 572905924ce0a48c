"""The equations once more, as slow loops over single numbers and vectors: what the checks compare with.

Written from the papers' formulas and without `functional`, so that a mistake would have to be made twice.
They return tensors of the input's dtype; the checks call them in float64.
"""

import math

import torch
from torch import Tensor


def lengths(v: Tensor, eps: float = 1e-8) -> Tensor:
    rows = [torch.sqrt(sum(x * x for x in row) + eps) for row in v.reshape(-1, v.shape[-1])]
    return torch.stack(rows).reshape(v.shape[:-1])


def squash(s: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return _along(s, dim, lambda row, n2: n2 / (1 + n2) * row / torch.sqrt(n2 + eps))


def exponential_squash(s: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    return _along(s, dim, lambda row, n2: (1 - torch.exp(-torch.sqrt(n2 + eps))) * row / torch.sqrt(n2 + eps))


def votes(u: Tensor, weight: Tensor) -> Tensor:
    b, i, j = range(u.shape[0]), range(u.shape[1]), range(weight.shape[1])
    return _grid([[[u[n, k] @ weight[k, p] for p in j] for k in i] for n in b])


def coupling(logits: Tensor) -> Tensor:
    return _grid([[_softmax(row) for row in image] for image in logits])


def dynamic_routing(u_hat: Tensor, iterations: int = 3, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return _per_image(_route_one, u_hat, iterations, bias)


def self_attention_routing(u_hat: Tensor, prior: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return _per_image(_attend_one, u_hat, prior)


def margin_loss(
    lengths: Tensor, target: Tensor, m_plus: float = 0.9, m_minus: float = 0.1, absent_weight: float = 0.5
) -> Tensor:
    total = lengths.new_zeros(())
    for n, row in enumerate(lengths):
        for j, length in enumerate(row):
            present = bool(target[n] == j) if target.ndim == 1 else bool(target[n, j])
            gap = m_plus - length if present else length - m_minus
            if gap > 0:
                total = total + (1 if present else absent_weight) * gap * gap
    return total / len(lengths)


def reconstruction_loss(reconstruction: Tensor, image: Tensor) -> Tensor:
    images = zip(reconstruction.flatten(1), image.flatten(1), strict=True)
    per_image = [0.0005 * sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for x, y in images]
    return sum(per_image) / len(per_image)


def mask_capsules(v: Tensor, index: Tensor | None = None) -> Tensor:
    rows = []
    for n, image in enumerate(v):
        keep = (
            max(range(len(image)), key=lambda j: float((image[j] @ image[j]).detach()))
            if index is None
            else int(index[n])
        )
        rows.append(torch.cat([pose if j == keep else torch.zeros_like(pose) for j, pose in enumerate(image)]))
    return torch.stack(rows)


def _route_one(u_hat: Tensor, iterations: int, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    children, parents = range(u_hat.shape[0]), range(u_hat.shape[1])
    logits = [[u_hat.new_zeros(()) for _ in parents] for _ in children]
    for _ in range(iterations):
        c = [_softmax(torch.stack(row)) for row in logits]
        s = [sum(c[i][j] * u_hat[i, j] for i in children) + (0 if bias is None else bias[j]) for j in parents]
        v = [squash(s_j) for s_j in s]
        logits = [[logits[i][j] + u_hat[i, j] @ v[j] for j in parents] for i in children]
    return torch.stack(v), torch.stack(c)


def _attend_one(u_hat: Tensor, prior: Tensor | None) -> tuple[Tensor, Tensor]:
    children, parents = range(u_hat.shape[0]), range(u_hat.shape[1])
    root = math.sqrt(u_hat.shape[2])
    logits = [[sum(u_hat[i, j] @ u_hat[k, j] for k in children) / root for j in parents] for i in children]
    c = [_softmax(torch.stack(row)) for row in logits]
    c = c if prior is None else [row + prior[i] for i, row in enumerate(c)]
    s = [sum(c[i][j] * u_hat[i, j] for i in children) for j in parents]
    return torch.stack([exponential_squash(s_j) for s_j in s]), torch.stack(c)


def _softmax(row: Tensor) -> Tensor:
    powers = [torch.exp(x - row.max()) for x in row]
    return torch.stack([power / sum(powers) for power in powers])


def _along(s: Tensor, dim: int, change: object) -> Tensor:
    moved = s.movedim(dim, -1)
    rows = [change(row, sum(x * x for x in row)) for row in moved.reshape(-1, moved.shape[-1])]
    return torch.stack(rows).reshape(moved.shape).movedim(-1, dim)


def _grid(nested: list) -> Tensor:
    return torch.stack([_grid(part) if isinstance(part, list) else part for part in nested])


def _per_image(route: object, u_hat: Tensor, *options: object) -> tuple[Tensor, Tensor]:
    v, c = zip(*[route(image, *options) for image in u_hat], strict=True)
    return torch.stack(v), torch.stack(c)


def primary_capsules(features: Tensor, d: int) -> Tensor:
    b, types, h, w = len(features), features.shape[1] // d, *features.shape[2:]
    places = [(t, row, column) for t in range(types) for row in range(h) for column in range(w)]
    return _grid([[features[n, t * d : t * d + d, row, column] for t, row, column in places] for n in range(b)])


def touched(to_capsules: object, features: Tensor, row: int, column: int) -> Tensor:
    changed = features.clone()
    for channel in range(features.shape[1]):
        changed[0, channel, row, column] = features[0, channel, row, column] - 7.25 - channel
    pairs = zip(to_capsules(features)[0].tolist(), to_capsules(changed)[0].tolist(), strict=True)
    return torch.tensor([old != new for old, new in pairs])


def capsule_count(size: int, kernels: tuple[int, ...], strides: tuple[int, ...], types: int) -> int:
    for kernel, stride in zip(kernels, strides, strict=True):
        size = len([start for start in range(0, size, stride) if start + kernel <= size])
    return types * size * size


def pose(image: Tensor, eps: float = 1e-8) -> Tensor:
    rows = []
    for picture in image:
        lit = [(x, y, ink) for y, row in enumerate(picture) for x, ink in enumerate(row)]
        mass = sum(ink for _, _, ink in lit) + eps
        mean_x = sum(x * ink for x, _, ink in lit) / mass
        mean_y = sum(y * ink for _, y, ink in lit) / mass
        covariance = sum((x - mean_x) * (y - mean_y) * ink for x, y, ink in lit) / mass
        variance = sum((y - mean_y) ** 2 * ink for _, y, ink in lit) / mass
        rows.append(torch.stack([mean_x, mean_y, covariance / (variance + eps)]))
    return torch.stack(rows)


def equivariance_error(f: object, move: object, move_pose: object, image: Tensor) -> Tensor:
    pairs = zip(f(move(image)).flatten(), move_pose(f(image)).flatten(), strict=True)
    return torch.stack([abs(a - b) for a, b in pairs]).max()


def parent_poses(c: Tensor, u_hat: Tensor) -> Tensor:
    b, i, j, _ = map(range, u_hat.shape)
    return _grid([[sum(c[n, k, p] * u_hat[n, k, p] for k in i) for p in j] for n in b])


def agreement(u_hat: Tensor, v: Tensor) -> Tensor:
    b, i, j, _ = map(range, u_hat.shape)
    return _grid([[[u_hat[n, k, p] @ v[n, p] for p in j] for k in i] for n in b])


def capsule_loss(v: Tensor, target: Tensor, image: Tensor, decoder: object) -> Tensor:
    drawn = decoder(mask_capsules(v, target))
    return margin_loss(lengths(v), target) + reconstruction_loss(drawn, image)
