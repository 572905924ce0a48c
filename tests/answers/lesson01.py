"""Right answers of lesson 01 in other styles than ours: every one must pass its check."""

import torch


def lengths_by_norm(v, eps=1e-8):
    return v.norm(dim=-1)


def lengths_by_einsum(v, eps=1e-10):
    return torch.sqrt(torch.einsum("...z,...z->...", v, v) + eps)


def lengths_by_power(v, eps=1e-8):
    return (v.pow(2).sum(-1) + eps) ** 0.5


def lengths_by_loop(v, eps=1e-8):
    total = torch.zeros_like(v[..., 0])
    for z in range(v.shape[-1]):
        total = total + v[..., z] ** 2
    return (total + eps).sqrt()


def pose_by_loop(image, eps=1e-8):
    poses = []
    for picture in image:
        h, w = picture.shape
        rows, columns = picture.sum(dim=1), picture.sum(dim=0)
        mass = picture.sum() + eps
        mean_x = sum(x * columns[x] for x in range(w)) / mass
        mean_y = sum(y * rows[y] for y in range(h)) / mass
        covariance = sum((x - mean_x) * (y - mean_y) * picture[y, x] for y in range(h) for x in range(w))
        variance = sum((y - mean_y) ** 2 * rows[y] for y in range(h))
        poses.append(torch.stack([mean_x, mean_y, covariance / (variance + eps)]))
    return torch.stack(poses)


def pose_by_einsum(image, eps=1e-6):
    h, w = image.shape[1:]
    x, y = torch.arange(w).to(image), torch.arange(h).to(image)
    share = image / image.sum(dim=(1, 2), keepdim=True).clamp(min=eps)
    mean_x, mean_y = torch.einsum("bhw,w->b", share, x), torch.einsum("bhw,h->b", share, y)
    dx, dy = x - mean_x[:, None], y - mean_y[:, None]
    covariance = torch.einsum("bhw,bw,bh->b", share, dx, dy)
    return torch.stack((mean_x, mean_y, covariance / (torch.einsum("bhw,bh->b", share, dy * dy) + eps)), dim=-1)


def pose_by_mean_of_products(image, eps=1e-8):
    """cov(x, y) = mean of xy − mean x · mean y."""
    h, w = image.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h).to(image), torch.arange(w).to(image), indexing="ij")
    mass = image.sum((1, 2)) + eps

    def mean(values):
        return (image * values).sum((1, 2)) / mass

    slant = (mean(x * y) - mean(x) * mean(y)) / (mean(y * y) - mean(y) ** 2 + eps)
    return torch.stack([mean(x), mean(y), slant]).T


def error_in_steps(f, move, move_pose, image):
    measured = f(move(image))
    predicted = move_pose(f(image))
    return torch.max(torch.abs(measured - predicted))


def error_by_norm(f, move, move_pose, image):
    return torch.linalg.vector_norm(move_pose(f(image)) - f(move(image)), ord=float("inf"))


RIGHT_ANSWERS = {
    "lengths": (lengths_by_norm, lengths_by_einsum, lengths_by_power, lengths_by_loop),
    "pose": (pose_by_loop, pose_by_einsum, pose_by_mean_of_products),
    "equivariance_error": (error_in_steps, error_by_norm),
}
