"""Right answers to the exercises of lesson 11, in the styles of different learners."""

import math
import statistics

import numpy as np
import torch

from capsule_tutor import functional


def perturb_by_mask(v, delta, index=None):
    if index is None:
        index = functional.lengths(v).argmax(dim=1)
    return functional.mask_capsules(v + delta, index)


def perturb_by_choosing(v, delta, index=None):
    index = v.norm(dim=-1).argmax(dim=-1) if index is None else index
    rows = torch.arange(v.shape[0])
    out = torch.zeros_like(v)
    out[rows, index] = v[rows, index] + delta
    return out.reshape(v.shape[0], -1)


def perturb_by_two_masks(v, delta, index=None):
    """Masked capsules, plus a masked delta."""
    index = (v * v).sum(2).argmax(1) if index is None else index
    keep = torch.nn.functional.one_hot(index, v.shape[1]).to(v.dtype)
    return functional.mask_capsules(v, index) + torch.einsum("bj,z->bjz", keep, delta).flatten(1)


def perturb_in_a_loop(v, delta, index=None):
    rows = []
    for n, image in enumerate(v):
        keep = int(image.square().sum(1).argmax()) if index is None else int(index[n])
        rows.append(torch.cat([pose + delta if j == keep else pose * 0 for j, pose in enumerate(image)]))
    return torch.stack(rows)


def perturb_with_numpy(v, delta, index=None):
    poses = v.numpy()
    keep = (poses**2).sum(axis=2).argmax(axis=1) if index is None else index.numpy()
    rows, out = np.arange(len(poses)), np.zeros_like(poses)
    out[rows, keep] = poses[rows, keep] + delta.numpy()
    return torch.from_numpy(out).flatten(1)


def tweak_in_two_loops(v, deltas, decode):
    rows = []
    for k in range(v.shape[2]):
        row = []
        for t in range(len(deltas)):
            step = torch.zeros(v.shape[2])
            step[k] = deltas[t]
            row.append(decode(functional.perturb(v, step))[0])
        rows.append(torch.stack(row))
    return torch.stack(rows)


def tweak_with_plain_numbers(v, deltas, decode):
    z, pictures = v.shape[2], []
    for k in range(z):
        for amount in deltas.tolist():
            pictures.append(decode(perturb_by_mask(v, torch.tensor([amount * (d == k) for d in range(z)]))))
    return torch.cat(pictures).view(z, len(deltas), -1)


def tweak_all_at_once(v, deltas, decode):
    """One call of the decoder for the whole grid."""
    (_, j, z), n = v.shape, len(deltas)
    best = v.norm(dim=2).argmax()
    poses = v[0, best] + deltas.view(1, n, 1) * torch.eye(z, dtype=v.dtype).unsqueeze(1)  # (z, n, z)
    masked = v.new_zeros(z * n, j, z)
    masked[:, best] = poses.reshape(z * n, z)
    return decode(masked.flatten(1)).view(z, n, -1)


def tweak_on_a_copy(v, deltas, decode):
    masked = functional.mask_capsules(v)[0].detach()
    first = int(functional.lengths(v).argmax()) * v.shape[2]
    grid = []
    for k in range(v.shape[2]):
        moved = masked.repeat(len(deltas), 1)
        moved[:, first + k] += deltas.detach()
        grid.append(decode(moved))
    return torch.stack(grid)


def tweak_into_zeros(v, deltas, decode):
    z, n = v.shape[2], len(deltas)
    grid = torch.zeros(z, n, decode(functional.mask_capsules(v)).shape[1])
    for k in range(z):
        for t in range(n):
            step = torch.zeros(z)
            step[k] = deltas[t]
            grid[k, t] = decode(functional.perturb(v, step))
    return grid


def correlation_by_deviations(x, y):
    r = ((x - x.mean()) * (y - y.mean())).sum() / (len(x) - 1) / (x.std() * y.std())
    z, half = math.atanh(r.item()), 1.96 / math.sqrt(len(x) - 3)
    return r.item(), math.tanh(z - half), math.tanh(z + half)


def correlation_by_corrcoef(x, y):
    r = torch.corrcoef(torch.stack([x, y]))[0, 1]
    ends = torch.tanh(torch.atanh(r) + torch.tensor([-1.96, 1.96]) / (x.numel() - 3) ** 0.5)
    return r.item(), ends[0].item(), ends[1].item()


def correlation_by_cosine(x, y):
    r = torch.cosine_similarity(x - x.mean(), y - y.mean(), dim=0).item()
    z, half = 0.5 * math.log((1 + r) / (1 - r)), 1.96 * (len(x) - 3) ** -0.5
    return r, math.tanh(z - half), math.tanh(z + half)


def correlation_with_numpy(x, y):
    r = np.corrcoef(x, y)[0, 1]
    half = 1.96 / np.sqrt(len(x) - 3)
    return float(r), np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)


def correlation_with_more_digits(x, y):
    """As scipy.stats.pearsonr(…).confidence_interval(0.95) does it, which rounds no 1.96."""
    r = np.corrcoef(x.numpy(), y.numpy())[0, 1]
    half = statistics.NormalDist().inv_cdf(0.975) / math.sqrt(len(x) - 3)
    return float(r), math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def correlation_without_torch(x, y):
    x, y = x.tolist(), y.tolist()
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    r = above / math.sqrt(sum((a - mean_x) ** 2 for a in x) * sum((b - mean_y) ** 2 for b in y))
    half = 1.96 / math.sqrt(len(x) - 3)
    return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


RIGHT_ANSWERS = {
    "perturb": (
        perturb_by_mask,
        perturb_by_choosing,
        perturb_by_two_masks,
        perturb_in_a_loop,
        perturb_with_numpy,
    ),
    "tweak_grid": (
        tweak_in_two_loops,
        tweak_with_plain_numbers,
        tweak_all_at_once,
        tweak_on_a_copy,
        tweak_into_zeros,
    ),
    "correlation": (
        correlation_by_deviations,
        correlation_by_corrcoef,
        correlation_by_cosine,
        correlation_with_numpy,
        correlation_with_more_digits,
        correlation_without_torch,
    ),
}
