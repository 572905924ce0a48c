"""Write `exponential_squash(s, dim=-1, eps=1e-8)` from scratch: same direction, the length 1 − e^(−‖s‖).
It works along any `dim`, and at the zero vector the value and the gradient are finite."""

from dataclasses import replace

import torch

from capsule_tutor import functional
from capsule_tutor.exercises.lesson02.squash import along, eps_is_tiny, keeps_direction, squared_length
from capsule_tutor.exercises.lesson02.squash import cases as cases_of_squash
from capsule_tutor.exercises.properties import shorter_than_one

EFFORT = {"minutes": 6, "difficulty": 2, "importance": 3}
HINTS = (
    "Only the new length differs from squash; direction, axis and the zero vector are treated alike.",
    "First `n`, the length with its axis kept and eps under the root. Then the unit vector `s / n`.",
    "`n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()`; return `(1 - torch.exp(-n))` times the unit vector.",
)

reference = functional.exponential_squash


def oracle(s, dim=-1, eps=1e-8):
    return along(s, dim, lambda row, n2: (1 - torch.exp(-torch.sqrt(n2 + eps))) * row / torch.sqrt(n2 + eps))


def cases():
    # At the zero vector the slope is 1; torch's own norm makes it 0 there. Both are finite, and both may pass.
    return [replace(c, gradient_atol=2.0) if "zero" in c.says else c for c in cases_of_squash()]


properties = (shorter_than_one, keeps_direction, eps_is_tiny(functional.exponential_squash))


class right:
    def by_expm1(s, dim, eps):
        n = torch.sqrt(torch.sum(s**2, dim, keepdim=True) + eps)
        return s.div(n).mul(-torch.expm1(-n))

    def by_power(s, dim, eps):
        length = (s.square().sum(dim).unsqueeze(dim) + 1e-10) ** 0.5
        return s / length * (1 - (-length).exp())

    def by_norm_eps_outside(s, dim, eps):
        n = torch.linalg.vector_norm(s, dim=dim, keepdim=True)
        return (1 - torch.exp(-n)) * s / (n + eps)

    def by_normalize(s, dim, eps):
        n = s.norm(dim=dim, keepdim=True)
        return (1 - torch.exp(-n)) * torch.nn.functional.normalize(s, dim=dim)


class wrong:
    def eps_typed_in(s, dim, eps):
        """Your eps is too large: with 1e-4 a short vector is no longer divided by its own length. Use the argument
        `eps`, which is 1e-8."""
        n2 = squared_length(s, dim)
        return (1 - (-(n2 + eps).sqrt()).exp()) * s / (n2 + 1e-4).sqrt()

    def tanh_of_the_length(s, dim, eps):
        """Your new length is tanh(‖s‖). It is close for short vectors; the formula is 1 − e^(−‖s‖)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return n.tanh() * s / n

    def only_the_length(s, dim, eps):
        """You return the new lengths. Multiply them by the unit vectors s/‖s‖."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - (-n).exp()).squeeze(dim)

    def only_the_length_with_its_axis(s, dim, eps):
        """You return the new lengths, one number per vector. Multiply them by the unit vectors s/‖s‖."""
        n = (squared_length(s, dim) + eps).sqrt()
        return 1 - (-n).exp()

    def grows_for_ever(s, dim, eps):
        """Your length is e^‖s‖ − 1, which grows without end: the exponent is negative, 1 − e^(−‖s‖)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (n.exp() - 1) * s / n

    def minus_sign_forgotten(s, dim, eps):
        """You wrote 1 − e^‖s‖, without the minus in the exponent: it is negative and turns every vector round."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - n.exp()) * s / n

    def exponent_of_each_number(s, dim, eps):
        """You put s itself into the exponent, so that each number gets a factor of its own. It holds ‖s‖, one number
        per vector."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - (-s).exp()) * s / n

    def numbers_without_a_direction(s, dim, eps):
        """You return 1 − e^(−s), number by number. Put the length ‖s‖ into the exponent, then multiply by s/‖s‖."""
        return 1 - (-s).exp()

    def one_over_e_to_the_n(s, dim, eps):
        """1/e^‖s‖ is right on paper, but e^‖s‖ overflows at a length of 1000, and the gradient there is NaN. Write
        torch.exp(-n)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - 1 / n.exp()) * s / n

    def decays(s, dim, eps):
        """Your length is e^(−‖s‖): long for weak vectors, short for strong ones. Subtract it from 1."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (-n).exp() * s / n

    def difference_not_in_brackets(s, dim, eps):
        """Your result is 1 − (e^(−‖s‖) · s/‖s‖). Are brackets missing? Python multiplies before it subtracts. Put the
        difference into brackets: `(1 - torch.exp(-n))`, where n is ‖s‖."""
        n = (squared_length(s, dim) + eps).sqrt()
        return 1 - (-n).exp() * s / n

    def squared_exponent(s, dim, eps):
        """The exponent holds ‖s‖², but the formula has ‖s‖: this squash starts with slope 1."""
        n2 = squared_length(s, dim)
        return (1 - (-n2).exp()) * s / (n2 + eps).sqrt()

    def no_unit_vector(s, dim, eps):
        """You scale s itself. The factor 1 − e^(−‖s‖) is for the unit vector s/‖s‖."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - (-n).exp()) * s

    def each_number_alone(s, dim, eps):
        """You treat each number on its own. There is one length, ‖s‖, for the whole vector."""
        return (1 - (-s.abs()).exp()) * s.sign()

    def rational_squash(s, dim, eps):
        """This is the squash of 2017. The new length is now 1 − e^(−‖s‖)."""
        return functional.squash(s, dim, eps)

    def no_eps(s, dim, eps):
        """Without eps at the zero vector it gives 0/0 = NaN, and whatever is computed from a NaN is NaN. Where you
        take the square root yourself, eps belongs inside it."""
        n = squared_length(s, dim).sqrt()
        return (1 - (-n).exp()) * s / n

    def eps_outside_the_root(s, dim, eps):
        """The values are right, yet the gradient at the zero vector is NaN, as it was with squash: eps belongs inside
        the square root."""
        n = squared_length(s, dim).sqrt()
        return (1 - (-n).exp()) * s / (n + eps)

    def dim_ignored(s, dim, eps):
        """You always use the last axis: `dim` says along which axis a vector is."""
        return functional.exponential_squash(s, -1, eps)

    def keepdim_missing(s, dim, eps):
        """The length lost its axis and no longer lines up with s: pass keepdim=True."""
        n = ((s * s).sum(dim) + eps).sqrt()
        return (1 - (-n).exp()) * s / n

    def one_over_one_plus_n(s, dim, eps):
        """Your new length is 1 − 1/(1+‖s‖) = ‖s‖/(1+‖s‖). It has the same beginning and the same end; the formula is
        1 − e^(−‖s‖)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - 1 / (1 + n)) * s / n

    def power_of_two(s, dim, eps):
        """You took 2 to the power of −‖s‖. The base is e: torch.exp(-n)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - 2 ** (-n)) * s / n

    def whole_tensor_at_once(s, dim, eps):
        """You took one length for the whole tensor. Every vector has its own: sum along `dim` only."""
        n = (s.square().sum() + eps).sqrt()
        return (1 - (-n).exp()) * s / n

    def unit_vector_only(s, dim, eps):
        """Every vector comes out with length 1. Multiply by the new length, 1 − e^(−‖s‖)."""
        return s / (squared_length(s, dim) + eps).sqrt()

    def divided_by_squared_length(s, dim, eps):
        """You divide s by ‖s‖², not ‖s‖: take the square root to get a unit vector."""
        n2 = squared_length(s, dim) + eps
        return (1 - (-n2.sqrt()).exp()) * s / n2

    def mean_for_sum(s, dim, eps):
        """You took the mean of the squares. A length is the root of their sum."""
        n = (s.square().mean(dim, keepdim=True) + eps).sqrt()
        return (1 - (-n).exp()) * s / n

    def shrunk_twice(s, dim, eps):
        """You shrink twice: squash has changed the length already. The factor 1 − e^(−‖s‖) is for the unit vector
        s/‖s‖."""
        n = (squared_length(s, dim) + eps).sqrt()
        return (1 - (-n).exp()) * functional.squash(s, dim, eps)

    def sigmoid_of_the_length(s, dim, eps):
        """Your new length is a sigmoid of ‖s‖, 1/(1 + e^(−‖s‖)), which is ½ where ‖s‖ is 0. The formula is
        1 − e^(−‖s‖)."""
        n = (squared_length(s, dim) + eps).sqrt()
        return n.sigmoid() * s / n

    def each_absolute_number_alone(s, dim, eps):
        """You return 1 − e^(−|s|), number by number. Put the length ‖s‖ into the exponent, then multiply by s/‖s‖."""
        return 1 - (-s.abs()).exp()

    def relu_first(s, dim, eps):
        """You cut off negative numbers before squashing. A pose may point in any direction."""
        return functional.exponential_squash(s.relu(), dim, eps)

    def exponential_of_the_squashed_length(s, dim, eps):
        """Your exponent holds the length after squash, so the vector is shrunk twice. It holds the length of s."""
        v = functional.squash(s, dim, eps)
        n = (squared_length(v, dim) + eps).sqrt()
        return (1 - (-n).exp()) * v / n

    def subtracted_the_wrong_way(s, dim, eps):
        """Your length is e^(−‖s‖) − 1, which is negative and turns every vector round. Subtract the other way:
        1 − e^(−‖s‖). (torch.expm1 has the same sign.)"""
        n = (squared_length(s, dim) + eps).sqrt()
        return ((-n).exp() - 1) * s / n

    def one_zero_vector_silences_all(s, dim, eps):
        """One zero vector makes your whole result zero. Do you ask about all vectors at once, as `(n == 0).any()` does?
        No question is needed: with eps under the root, a zero vector comes out as zero."""
        n = squared_length(s, dim).sqrt()
        return torch.zeros_like(s) if (n == 0).any() else (1 - (-n).exp()) * s / n

    def dim_taken_for_p(s, dim, eps):
        """`s.norm(dim)` takes dim for p, the kind of norm, and runs over the whole tensor. Name it:
        `s.norm(dim=dim, keepdim=True)`."""
        n = s.norm(dim) + eps
        return (1 - (-n).exp()) * s / n
