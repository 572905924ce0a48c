"""Right answers to the exercises of lesson 10, in the styles of different learners."""

import math

import torch


def interval_by_quadratic(wrong, n, z=1.96):
    """(share − p)² = z² p (1 − p)/n, solved for p."""
    share = wrong / n
    a, b, c = 1 + z * z / n, -(2 * share + z * z / n), share * share
    root = math.sqrt(b * b - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def interval_from_the_stub(wrong, n, z=1.96):
    share = wrong / n
    a = 1 + z**2 / n
    b = -2 * share - z * z / n
    c = share * share
    root = (b**2 - 4 * a * c) ** 0.5
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def interval_by_halving(wrong, n, z=1.96):
    """The idea of the slow way: the last rate that agrees, to the left and to the right of the share."""
    share, ends = wrong / n, []
    for far in (0.0, 1.0):
        near = share
        for _ in range(100):
            p = (near + far) / 2
            agrees = (share - p) ** 2 <= z**2 * p * (1 - p) / n
            near, far = (p, far) if agrees else (near, p)
        ends.append(far)
    return ends[0], ends[1]


def interval_in_counts(wrong, n, z=1.96):
    half = z * math.sqrt(wrong * (n - wrong) / n + z**2 / 4)
    return (wrong + z**2 / 2 - half) / (n + z**2), (wrong + z**2 / 2 + half) / (n + z**2)


def interval_kept_in_bounds(wrong, n, z=1.96):
    p, f = wrong / n, 1 / (1 + z**2 / n)
    centre, half = f * (p + z**2 / (2 * n)), f * z * math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    return max(0, centre - half), min(1, centre + half)


def paired_by_loop(wrong_a, wrong_b):
    only_a = only_b = 0
    for a, b in zip(wrong_a, wrong_b, strict=True):
        only_a += int(a and not b)
        only_b += int(b and not a)
    m = only_a + only_b
    p = sum(math.comb(m, k) for k in range(m + 1) if abs(2 * k - m) >= abs(only_a - only_b)) / 2**m
    return only_a, only_b, p


def paired_by_comparison(wrong_a, wrong_b):
    a, b = (wrong_a > wrong_b).sum().item(), (wrong_a < wrong_b).sum().item()
    if a == b:
        return a, b, 1.0
    tail = sum(math.comb(a + b, k) * 0.5 ** (a + b) for k in range(min(a, b) + 1))
    return a, b, 2 * tail


def paired_by_logarithms(wrong_a, wrong_b):
    differ = wrong_a != wrong_b
    m, a = int(differ.sum()), int((differ & wrong_a).sum())
    k = torch.arange(min(a, m - a) + 1).double()
    m_ = torch.tensor(float(m), dtype=torch.float64)
    log = torch.lgamma(m_ + 1) - torch.lgamma(k + 1) - torch.lgamma(m_ - k + 1) - m * math.log(2)
    return a, m - a, min(1.0, 2 * log.exp().sum().item())


def score_by_loop(validation, test):
    best = [row.tolist().index(min(row.tolist())) for row in validation]
    return torch.stack([test[run, epoch] for run, epoch in enumerate(best)])


def score_by_two_indices(validation, test):
    return test[torch.arange(len(test)), validation.argmin(dim=1)]


def score_by_the_places_of_min(validation, test):
    return test[range(len(test)), validation.min(dim=1).indices]


def score_by_one_hot(validation, test):
    chosen = torch.nn.functional.one_hot(validation.argmin(1), validation.shape[1]).to(test.dtype)
    return (chosen * test).sum(dim=1)


def ensemble_by_sum(lengths, label):
    return lengths.sum(dim=0).argmax(dim=-1).ne(label)


def ensemble_by_loop(lengths, label):
    wrong = []
    for n in range(len(label)):
        mean = sum(network[n] for network in lengths) / len(lengths)
        wrong.append(bool(mean.argmax() != label[n]))
    return torch.tensor(wrong)


def ensemble_by_einsum(lengths, label):
    said = torch.einsum("snj->nj", lengths).max(dim=1).indices
    return ~(said == label)


RIGHT_ANSWERS = {
    "error_interval": (
        interval_by_quadratic,
        interval_from_the_stub,
        interval_by_halving,
        interval_in_counts,
        interval_kept_in_bounds,
    ),
    "paired_test": (paired_by_loop, paired_by_comparison, paired_by_logarithms),
    "honest_score": (score_by_loop, score_by_the_places_of_min, score_by_two_indices, score_by_one_hot),
    "ensemble_wrong": (ensemble_by_sum, ensemble_by_loop, ensemble_by_einsum),
}
