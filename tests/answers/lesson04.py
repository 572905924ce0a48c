"""Right answers of lesson 04 in other styles than ours: every one must pass its check."""

import torch


def poses_by_broadcasting(c, u_hat):
    weighted = c[..., None] * u_hat
    return weighted.sum(dim=1)


def poses_by_loop(c, u_hat):
    s = torch.zeros_like(u_hat[:, 0])
    for i in range(u_hat.shape[1]):
        s = s + c[:, i].unsqueeze(-1) * u_hat[:, i]
    return s


def poses_by_matmul(c, u_hat):
    return (c.transpose(1, 2).unsqueeze(2) @ u_hat.transpose(1, 2)).squeeze(2)


def agreement_by_broadcasting(u_hat, v):
    return (u_hat * v.unsqueeze(1)).sum(dim=3)


def agreement_by_loop(u_hat, v):
    return torch.stack([(vote * v).sum(-1) for vote in u_hat.unbind(1)], dim=1)


def agreement_by_matmul(u_hat, v):
    return (u_hat.transpose(1, 2) @ v[..., None]).squeeze(-1).transpose(1, 2)


def coupling_by_hand(logits):
    e = torch.exp(logits - logits.max(dim=-1, keepdim=True).values)
    return e / e.sum(dim=-1, keepdim=True)


def coupling_by_module(logits):
    return torch.nn.Softmax(dim=2)(logits)


def coupling_by_logsumexp(logits):
    return torch.exp(logits - torch.logsumexp(logits, dim=2, keepdim=True))


def _squash(s):
    n = torch.linalg.vector_norm(s, dim=-1, keepdim=True)
    return s * n / (1 + n * n)


def routing_by_parts(u_hat, iterations=3, bias=None):
    logits = torch.zeros(u_hat.shape[:3], dtype=u_hat.dtype)
    for iteration in range(iterations):
        c = coupling_by_module(logits)
        s = poses_by_broadcasting(c, u_hat)
        if bias is not None:
            s = s + bias
        v = _squash(s)
        if iteration < iterations - 1:
            logits = logits + agreement_by_broadcasting(u_hat, v)
    return v, c


def routing_with_a_wasted_update(u_hat, iterations=3, bias=None):
    bias = 0 if bias is None else bias
    logits = torch.zeros_like(u_hat[..., 0])
    while iterations:
        c = logits.softmax(-1)
        v = _squash(torch.einsum("bij,bijz->bjz", c, u_hat) + bias)
        logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        iterations -= 1
    return v, c


def routing_image_by_image(u_hat, iterations=3, bias=None):
    images = []
    for votes in u_hat:  # (i, j, z)
        c = torch.full_like(votes[..., 0], 1 / votes.shape[1])
        logits, turn = 0, 1
        while True:
            s = (c[..., None] * votes).sum(0)
            v = _squash(s if bias is None else s + bias)
            if turn == iterations:
                break
            logits = logits + (votes * v).sum(-1)
            c = torch.softmax(logits, dim=1)
            turn += 1
        images.append((v, c))
    return torch.stack([v for v, _ in images]), torch.stack([c for _, c in images])


RIGHT_ANSWERS = {
    "parent_poses": (poses_by_broadcasting, poses_by_loop, poses_by_matmul),
    "agreement": (agreement_by_broadcasting, agreement_by_loop, agreement_by_matmul),
    "coupling": (coupling_by_hand, coupling_by_module, coupling_by_logsumexp),
    "dynamic_routing": (routing_by_parts, routing_with_a_wasted_update, routing_image_by_image),
}
