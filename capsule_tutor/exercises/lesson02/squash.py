"""Write `squash(s, dim=-1, eps=1e-8)`: every vector along axis `dim` keeps its direction and gets the length
‖s‖²/(1+‖s‖²). At the zero vector the value and the gradient are finite."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.properties import shorter_than_one

EFFORT = {"minutes": 10, "difficulty": 2, "importance": 5}
HINTS = (
    "You need two things of each vector: its direction, a vector of length 1, and its new length, one number.",
    "Compute the squared length once, `(s * s).sum(dim, keepdim=True)`. keepdim lets it divide s. Where you take "
    "its square root, add eps under the root.",
    "`n2 = (s * s).sum(dim, keepdim=True)`. The new length is a fraction of n2 alone, the unit vector is "
    "`s / (...).sqrt()`; return their product.",
)

reference = functional.squash


def oracle(s, dim=-1, eps=1e-8):
    return along(s, dim, lambda row, n2: n2 / (1 + n2) * row / torch.sqrt(n2 + eps))


def along(s: Tensor, dim: int, change: object) -> Tensor:
    moved = s.movedim(dim, -1)
    rows = [change(row, sum(x * x for x in row)) for row in moved.reshape(-1, moved.shape[-1])]
    return torch.stack(rows).reshape(moved.shape).movedim(-1, dim)


def cases():
    return [
        case("a batch of vectors of shape (2, 5, 4)", numbers(2, 5, 4)),
        case("vectors along axis 1 of a (2, 4, 3) tensor", numbers(2, 4, 3, seed=1), dim=1),
        case("vectors along axis 0 of a (3, 4, 2) tensor", numbers(3, 4, 2, seed=8), dim=0),
        case("a batch of 1", numbers(1, 5, 4, seed=2)),
        case("one single vector", numbers(6, seed=3)),
        case("a batch that holds a zero vector", torch.cat([torch.zeros(1, 4), numbers(2, 4, seed=4)])),
        case("vectors of length about 1000", numbers(2, 5, 4, seed=5, scale=500.0)),
        case("vectors of length about 0.02", numbers(2, 5, 4, seed=7, scale=0.01), atol=1e-7),
        case("float64 vectors", numbers(2, 5, 4, seed=6).double()),
    ]


def keeps_direction(item, value):
    s, dim = item.args[0].double(), item.kwargs.get("dim", -1)
    n, m = s.norm(dim=dim), value.double().norm(dim=dim)
    straight = (s * value.double()).sum(dim) >= 0.999 * n * m
    return None if bool(straight.all()) else "a vector has changed its direction; squash may only change its length."


def eps_is_tiny(squash):
    """A property: short vectors, for which eps under the root is no longer small, get the length that is theirs."""

    def short_vectors_keep_their_share(item, value):
        s, dim = item.args[0].double(), item.kwargs.get("dim", -1)
        n, m = s.norm(dim=dim), value.double().norm(dim=dim)
        if not 0 < n.max() < 0.1:
            return None
        share = m / squash(s, dim).norm(dim=dim)
        if share.min() < 0.1 or share.max() > 0.998 or share.flatten()[n.argmin()] != share.min():
            return None
        return (
            f"a vector of length {n.min().item():.3g} comes out with {100 * share.min().item():.1f} % of the length "
            "that it should have: what you add to ‖s‖² or ‖s‖ is too large. Put the argument `eps`, 1e-8, under the "
            "root."
        )

    return short_vectors_keep_their_share


properties = (shorter_than_one, keeps_direction, eps_is_tiny(functional.squash))


def squared_length(s: Tensor, dim: int) -> Tensor:
    return (s * s).sum(dim, keepdim=True)


class right:
    def by_norm(s, dim, eps):
        n = torch.linalg.vector_norm(s, dim=dim, keepdim=True)
        return s * n / (1 + n * n)

    def by_norm_eps_outside(s, dim, eps):
        n = s.norm(dim=dim, keepdim=True)
        return n**2 / (1 + n**2) * s / (n + eps)

    def by_normalize(s, dim, eps=1e-6):
        n2 = s.pow(2).sum(dim=dim, keepdim=True)
        return torch.nn.functional.normalize(s, dim=dim) * (n2 / (1.0 + n2))

    def by_einsum(s, dim, eps=1e-7):
        s = s.movedim(dim, -1)
        n2 = torch.einsum("...d,...d->...", s, s)[..., None]
        return (s * torch.sqrt(n2 + eps) / (1 + n2)).movedim(-1, dim)


class wrong:
    def unsquared_length(s, dim, eps):
        """You scale by ‖s‖/(1+‖s‖): the lengths in that fraction are squared in eq. 1."""
        n = (squared_length(s, dim) + eps).sqrt()
        return n / (1 + n) * s / n

    def no_unit_vector(s, dim, eps):
        """You scale s itself. Divide it by its length first: the factor is for the unit vector."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2) * s

    def denominator_forgotten(s, dim, eps):
        """Your new length is ‖s‖², which grows without end. It should be a fraction, ‖s‖²/(1+‖s‖²)."""
        n2 = squared_length(s, dim)
        return n2 * s / (n2 + eps).sqrt()

    def unit_vector_only(s, dim, eps):
        """Every vector comes out with length 1, so a capsule can no longer say “I am not here”."""
        return s / (squared_length(s, dim) + eps).sqrt()

    def divided_by_squared_length(s, dim, eps):
        """You divide s by ‖s‖², not ‖s‖: take the square root to get a unit vector."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2) * s / (n2 + eps)

    def squared_length_without_eps(s, dim, eps):
        """You divide s by ‖s‖², not ‖s‖, and without eps. Divide it by the root of ‖s‖² + eps."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2) * s / n2

    def eps_typed_in(s, dim, eps):
        """Your eps is too large: with 1e-4 a vector of length 0.01 gets only 71 % of its new length. Use the argument
        `eps`, which is 1e-8."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2) * s / (n2 + 1e-4).sqrt()

    def tanh_of_the_length(s, dim, eps):
        """Your new length is tanh(‖s‖). It, too, rises from 0 towards 1, but it starts with slope 1 where squash is
        flat: the new length is ‖s‖²/(1+‖s‖²)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return n.tanh() * s / n

    def sum_not_in_brackets(s, dim, eps):
        """You wrote `n2 / 1 + n2`, which Python reads as (n2/1) + n2. Put the sum into brackets: `n2 / (1 + n2)`."""
        n2 = squared_length(s, dim)
        return (n2 / 1 + n2) * s / (n2 + eps).sqrt()

    def sum_not_in_brackets_and_no_unit_vector(s, dim, eps):
        """You wrote `n2 / 1 + n2`, which Python reads as (n2/1) + n2: put the sum into brackets, `n2 / (1 + n2)`. Then
        divide s by its length, too."""
        n2 = squared_length(s, dim)
        return (n2 / 1 + n2) * s

    def product_not_in_brackets(s, dim, eps):
        """You wrote `n2 / 1 + n2 * s / …`, which Python reads as n2/1 + (n2 · s/…). Put the sum into brackets:
        `n2 / (1 + n2)`."""
        n2 = squared_length(s, dim)
        return n2 / 1 + n2 * s / (n2 + eps).sqrt()

    def each_number_in_the_fraction(s, dim, eps):
        """In the fraction you put each number where the length belongs, so that the vector turns: it is
        ‖s‖²/(1 + ‖s‖²), one number per vector."""
        return s * s / (1 + s * s) * s / (squared_length(s, dim) + eps).sqrt()

    def length_below_not_squared(s, dim, eps):
        """Your new length is ‖s‖²/(1 + ‖s‖): below, the length is not squared. Did you write ‖s‖ there, or scale s
        itself by ‖s‖/(1 + ‖s‖)? Eq. 1 has ‖s‖²/(1 + ‖s‖²), times the unit vector s/‖s‖."""
        n = (squared_length(s, dim) + eps).sqrt()
        return n / (1 + n) * s

    def tanh(s, dim, eps):
        """You squash each number on its own, with a tanh. That turns the vector: only its length may change."""
        return s.tanh()

    def sigmoid(s, dim, eps):
        """You squash each number on its own, with a sigmoid: no entry stays negative, and the vector turns. Only its
        length may change."""
        return s.sigmoid()

    def unchanged(s, dim, eps):
        """You return s unchanged. Give every vector its new length, ‖s‖²/(1+‖s‖²)."""
        return s

    def each_number_alone(s, dim, eps):
        """You squash each number on its own, like a sigmoid. The length belongs to the whole vector."""
        return s * s / (1 + s * s) * s / (s * s + eps).sqrt()

    def whole_tensor_at_once(s, dim, eps):
        """You took one length for the whole tensor: sum the squares along `dim` only."""
        n2 = (s * s).sum()
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def first_axis(s, dim, eps):
        """You took the length along axis 0, across the images of the batch. A vector is along `dim`."""
        return functional.squash(s, 0, eps)

    def dim_ignored(s, dim, eps):
        """You always use the last axis: `dim` says along which axis a vector is."""
        return functional.squash(s, -1, eps)

    def mean_for_sum(s, dim, eps):
        """You took the mean of the squares. A length is the root of their sum."""
        n2 = (s * s).mean(dim, keepdim=True)
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def keepdim_missing(s, dim, eps):
        """The sum lost its axis, so it no longer lines up with s: pass keepdim=True."""
        n2 = (s * s).sum(dim)
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def no_eps(s, dim, eps):
        """Without eps at the zero vector it gives 0/0 = NaN, and whatever is computed from a NaN is NaN. eps belongs
        inside the square root."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2) * s / n2.sqrt()

    def eps_outside_the_root(s, dim, eps):
        """The values are right, yet the gradient at the zero vector is NaN: the slope of √x at 0 is infinite. eps
        belongs inside the square root. (torch.where does not help: the branch not taken is differentiated as well.)"""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2) * s / (n2.sqrt() + eps)

    def relu_first(s, dim, eps):
        """You cut off negative numbers before squashing. A pose may point in any direction."""
        return functional.squash(s.relu(), dim, eps)

    def length_detached(s, dim, eps):
        """The length is cut off from the gradient: look for .detach() or torch.no_grad()."""
        n2 = squared_length(s, dim).detach()
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def in_place(s, dim, eps):
        """You changed s in place (`*=`, `/=`, `s[...] =`): whoever holds s now holds something else."""
        n2 = squared_length(s, dim)
        s *= n2 / (1 + n2) / (n2 + eps).sqrt()
        return s

    def only_the_length(s, dim, eps):
        """You return the new lengths. Multiply them by the unit vectors s/‖s‖."""
        n2 = squared_length(s, dim).squeeze(dim)
        return n2 / (1 + n2)

    def only_the_length_with_its_axis(s, dim, eps):
        """You return the new lengths, one number per vector. Multiply them by the unit vectors s/‖s‖."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2)

    def length_of_each_vector(s, dim, eps):
        """You return the length ‖s‖ of every vector. Use it twice: in the new length, and to make s a unit vector."""
        return (squared_length(s, dim).squeeze(dim) + eps).sqrt()

    def length_of_each_vector_with_its_axis(s, dim, eps):
        """You return ‖s‖ itself, one number per vector. Use it twice: in the new length, and to make s a unit
        vector."""
        return (squared_length(s, dim) + eps).sqrt()

    def clipped_at_one(s, dim, eps):
        """You cut long vectors off at length 1 and leave the short ones as they are. Squash shortens every vector: the
        new length is ‖s‖²/(1+‖s‖²)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return s / n.clamp(min=1)

    def sum_of_absolute_values(s, dim, eps):
        """You took the sum of the absolute values for the length. A length is the root of the sum of squares."""
        n = s.abs().sum(dim, keepdim=True) + eps
        return n**2 / (1 + n**2) * s / n

    def sigmoid_of_the_length(s, dim, eps):
        """Your new length is a sigmoid of ‖s‖, which is ½ where ‖s‖ is 0. It should be 0 there: ‖s‖²/(1+‖s‖²)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return n.sigmoid() * s / n

    def root_of_the_whole_fraction(s, dim, eps):
        """You took the root of the whole fraction. Only the length under the unit vector is a root: the factor
        ‖s‖²/(1+‖s‖²) stays as it is."""
        n2 = squared_length(s, dim)
        return (n2 / (1 + n2)).sqrt() * s / (n2 + eps).sqrt()

    def root_of_the_denominator(s, dim, eps):
        """Your new length is ‖s‖²/√(1+‖s‖²), which grows without end. In ‖s‖²/(1+‖s‖²) there is no root. You need
        one only for the ‖s‖ in the unit vector s/‖s‖."""
        n2 = squared_length(s, dim)
        return n2 / (1 + n2).sqrt() * s / (n2 + eps).sqrt()

    def softmax_of_the_vector(s, dim, eps):
        """You took a softmax of each vector: its numbers become shares and it turns. Only its length may change."""
        return s.softmax(dim)

    def relu_without_eps(s, dim, eps):
        """You cut off negative numbers before squashing, and a pose may point in any direction. Then add eps inside the
        square root: a vector of zeros gives 0/0 = NaN."""
        return wrong.no_eps(s.relu(), dim, eps)

    def lengths_to_the_fourth(s, dim, eps):
        """You squared twice: your new length is ‖s‖⁴/(1+‖s‖⁴). (s * s).sum(…) is ‖s‖² already."""
        n2 = squared_length(s, dim)
        return n2**2 / (1 + n2**2) * s / (n2 + eps).sqrt()

    def all_axes_but_the_batch(s, dim, eps):
        """You took one length for each image: sum the squares along `dim` only, not along all axes but the first."""
        n2 = (s * s).sum(tuple(range(1, s.ndim)) or (0,), keepdim=True)
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def sum_squared(s, dim, eps):
        """You squared the sum of the entries, in which they cancel. Square first, then sum."""
        n2 = s.sum(dim, keepdim=True) ** 2
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def one_question_for_all(s, dim, eps):
        """You ask many lengths for one yes or no (`if`, `or`, Python's max). No question is needed: with eps under the
        root, a zero vector comes out as zero."""
        return functional.squash(s, dim, eps) if squared_length(s, dim) > 0 else s

    def one_zero_vector_silences_all(s, dim, eps):
        """One zero vector makes your whole result zero. Do you ask about all vectors at once, as `(n == 0).any()` does?
        No question is needed: with eps under the root, a zero vector comes out as zero."""
        n2 = squared_length(s, dim)
        return torch.zeros_like(s) if (n2 == 0).any() else n2 / (1 + n2) * s / n2.sqrt()

    def dim_taken_for_p(s, dim, eps):
        """`s.norm(dim)` takes dim for p, the kind of norm, and runs over the whole tensor. Name it:
        `s.norm(dim=dim, keepdim=True)`."""
        n = s.norm(dim)
        return n**2 / (1 + n**2) * s / (n + eps)
