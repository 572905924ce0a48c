"""The equations of capsule networks, as pure functions.

Index letters, everywhere in this project:
`b` image in the batch, `i` child capsule, `j` parent capsule, `d` child pose, `z` parent pose.

Every function takes any float dtype on any device, never changes its input, and has finite gradients
everywhere, the zero vector included. A wrong shape raises a ValueError that names the axis.

Papers: Sabour, Frosst, Hinton 2017, "Dynamic Routing Between Capsules" (arXiv 1710.09829);
Mazzia, Salvetti, Chiaberge 2021, "Efficient-CapsNet" (Scientific Reports 11:14634).
"""

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

__all__ = [
    "dynamic_routing",
    "exponential_squash",
    "lengths",
    "margin_loss",
    "mask_capsules",
    "perturb",
    "reconstruction_loss",
    "self_attention_routing",
    "squash",
    "votes",
]

# On a CPU the votes of a few images stay in the cache over all iterations; those of a whole batch cannot.
_VOTE_BYTES_IN_CACHE = 4 * 2**20


def squash(s: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Shrink every vector to a length below 1 and keep its direction. (…, d) → (…, d)

    Sabour 2017, eq. 1. `dim` is the axis along which a vector is; `eps` > 0 is inside the square
    root, where it keeps the gradient at the zero vector finite.
    """
    m, n2 = _scaled(s, dim)  # ‖s‖² = m² n2
    # v = ‖s‖²/(1 + ‖s‖²) · s/‖s‖, where ‖s‖²/(1 + ‖s‖²) = n2/(m⁻² + n2) cannot overflow
    return (n2 / (m**-2 + n2) * (s / _norm(m, n2, eps))).to(s.dtype)


def exponential_squash(s: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Squash that stays sensitive near zero: its slope there is 1, not 0. (…, d) → (…, d)

    Xi, Bing, Jin 2017 (arXiv 1712.03480); Mazzia 2021 took it over as eq. 2. `dim` and `eps` as in `squash`.
    """
    norm = _norm(*_scaled(s, dim), eps)
    # v = (1 − e^{−‖s‖}) · s/‖s‖
    return (-torch.expm1(-norm) * (s / norm)).to(s.dtype)


def votes(u: Tensor, weight: Tensor) -> Tensor:
    """Each child's prediction of each parent's pose. u (b, i, d), weight (i, j, d, z) → û (b, i, j, z)

    Sabour 2017, eq. 2, right half: û_{j|i} = u_i W_ij.
    """
    _check_shape("u", u, "b i d")
    _check_shape("weight", weight, "i j d z", i=u.shape[1], d=u.shape[2])
    # û_{bijz} = Σ_d u_{bid} W_{ijdz}
    return torch.einsum("bid,ijdz->bijz", u, weight)


def dynamic_routing(u_hat: Tensor, iterations: int = 3, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Routing by agreement: children send their votes where other children's votes agree.

    Sabour 2017, procedure 1. u_hat (b, i, j, z) → v (b, j, z) and c (b, i, j), the couplings that made v;
    for every child they sum to 1 over the parents. `iterations` counts the softmaxes. `bias` (j, z) is added
    to s before every squash, as in the authors' released code. Gradients flow through all iterations.
    """
    _check_shape("u_hat", u_hat, "b i j z")
    if bias is not None:
        _check_shape("bias", bias, "j z", j=u_hat.shape[2], z=u_hat.shape[3])
    if torch.compiler.is_compiling():  # a graph has one way for every size of the batch
        return _route(u_hat, iterations, bias)[-1]
    images = _images_in_cache(u_hat)
    v, c = zip(*[_route(part, iterations, bias)[-1] for part in u_hat.split(images)], strict=True)
    return torch.cat(v), torch.cat(c)


def dynamic_routing_steps(u_hat: Tensor, iterations: int = 3) -> tuple[Tensor, Tensor]:
    """What each iteration of `dynamic_routing` makes. u_hat (b, i, j, z) → v (k, b, j, z) and c (k, b, i, j)"""
    _check_shape("u_hat", u_hat, "b i j z")
    v, c = zip(*_route(u_hat, iterations, None), strict=True)
    return torch.stack(v), torch.stack(c)


def _route(u_hat: Tensor, iterations: int, bias: Tensor | None) -> list[tuple[Tensor, Tensor]]:
    """v and c of every iteration."""
    if iterations < 1:
        raise ValueError(f"iterations is {iterations}; routing needs at least 1")
    dtype, u_hat = u_hat.dtype, _wide(u_hat)  # agreement with a long v soon leaves the range of float16
    steps = []
    # Children contiguous per parent: both sums below are then plain matrix products.
    u_hat = u_hat.transpose(1, 2).contiguous()  # (b, j, i, z)
    logits = u_hat.new_zeros(u_hat.shape[:3])  # (b, j, i)
    with _kept_wide(u_hat):
        for iteration in range(iterations):
            # c_i: = softmax of b_i: over the parents j
            c = logits.softmax(dim=1)  # (b, j, i)
            # s_j = Σ_i c_ij û_{j|i}
            s = (c.unsqueeze(2) @ u_hat).squeeze(2)  # (b, j, z)
            v = squash(s if bias is None else s + bias)  # (b, j, z)
            steps.append((v.to(dtype), c.transpose(1, 2).to(dtype)))
            if iteration < iterations - 1:
                # b_ij ← b_ij + û_{j|i} · v_j
                logits = logits + (u_hat @ v.unsqueeze(3)).squeeze(3)  # (b, j, i)
    return steps


def _images_in_cache(u_hat: Tensor) -> int:
    if u_hat.device.type != "cpu" or u_hat.shape[0] == 0:
        return max(1, u_hat.shape[0])
    bytes_per_image = max(1, u_hat[0].numel() * u_hat.element_size())
    return max(1, _VOTE_BYTES_IN_CACHE // bytes_per_image)


def self_attention_routing(u_hat: Tensor, prior: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """One step of agreement with all other votes, then a learned prior.

    Mazzia 2021, eqs. 3-5. u_hat (b, i, j, z), prior (i, j) → v (b, j, z) and c (b, i, j), the couplings that
    made v. The prior is added after the softmax, so that couplings need not sum to 1. The logits are divided by √z, as
    in the authors' released code (√16); the paper's text has the children's dimension, √d, there. Needs O(i) memory:
    Σ_k ⟨û_i, û_k⟩ is ⟨û_i, Σ_k û_k⟩, and no (i, i) matrix is ever formed.
    """
    _check_shape("u_hat", u_hat, "b i j z")
    if prior is not None:
        _check_shape("prior", prior, "i j", i=u_hat.shape[1], j=u_hat.shape[2])
    dtype, u_hat = u_hat.dtype, _wide(u_hat)  # the sum over all pairs soon leaves the range of float16
    with _kept_wide(u_hat):
        # a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
        logits = torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(dim=1)) / math.sqrt(u_hat.shape[3])
        # c_i: = softmax of a_i: over the parents j, then + prior
        c = logits.softmax(dim=2)  # (b, i, j)
        if prior is not None:
            c = c + prior
        # s_j = Σ_i c_ij û_{j|i}
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
    return exponential_squash(s).to(dtype), c.to(dtype)


def lengths(v: Tensor, eps: float = 1e-8) -> Tensor:
    """How strongly each capsule is present: the length of its vector. (…, z) → (…)

    Sabour 2017, section 2. `eps` > 0 is inside the square root and keeps the gradient at zero finite.
    """
    return _norm(*_scaled(v, -1), eps).squeeze(-1).to(v.dtype)


def margin_loss(
    lengths: Tensor, target: Tensor, m_plus: float = 0.9, m_minus: float = 0.1, absent_weight: float = 0.5
) -> Tensor:
    """A hinge per class: present classes longer than 0.9, absent ones shorter than 0.1.

    Sabour 2017, eq. 4. lengths (b, j); target (b,) class ids or (b, j) multi-hot → scalar, summed over the
    classes and averaged over the batch.
    """
    _check_shape("lengths", lengths, "b j")
    _check_images("lengths", lengths)
    present = _present(target, lengths)  # (b, j)
    # L_j = T_j max(0, m⁺ − ‖v_j‖)² + λ (1 − T_j) max(0, ‖v_j‖ − m⁻)²
    too_short = (m_plus - lengths).clamp(min=0).square()
    too_long = (lengths - m_minus).clamp(min=0).square()
    return (present * too_short + absent_weight * (1 - present) * too_long).sum(dim=1).mean()


def reconstruction_loss(reconstruction: Tensor, image: Tensor) -> Tensor:
    """0.0005 × the SUM of squared pixel differences of an image, averaged over the batch.

    Sabour 2017, section 4.1. Both (b, …) with the same number of pixels per image → scalar.
    """
    if min(reconstruction.ndim, image.ndim) < 2:
        raise ValueError(
            f"reconstruction has shape {tuple(reconstruction.shape)} and image {tuple(image.shape)}; "
            "both need axis b and at least one axis of pixels"
        )
    if reconstruction.shape[:1] != image.shape[:1] or reconstruction.numel() != image.numel():
        raise ValueError(
            f"reconstruction has shape {tuple(reconstruction.shape)} and image {tuple(image.shape)}; "
            "axis b and the number of pixels per image must agree"
        )
    _check_images("image", image)
    difference = _wide(reconstruction).flatten(1) - _wide(image).flatten(1)  # (b, pixels)
    # 0.0005 · Σ_pixels (reconstruction − image)²
    return (0.0005 * difference.square().sum(dim=1).mean()).to(reconstruction.dtype)


def mask_capsules(v: Tensor, index: Tensor | None = None) -> Tensor:
    """Keep one capsule per image and zero the others: the decoder's input.

    Sabour 2017, section 4.1. v (b, j, z), index (b,) class ids → (b, j·z). Train with the true class as
    `index`; None keeps the longest capsule, for when the class is unknown.
    """
    _check_shape("v", v, "b j z")
    if index is None:
        index = lengths(v).argmax(dim=1)
    keep = _one_hot("index", index, v)  # (b, j)
    # v_k for the kept capsule k, 0 for all others; NaN · 0 would be NaN
    return torch.where(keep.unsqueeze(2) > 0, v, 0).flatten(1)


def perturb(v: Tensor, delta: Tensor, index: Tensor | None = None) -> Tensor:
    """Keep one capsule per image, and move it: the decoder's input for "what does this dimension mean?"

    Sabour 2017, section 5.1. v (b, j, z), delta (z,) or (b, z), index (b,) class ids or None for the longest
    → (b, j·z). delta is ADDED to the kept pose; all others stay zero; delta = 0 gives `mask_capsules(v, index)`.
    """
    _check_shape("v", v, "b j z")
    if delta.shape not in ((v.shape[2],), (v.shape[0], v.shape[2])):
        raise ValueError(
            f"delta has shape {tuple(delta.shape)}; expected (z,) = ({v.shape[2]},) or (b, z) = "
            f"({v.shape[0]}, {v.shape[2]})"
        )
    if index is None:
        index = lengths(v).argmax(dim=1)
    # v_k + δ for the kept capsule k, 0 for all others
    return mask_capsules(v + delta.to(v).reshape(-1, 1, v.shape[2]), index)


def _norm(m: Tensor, n2: Tensor, eps: float) -> Tensor:
    """√(‖s‖² + eps) of what `_scaled` gives."""
    return m * (n2 + eps * m**-2).sqrt()


def _scaled(s: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """m and n2 with ‖s‖² = m² n2 along `dim`, which stays: n2 is finite where the square of a huge vector is not."""
    s = _wide(s)
    try:
        # ‖s‖ = m ‖s/m‖ with m the largest entry, or 1 for small vectors
        m = s.detach().abs().amax(dim, keepdim=True).clamp(min=1)
    except IndexError:
        if s.numel():
            raise
        raise ValueError(f"a tensor of shape {tuple(s.shape)} has no vectors: axis {dim} is empty") from None
    return m, (s / m).square().sum(dim, keepdim=True)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _kept_wide(x: Tensor) -> AbstractContextManager:
    """Autocast off where it would cast `_wide` numbers down to float16 again; bfloat16 reaches as far as float32."""
    kind = x.device.type
    if x.is_meta or not torch.is_autocast_enabled(kind) or torch.get_autocast_dtype(kind) != torch.float16:
        return nullcontext()
    return torch.autocast(kind, enabled=False)


def _present(target: Tensor, lengths: Tensor) -> Tensor:
    if target.ndim == 1:
        return _one_hot("target", target, lengths)
    _check_shape("target", target, "b j", b=lengths.shape[0], j=lengths.shape[1])
    span = _span(target)
    if span and not 0 <= span[0] <= span[1] <= 1:
        raise ValueError(f"target has entries from {span[0]:g} to {span[1]:g}; multi-hot entries are 0 or 1")
    return target.to(lengths.dtype)


def _one_hot(name: str, index: Tensor, like: Tensor) -> Tensor:
    """Class ids (b,) → (b, j) of 0 and 1 in the dtype of `like` (b, j, …)."""
    _check_shape(name, index, "b", b=like.shape[0])
    if index.is_floating_point() or index.is_complex() or index.dtype == torch.bool:
        raise ValueError(f"{name} holds {index.dtype}; class ids are integers")
    span = _span(index)
    if span and not 0 <= span[0] <= span[1] < like.shape[1]:
        raise ValueError(
            f"{name} holds ids from {span[0]} to {span[1]}; "
            f"with {like.shape[1]} parents (axis j) they run from 0 to {like.shape[1] - 1}"
        )
    return (index.unsqueeze(1) == torch.arange(like.shape[1], device=like.device)).to(like.dtype)


def _span(x: Tensor) -> tuple[float, float] | None:
    """The smallest and the largest value, or None where nobody can look: a GPU would have to be waited for, inside
    every training step; `torch.compile` and `torch.func` have no values yet.
    """
    if x.device.type != "cpu" or not x.numel() or torch.compiler.is_compiling():
        return None
    try:
        return x.min().item(), x.max().item()
    except RuntimeError:  # under torch.func
        return None


def _check_images(name: str, tensor: Tensor) -> None:
    if tensor.shape[0] == 0:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}; a mean needs at least one image (axis b)")


def _check_shape(name: str, tensor: Tensor, axes: str, **sizes: int) -> None:
    letters = axes.split()
    if tensor.ndim != len(letters):
        count = f"{len(letters)} {'axis' if len(letters) == 1 else 'axes'}"
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}; expected {count} ({', '.join(letters)})")
    for axis, letter in enumerate(letters):
        if letter != "b" and tensor.shape[axis] == 0:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}; axis {axis} ({letter}) is empty")
        if letter in sizes and tensor.shape[axis] != sizes[letter]:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}; axis {axis} ({letter}) should be {sizes[letter]}"
            )
