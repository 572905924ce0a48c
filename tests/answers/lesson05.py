"""Right answers of lesson 05 in other styles than ours: every one must pass its check."""

import torch
from torch.nn.functional import mse_loss, one_hot, relu

from capsule_tutor import functional


def margin_in_loops(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    total = 0 * lengths.sum()
    for n in range(lengths.shape[0]):
        for j in range(lengths.shape[1]):
            is_present = target[n] == j if target.ndim == 1 else target[n, j] == 1
            if is_present:
                total = total + max(0 * lengths[n, j], m_plus - lengths[n, j]) ** 2
            else:
                total = total + absent_weight * max(0 * lengths[n, j], lengths[n, j] - m_minus) ** 2
    return total / lengths.shape[0]


def margin_by_where(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = target.bool() if target.ndim == 2 else one_hot(target, lengths.size(1)).bool()
    terms = torch.where(present, relu(m_plus - lengths) ** 2, absent_weight * relu(lengths - m_minus) ** 2)
    return terms.sum() / len(lengths)


def margin_by_maximum(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    t = target if target.ndim == 2 else torch.eye(lengths.shape[1])[target]
    t = t.to(lengths)
    zero = torch.zeros_like(lengths)
    short = torch.maximum(zero, m_plus - lengths).pow(2)
    long = torch.maximum(zero, lengths - m_minus).pow(2)
    return torch.einsum("bj->", t * short + absent_weight * (1 - t) * long) / lengths.size(0)


def reconstruction_by_mse(reconstruction, image):
    return (
        0.0005 * mse_loss(reconstruction.view(len(image), -1), image.view(len(image), -1), reduction="sum") / len(image)
    )


def reconstruction_by_mean(reconstruction, image):
    pixels = image[0].numel()
    return 0.0005 * pixels * ((reconstruction.reshape(image.shape) - image) ** 2).mean()


def reconstruction_per_image(reconstruction, image):
    losses = [((r.flatten() - x.flatten()) ** 2).sum() for r, x in zip(reconstruction, image, strict=True)]
    return torch.stack(losses).mean() * 5e-4


def mask_by_choosing(v, index=None):
    if index is None:
        index = v.norm(dim=-1).argmax(dim=-1)
    rows = torch.arange(v.shape[0])
    out = torch.zeros_like(v)
    out[rows, index] = v[rows, index]
    return out.reshape(v.shape[0], -1)


def mask_by_where(v, index=None):
    index = torch.max((v**2).sum(-1), dim=1).indices if index is None else index
    hit = index[:, None] == torch.arange(v.shape[1])[None, :]
    return torch.where(hit[..., None], v, torch.zeros_like(v)).view(len(v), -1)


def mask_in_a_loop(v, index=None):
    rows = []
    for n in range(len(v)):
        keep = functional.lengths(v[n]).argmax() if index is None else index[n]
        rows.append(torch.cat([v[n, j] if j == keep else v[n, j] * 0 for j in range(v.shape[1])]))
    return torch.stack(rows)


def loss_in_steps(v, target, image, decoder):
    margin = functional.margin_loss(v.norm(dim=2), target)
    keep = torch.eye(v.shape[1], dtype=v.dtype)[target]
    drawn = decoder(torch.einsum("bjz,bj->bjz", v, keep).flatten(1))
    return margin + 0.0005 * ((drawn - image.flatten(1)) ** 2).sum() / len(v)


def loss_in_one_line(v, target, image, decoder):
    return margin_by_where(torch.sqrt((v * v).sum(-1) + 1e-8), target) + reconstruction_by_mse(
        decoder(mask_by_choosing(v, target)), image
    )


RIGHT_ANSWERS = {
    "margin_loss": (margin_in_loops, margin_by_where, margin_by_maximum),
    "reconstruction_loss": (reconstruction_by_mse, reconstruction_by_mean, reconstruction_per_image),
    "mask_capsules": (mask_by_choosing, mask_by_where, mask_in_a_loop),
    "capsule_loss": (loss_in_steps, loss_in_one_line),
}
