"""The equations once more, as slow loops in float64, written from the papers and not from the package.

Each function has the parameters of its namesake in `capsule_tutor.functional` and returns float64. There is
no gradient and no cleverness: a reader can hold every line against the formula above it. `eps` is not in the
papers; it stands under the square root as in the package, so that the two agree to the last digits.

`b` image in the batch, `i` child capsule, `j` parent capsule, `d` child pose, `z` parent pose.
"""

import math

import torch
from torch import Tensor


def squash(s: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Sabour 2017, eq. 1: v = ‖s‖²/(1 + ‖s‖²) · s/‖s‖. (…, d) → (…, d)"""
    return _each_vector(s, dim, lambda vector: _squash(vector, eps))


def exponential_squash(s: Tensor, dim: int = -1, eps: float = 1e-8) -> Tensor:
    """Mazzia 2021, eq. 2: v = (1 − e^{−‖s‖}) · s/‖s‖. (…, d) → (…, d)"""
    return _each_vector(s, dim, lambda vector: _exponential_squash(vector, eps))


def votes(u: Tensor, weight: Tensor) -> Tensor:
    """Sabour 2017, eq. 2: û_{j|i} = u_i W_ij. u (b, i, d), weight (i, j, d, z) → (b, i, j, z)"""
    (B, I, D), (_, J, _, Z) = u.shape, weight.shape
    u, weight = u.tolist(), weight.tolist()
    u_hat = torch.zeros(B, I, J, Z, dtype=torch.float64)
    for b in range(B):
        for i in range(I):
            for j in range(J):
                for z in range(Z):
                    u_hat[b, i, j, z] = sum(u[b][i][d] * weight[i][j][d][z] for d in range(D))
    return u_hat


def dynamic_routing(u_hat: Tensor, iterations: int = 3, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Sabour 2017, procedure 1. u_hat (b, i, j, z) → v (b, j, z) and the couplings that made it, (b, i, j)"""
    B, I, J, Z = u_hat.shape
    bias = torch.zeros(J, Z).tolist() if bias is None else bias.tolist()
    v_all = torch.zeros(B, J, Z, dtype=torch.float64)
    c_all = torch.zeros(B, I, J, dtype=torch.float64)
    for b in range(B):
        votes = u_hat[b].tolist()
        logits = [[0.0] * J for _ in range(I)]
        for _ in range(iterations):
            # c_i: = softmax of b_i: over the parents
            c = [_softmax(logits[i]) for i in range(I)]
            # s_j = Σ_i c_ij û_{j|i} (+ bias_j);  v_j = squash(s_j)
            v = []
            for j in range(J):
                s = [bias[j][z] + sum(c[i][j] * votes[i][j][z] for i in range(I)) for z in range(Z)]
                v.append(_squash(s))
            # b_ij ← b_ij + û_{j|i} · v_j
            for i in range(I):
                for j in range(J):
                    logits[i][j] += _dot(votes[i][j], v[j])
        v_all[b] = torch.tensor(v, dtype=torch.float64)
        c_all[b] = torch.tensor(c, dtype=torch.float64)
    return v_all, c_all


def self_attention_routing(u_hat: Tensor, prior: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mazzia 2021, eqs. 3-5. u_hat (b, i, j, z), prior (i, j) → v (b, j, z), c (b, i, j)"""
    B, I, J, Z = u_hat.shape
    prior = torch.zeros(I, J).tolist() if prior is None else prior.tolist()
    v_all = torch.zeros(B, J, Z, dtype=torch.float64)
    c_all = torch.zeros(B, I, J, dtype=torch.float64)
    for b in range(B):
        votes = u_hat[b].tolist()
        c = []
        for i in range(I):
            # a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z, over every child k, i itself included
            a = [sum(_dot(votes[i][j], votes[k][j]) for k in range(I)) / math.sqrt(Z) for j in range(J)]
            # c_i: = softmax of a_i: over the parents, and only then + prior
            softmax = _softmax(a)
            c.append([softmax[j] + prior[i][j] for j in range(J)])
        for j in range(J):
            # s_j = Σ_i c_ij û_{j|i}
            s = [sum(c[i][j] * votes[i][j][z] for i in range(I)) for z in range(Z)]
            v_all[b, j] = torch.tensor(_exponential_squash(s), dtype=torch.float64)
        c_all[b] = torch.tensor(c, dtype=torch.float64)
    return v_all, c_all


def lengths(v: Tensor, eps: float = 1e-8) -> Tensor:
    """Sabour 2017, section 2: ‖v‖. (…, z) → (…)"""
    flat = [_norm(vector, eps) for vector in v.reshape(-1, v.shape[-1]).tolist()]
    return torch.tensor(flat, dtype=torch.float64).reshape(v.shape[:-1])


def margin_loss(
    lengths: Tensor, target: Tensor, m_plus: float = 0.9, m_minus: float = 0.1, absent_weight: float = 0.5
) -> Tensor:
    """Sabour 2017, eq. 4. lengths (b, j), target (b,) class ids or (b, j) multi-hot → scalar"""
    B, J = lengths.shape
    loss = 0.0
    for b in range(B):
        for j in range(J):
            present = float(target[b] == j) if target.ndim == 1 else float(target[b, j])
            length = float(lengths[b, j])
            # L_j = T_j max(0, m⁺ − ‖v_j‖)² + λ (1 − T_j) max(0, ‖v_j‖ − m⁻)²
            loss += present * max(0.0, m_plus - length) ** 2
            loss += absent_weight * (1 - present) * max(0.0, length - m_minus) ** 2
    return torch.tensor(loss / B, dtype=torch.float64)


def reconstruction_loss(reconstruction: Tensor, image: Tensor) -> Tensor:
    """Sabour 2017, section 4.1: 0.0005 Σ_pixels (reconstruction − image)², mean over the batch. → scalar"""
    B = image.shape[0]
    loss = 0.0
    for b in range(B):
        for made, true in zip(reconstruction[b].flatten().tolist(), image[b].flatten().tolist(), strict=True):
            loss += 0.0005 * (made - true) ** 2
    return torch.tensor(loss / B, dtype=torch.float64)


def mask_capsules(v: Tensor, index: Tensor | None = None) -> Tensor:
    """Sabour 2017, section 4.1: all capsules but one become zero. v (b, j, z), index (b,) → (b, j·z)"""
    B, J, Z = v.shape
    masked = torch.zeros(B, J * Z, dtype=torch.float64)
    for b in range(B):
        capsules = v[b].tolist()
        kept = max(range(J), key=lambda j: _norm(capsules[j])) if index is None else int(index[b])
        for z in range(Z):
            masked[b, kept * Z + z] = capsules[kept][z]
    return masked


# One vector, or one row of logits, as a list of floats.


def _dot(x: list[float], y: list[float]) -> float:
    return sum(p * q for p, q in zip(x, y, strict=True))


def _norm(vector: list[float], eps: float = 1e-8) -> float:
    return math.sqrt(_dot(vector, vector) + eps)


def _squash(s: list[float], eps: float = 1e-8) -> list[float]:
    norm = _norm(s, eps)
    return [norm**2 / (1 + norm**2) * x / norm for x in s]


def _exponential_squash(s: list[float], eps: float = 1e-8) -> list[float]:
    norm = _norm(s, eps)
    return [(1 - math.exp(-norm)) * x / norm for x in s]


def _softmax(logits: list[float]) -> list[float]:
    highest = max(logits)
    powers = [math.exp(x - highest) for x in logits]
    return [power / sum(powers) for power in powers]


def _each_vector(s: Tensor, dim: int, function) -> Tensor:
    vectors = s.movedim(dim, -1)
    out = [function(vector) for vector in vectors.reshape(-1, vectors.shape[-1]).tolist()]
    return torch.tensor(out, dtype=torch.float64).reshape(vectors.shape).movedim(-1, dim)
