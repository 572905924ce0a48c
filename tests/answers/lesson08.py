"""Right answers to the exercises of lesson 08, in the styles of different learners."""

import math

import torch

from capsule_tutor.functional import exponential_squash, lengths


def logits_by_broadcasting(u_hat):
    total = u_hat.sum(dim=1, keepdim=True)
    return (u_hat * total).sum(dim=-1) / math.sqrt(u_hat.shape[-1])


def logits_by_one_einsum(u_hat):
    return torch.einsum("bijz,bkjz->bij", u_hat, u_hat) * u_hat.size(3) ** -0.5


def logits_by_matmul(u_hat):
    votes = u_hat.transpose(1, 2)  # (b, j, i, z)
    return (votes @ votes.sum(dim=2).unsqueeze(3)).squeeze(3).transpose(1, 2) / u_hat.shape[3] ** 0.5


def logits_by_the_table(u_hat):
    table = torch.einsum("bijz,bkjz->bjik", u_hat / u_hat.shape[3] ** 0.5, u_hat)
    return table.sum(dim=3).transpose(1, 2)


def logits_by_loops(u_hat):
    i, z = u_hat.shape[1], u_hat.shape[3]
    rows = [sum((u_hat[:, n] * u_hat[:, k]).sum(-1) for k in range(i)) for n in range(i)]
    return torch.stack(rows, dim=1) / z**0.5


def factor_in_steps(u_hat):
    _, _, j, z = u_hat.shape
    s = u_hat.sum(dim=1) / j
    n = lengths(s)
    return math.sqrt(z) / j * n / (1 + n * n)


def factor_by_norm(u_hat):
    n = torch.linalg.vector_norm(u_hat.sum(1), dim=-1) / u_hat.shape[2]
    return u_hat.shape[3] ** 0.5 * n / (u_hat.shape[2] * (1 + n**2))


def factor_from_squared_lengths(u_hat):
    _, _, j, z = u_hat.shape
    n2 = u_hat.sum(1).div(j).pow(2).sum(-1)
    return (z * n2 + 1e-14).sqrt() / (j + j * n2)


def factor_from_uniform_couplings(u_hat):
    c = torch.full_like(u_hat[..., 0], 1 / u_hat.shape[2])
    s = torch.einsum("bij,bijz->bjz", c, u_hat)
    n2 = (s * s).sum(-1)
    return u_hat.shape[3] ** 0.5 / u_hat.shape[2] * (n2 + 1e-12).sqrt() / (1 + n2)


def routing_in_steps(u_hat, prior=None):
    a = logits_by_broadcasting(u_hat)
    c = torch.softmax(a, dim=2)
    if prior is not None:
        c = c + prior
    s = (c[..., None] * u_hat).sum(dim=1)
    return exponential_squash(s), c


def routing_with_the_table(u_hat, prior=None):
    a = torch.einsum("bijz,bkjz->bijk", u_hat, u_hat).sum(-1) / u_hat.shape[-1] ** 0.5
    c = a.softmax(-1) + (0 if prior is None else prior)
    s = torch.einsum("bij,bijz->bjz", c, u_hat)
    n = torch.sqrt(s.square().sum(-1, keepdim=True) + 1e-8)
    return (1 - torch.exp(-n)) * s / n, c


def routing_image_by_image(u_hat, prior=None):
    results = []
    for votes in u_hat:  # (i, j, z)
        a = (votes * votes.sum(0)).sum(-1) / math.sqrt(votes.shape[2])
        c = torch.nn.functional.softmax(a, dim=1)
        c = c if prior is None else c.add(prior)
        results.append((exponential_squash((c.unsqueeze(2) * votes).sum(0)), c))
    v, c = zip(*results, strict=True)
    return torch.stack(v), torch.stack(c)


def test_by_difference(route):
    u_hat, prior = torch.randn(3, 7, 4, 5), torch.randn(7, 4)
    without = route(u_hat, torch.zeros(7, 4))[1]
    return torch.allclose(route(u_hat, prior)[1], without + prior, atol=1e-4)


def test_against_none(route):
    u_hat, prior = 0.3 * torch.randn(2, 6, 3, 4), 2 * torch.randn(6, 3)
    return bool(((route(u_hat, prior)[1] - route(u_hat, None)[1] - prior).abs() < 1e-3).all())


def test_with_votes_of_zero(route):
    u_hat, prior = torch.zeros(1, 3, 2, 4), torch.tensor([[1.0, -1.0], [0.5, -2.0], [0.0, 3.0]])
    change = route(u_hat, prior)[1] - route(u_hat, torch.zeros(3, 2))[1]
    return torch.allclose(change[0], prior, atol=1e-5)


def test_by_loops(route):
    generator = torch.Generator().manual_seed(5)
    u_hat, prior = torch.randn(2, 6, 3, 4, generator=generator), torch.randn(6, 3, generator=generator)
    with_it, without = route(u_hat, prior)[1], route(u_hat, prior * 0)[1]
    for b in range(2):
        for i in range(6):
            for j in range(3):
                if abs(with_it[b, i, j] - without[b, i, j] - prior[i, j]) > 1e-4:
                    return False
    return True


RIGHT_ANSWERS = {
    "attention_logits": (
        logits_by_broadcasting,
        logits_by_one_einsum,
        logits_by_matmul,
        logits_by_the_table,
        logits_by_loops,
    ),
    "agreement_factor": (factor_in_steps, factor_by_norm, factor_from_squared_lengths, factor_from_uniform_couplings),
    "self_attention_routing": (routing_in_steps, routing_with_the_table, routing_image_by_image),
    "prior_comes_last": (test_by_difference, test_against_none, test_with_votes_of_zero, test_by_loops),
}
