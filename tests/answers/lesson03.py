"""Right answers of lesson 03 in other styles than ours: every one must pass its check."""

import torch


def votes_by_loops(u, weight):
    (b, i, d), j, z = u.shape, weight.shape[1], weight.shape[3]
    u_hat = torch.zeros(b, i, j, z, dtype=u.dtype)
    for n in range(b):
        for child in range(i):
            for parent in range(j):
                for k in range(d):
                    u_hat[n, child, parent] += u[n, child, k] * weight[child, parent, k]
    return u_hat


def votes_by_matmul(u, weight):
    return (u[:, :, None, None, :] @ weight).squeeze(-2)


def votes_by_broadcast(u, weight):
    return (u.unsqueeze(2).unsqueeze(-1) * weight.unsqueeze(0)).sum(dim=3)


def votes_child_by_child(u, weight):
    return torch.stack([torch.tensordot(u[:, i], weight[i], dims=([1], [1])) for i in range(u.shape[1])], dim=1)


def capsules_by_loops(features, d):
    _, channels, h, w = features.shape
    capsules = []
    for t in range(channels // d):
        for row in range(h):
            for column in range(w):
                capsules.append(features[:, t * d : (t + 1) * d, row, column])
    return torch.stack(capsules, dim=1)


def capsules_by_chunks(features, d):
    types = features.split(d, dim=1)
    return torch.cat([part.flatten(2).transpose(1, 2) for part in types], dim=1)


def capsules_by_unflatten(features, d):
    return features.unflatten(1, (-1, d)).movedim(2, -1).flatten(1, 3)


def capsules_by_contiguous_view(features, d):
    b, channels, h, w = features.shape
    moved = features.view(b, channels // d, d, h * w).transpose(2, 3).contiguous()
    return moved.view(b, channels // d * h * w, d)


def touched_by_loops(to_capsules, features, row, column):
    before = to_capsules(features)[0]
    changed = features.clone()
    for channel in range(features.shape[1]):
        changed[0, channel, row, column] = changed[0, channel, row, column] + 3.0
    after = to_capsules(changed)[0]
    return torch.tensor([not torch.equal(before[i], after[i]) for i in range(len(before))])


def touched_by_distance(to_capsules, features, row, column):
    bump = torch.zeros_like(features)
    bump[0, :, row, column] = torch.arange(1.0, 1 + features.shape[1])
    difference = to_capsules(features + bump) - to_capsules(features)
    return difference[0].abs().amax(dim=1) > 0


def touched_by_gradient(to_capsules, features, row, column):
    features = features.detach().clone().requires_grad_()
    capsules = to_capsules(features)[0]
    moved = []
    for capsule in capsules:
        gradient = sum(torch.autograd.grad(entry, features, retain_graph=True)[0].abs() for entry in capsule)
        moved.append(bool(gradient[0, :, row, column].any()))
    return torch.tensor(moved)


def count_by_places(size, kernels, strides, types):
    for k, s in zip(kernels, strides, strict=True):
        size = len(range(0, size - k + 1, s))
    return types * size * size


def count_by_recursion(size, kernels, strides, types):
    if not kernels:
        return types * size**2
    size = 1 + (size - kernels[0]) // strides[0]
    return count_by_recursion(size, kernels[1:], strides[1:], types)


def count_by_torch(size, kernels, strides, types):
    image = torch.zeros(1, 1, size, size)
    for k, s in zip(kernels, strides, strict=True):
        image = torch.nn.functional.max_pool2d(image, k, s)
    return types * image.numel()


RIGHT_ANSWERS = {
    "votes": (votes_by_loops, votes_by_matmul, votes_by_broadcast, votes_child_by_child),
    "primary_capsules": (
        capsules_by_loops,
        capsules_by_chunks,
        capsules_by_unflatten,
        capsules_by_contiguous_view,
    ),
    "touched": (touched_by_loops, touched_by_distance, touched_by_gradient),
    "capsule_count": (count_by_places, count_by_recursion, count_by_torch),
}
