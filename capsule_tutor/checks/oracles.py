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


def error_interval(wrong: int, n: int, z: float = 1.96) -> tuple[float, float]:
    def too_far(p: float) -> bool:
        return abs(wrong / n - p) > z * math.sqrt(p * (1 - p) / n)

    ends = []
    for outside in (0.0, 1.0):
        inside = wrong / n
        for _ in range(200):  # halve the gap between a rate that agrees with the count and one that does not
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if too_far(middle) else (middle, outside)
        ends.append(inside)
    return ends[0], ends[1]


def paired_test(wrong_a: Tensor, wrong_b: Tensor) -> tuple[int, int, float]:
    pairs = list(zip(wrong_a.tolist(), wrong_b.tolist(), strict=True))
    only_a, only_b = pairs.count((True, False)), pairs.count((False, True))
    ways = [1]  # row m of Pascal's triangle: in how many ways m coins give k heads
    for _ in range(only_a + only_b):
        ways = [left + right for left, right in zip([0, *ways], [*ways, 0], strict=True)]
    heads = range(len(ways))
    as_uneven = [ways[k] for k in heads if abs(2 * k - (only_a + only_b)) >= abs(only_a - only_b)]
    return only_a, only_b, sum(as_uneven) / sum(ways)


def honest_score(validation: Tensor, test: Tensor) -> Tensor:
    scores = []
    for by_epoch, tested in zip(validation, test, strict=True):
        best = 0
        for epoch, value in enumerate(by_epoch):
            if value < by_epoch[best]:
                best = epoch
        scores.append(tested[best])
    return torch.stack(scores)


def ensemble_wrong(lengths: Tensor, label: Tensor) -> Tensor:
    wrong = []
    for n, true in enumerate(label.tolist()):
        totals = [sum(float(network[n, j]) for network in lengths.detach()) for j in range(lengths.shape[2])]
        wrong.append(totals.index(max(totals)) != true)
    return torch.tensor(wrong)


def attention_logits(u_hat: Tensor) -> Tensor:
    b, i, j, z = map(range, u_hat.shape)
    root = math.sqrt(len(z))
    return _grid([[[sum(u_hat[n, k, p] @ u_hat[n, m, p] for m in i) / root for p in j] for k in i] for n in b])


def agreement_factor(u_hat: Tensor) -> Tensor:
    b, i, j, z = u_hat.shape
    heard = [[sum(u_hat[n, k, p] / j for k in range(i)) for p in range(j)] for n in range(b)]
    root = [[torch.sqrt(s @ s + 1e-12) for s in image] for image in heard]
    return _grid([[math.sqrt(z) / j / (1 / n + n) for n in image] for image in root])


def prior_comes_last(route: object) -> bool:
    prior = torch.tensor([[0.5, -0.75, 0.0], [-2.0, 1.0, 0.125]])  # (i=2, j=3)
    without, c = (route(torch.zeros(1, 2, 3, 4), p)[1][0] for p in (torch.zeros(2, 3), prior))
    return all(abs(float(c[i, j] - without[i, j] - prior[i, j])) < 1e-5 for i in range(2) for j in range(3))


def capsnet_parameters(
    side: int = 28, channels: int = 256, types: int = 32, d: int = 8, classes: int = 10, z: int = 16
) -> tuple[int, int, int, int]:
    first = _of_layer(read=9 * 9, outputs=channels)
    primary = _of_layer(read=9 * 9 * channels, outputs=types * d)
    children = capsule_count(side, (9, 9), (1, 2), types)
    votes = sum(d * z for _ in range(children) for _ in range(classes))
    sizes = (classes * z, 512, 1024, side * side)
    decoder = sum(_of_layer(sizes[n], sizes[n + 1]) for n in range(3))
    return first, primary, votes, decoder


def _of_layer(read: int, outputs: int) -> int:
    return sum(read + 1 for _ in range(outputs))  # one weight for each number that it reads, and a bias


def capsnet_forward(
    images: Tensor,
    first_weight: Tensor,
    first_bias: Tensor,
    primary_weight: Tensor,
    primary_bias: Tensor,
    vote_weight: Tensor,
    iterations: int = 3,
) -> Tensor:
    maps = _convolution(images, first_weight, first_bias, 1)
    maps = torch.where(maps > 0, maps, torch.zeros_like(maps))
    u = squash(primary_capsules(_convolution(maps, primary_weight, primary_bias, 2), vote_weight.shape[2]))
    return dynamic_routing(votes(u, vote_weight), iterations)[0]


def _convolution(maps: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
    outputs, _, k, k2 = weight.shape
    rows = range(0, maps.shape[2] - k + 1, stride)
    columns = range(0, maps.shape[3] - k2 + 1, stride)
    windows = [[[image[:, y : y + k, x : x + k2] for x in columns] for y in rows] for image in maps]
    return _grid(
        [
            [[[(window * weight[o]).sum() + bias[o] for window in row] for row in image] for o in range(outputs)]
            for image in windows
        ]
    )


def runner_up(v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    first, second, gap = [], [], []
    for image in lengths(v):
        order = sorted(range(len(image)), key=lambda j: -image[j].item())
        first.append(order[0])
        second.append(order[1])
        gap.append(image[order[0]] - image[order[1]])
    return torch.tensor(first), torch.tensor(second), torch.stack(gap)


def draw_all(v: Tensor, decoder: object) -> Tensor:
    def alone(image: Tensor, chosen: int) -> Tensor:
        return torch.cat([pose if j == chosen else torch.zeros_like(pose) for j, pose in enumerate(image)])

    return _grid([[decoder(alone(image, j).unsqueeze(0))[0] for j in range(len(image))] for image in v])


def parameters_of_convolution(
    channels_in: int, channels_out: int, kernel: int, groups: int = 1, bias: bool = True
) -> int:
    count = 0
    for out in range(channels_out):
        for channel in range(channels_in):
            if channel * groups // channels_in == out * groups // channels_out:  # of the same group
                count += kernel * kernel
        count += 1 if bias else 0
    return count


def depthwise_capsules(features: Tensor, weight: Tensor, bias: Tensor, d: int) -> Tensor:
    capsules = []
    for image in features:
        s = [(image[c] * weight[c, 0]).sum() + bias[c] for c in range(len(bias))]
        capsules.append([exponential_squash(torch.stack(s[first : first + d])) for first in range(0, len(s), d)])
    return _grid(capsules)


def front_block(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    statistics: tuple[Tensor, Tensor],
    scale: Tensor,
    shift: Tensor,
    stride: int = 1,
    eps: float = 1e-3,
) -> Tensor:
    mean, variance = (part.double() for part in statistics)
    out, _, high, wide = weight.shape
    rows = range(0, x.shape[2] - high + 1, stride)
    columns = range(0, x.shape[3] - wide + 1, stride)

    def at(image: Tensor, c: int, row: int, column: int) -> Tensor:
        seen = (image[:, row : row + high, column : column + wide] * weight[c]).sum() + bias[c]
        seen = seen if seen > 0 else 0 * seen
        return scale[c] * (seen - mean[c]) / torch.sqrt(variance[c] + eps) + shift[c]

    return _grid([[[[at(image, c, r, k) for k in columns] for r in rows] for c in range(out)] for image in x])


def perturb(v: Tensor, delta: Tensor, index: Tensor | None = None) -> Tensor:
    rows = []
    for n, image in enumerate(v):
        size = [float(sum(x * x for x in pose)) for pose in image]
        keep = size.index(max(size)) if index is None else int(index[n])
        flat = []
        for j, pose in enumerate(image):
            flat += [x + d if j == keep else 0 * x for x, d in zip(pose, delta, strict=True)]
        rows.append(torch.stack(flat))
    return torch.stack(rows)


def tweak_grid(v: Tensor, deltas: Tensor, decode: object) -> Tensor:
    def alone(k: int, amount: Tensor) -> Tensor:
        flat = []
        for j, pose in enumerate(v[0]):
            for d, x in enumerate(pose):
                moved = x + amount if d == k else x
                flat.append(moved if j == longest else torch.zeros_like(x))
        return torch.stack(flat)

    size = [float(sum(x * x for x in pose)) for pose in v[0]]
    longest = size.index(max(size))
    return _grid([[decode(alone(k, amount).unsqueeze(0))[0] for amount in deltas] for k in range(v.shape[2])])


def correlation(x: Tensor, y: Tensor) -> tuple[float, float, float]:
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    n = len(pairs)
    # n Σ xy − Σx Σy over the roots of n Σ x² − (Σx)² and n Σ y² − (Σy)²
    sum_x, sum_y = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    spread_x, spread_y = n * sum(a * a for a, _ in pairs) - sum_x**2, n * sum(b * b for _, b in pairs) - sum_y**2
    r = (n * sum(a * b for a, b in pairs) - sum_x * sum_y) / math.sqrt(spread_x * spread_y)
    fisher = math.log((1 + r) / (1 - r)) / 2
    doubled = [math.exp(2 * (fisher + sign * 1.96 / math.sqrt(n - 3))) for sign in (-1, 1)]
    return r, (doubled[0] - 1) / (doubled[0] + 1), (doubled[1] - 1) / (doubled[1] + 1)
