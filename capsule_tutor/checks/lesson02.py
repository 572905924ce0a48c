"""Lesson 02: squash."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers


def _squash_cases() -> list[Case]:
    return [
        case("a batch of vectors of shape (2, 5, 4)", numbers(2, 5, 4)),
        case("vectors along axis 1 of a (2, 4, 3) tensor", numbers(2, 4, 3, seed=1), dim=1),
        case("a batch of 1", numbers(1, 5, 4, seed=2)),
        case("one single vector", numbers(6, seed=3)),
        case("a batch that holds a zero vector", torch.cat([torch.zeros(1, 4), numbers(2, 4, seed=4)])),
        case("vectors of length about 1000", numbers(2, 5, 4, seed=5, scale=500.0)),
        case("float64 vectors", numbers(2, 5, 4, seed=6).double()),
    ]


def _longer_than_one(item: Case, value: Tensor) -> str | None:
    longest = value.double().norm(dim=item.kwargs.get("dim", -1)).max().item()
    return f"the longest result has length {longest:.4g}; squash never exceeds 1." if longest > 1.0001 else None


def _turned(item: Case, value: Tensor) -> str | None:
    s, dim = item.args[0].double(), item.kwargs.get("dim", -1)
    n, m = s.norm(dim=dim), value.double().norm(dim=dim)
    straight = (s * value.double()).sum(dim) >= 0.999 * n * m
    return None if bool(straight.all()) else "a vector has changed its direction; squash may only change its length."


def _n2(s: Tensor, dim: int) -> Tensor:
    return (s * s).sum(dim, keepdim=True)


# --- squash, wrongly --------------------------------------------------------------------------------------


def unsquared_length(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return n / (1 + n) * s / n


def no_unit_vector(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    return n2 / (1 + n2) * s


def unit_vector_only(s, dim=-1, eps=1e-8):
    return s / (_n2(s, dim) + eps).sqrt()


def divided_by_squared_length(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    return n2 / (1 + n2) * s / (n2 + eps)


def each_number_alone(s, dim=-1, eps=1e-8):
    return s * s / (1 + s * s) * s / (s * s + eps).sqrt()


def whole_tensor_at_once(s, dim=-1, eps=1e-8):
    n2 = (s * s).sum()
    return n2 / (1 + n2) * s / (n2 + eps).sqrt()


def first_axis(s, dim=-1, eps=1e-8):
    return functional.squash(s, 0, eps)


def dim_ignored(s, dim=-1, eps=1e-8):
    return functional.squash(s, -1, eps)


def mean_for_sum(s, dim=-1, eps=1e-8):
    n2 = (s * s).mean(dim, keepdim=True)
    return n2 / (1 + n2) * s / (n2 + eps).sqrt()


def keepdim_missing(s, dim=-1, eps=1e-8):
    n2 = (s * s).sum(dim)
    return n2 / (1 + n2) * s / (n2 + eps).sqrt()


def no_eps(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    return n2 / (1 + n2) * s / n2.sqrt()


def eps_outside_the_root(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    return n2 / (1 + n2) * s / (n2.sqrt() + eps)


def relu_first(s, dim=-1, eps=1e-8):
    return functional.squash(s.relu(), dim, eps)


def length_detached(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim).detach()
    return n2 / (1 + n2) * s / (n2 + eps).sqrt()


def in_place(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    s *= n2 / (1 + n2) / (n2 + eps).sqrt()
    return s


def squared_length_without_eps(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    return n2 / (1 + n2) * s / n2


def tanh(s, dim=-1, eps=1e-8):
    return s.tanh()


def sigmoid(s, dim=-1, eps=1e-8):
    return s.sigmoid()


def unchanged(s, dim=-1, eps=1e-8):
    return s


def only_the_length(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim).squeeze(dim)
    return n2 / (1 + n2)


_NO_EPS = (
    "at the zero vector it gives 0/0 = NaN, and whatever is computed from a NaN is NaN. "
    "eps belongs inside the square root."
)

SQUASH = Exercise(
    id="02-squash",
    goal=(
        "Write `squash(s, dim=-1, eps=1e-8)`: every vector along axis `dim` keeps its direction and gets the "
        "length ‖s‖²/(1+‖s‖²). It must survive the zero vector, forwards and backwards."
    ),
    reference=functional.squash,
    oracle=oracles.squash,
    axes=("",),
    cases=_squash_cases,
    properties=(_longer_than_one, _turned),
    mutants=(
        Mutant(unsquared_length, "You scale by ‖s‖/(1+‖s‖): the lengths in that fraction are squared in eq. 1."),
        Mutant(
            no_unit_vector,
            "You scale s itself. Divide it by its length first: the factor is for the unit vector.",
        ),
        Mutant(
            unit_vector_only,
            "Every vector comes out with length 1, so a capsule can no longer say “I am not here”.",
        ),
        Mutant(
            divided_by_squared_length,
            "You divide s by ‖s‖², not ‖s‖: take the square root to get a unit vector.",
        ),
        Mutant(
            squared_length_without_eps,
            "You divide s by ‖s‖², not ‖s‖, and without eps. Divide it by the root of ‖s‖² + eps.",
        ),
        Mutant(
            tanh, "You squash each number on its own, with a tanh. That turns the vector: only its length may change."
        ),
        Mutant(
            sigmoid,
            "You squash each number on its own, with a sigmoid: no entry stays negative, and the vector turns. "
            "Only its length may change.",
        ),
        Mutant(unchanged, "You return s unchanged. Give every vector its new length, ‖s‖²/(1+‖s‖²)."),
        Mutant(
            each_number_alone,
            "You squash each number on its own, like a sigmoid. The length belongs to the whole vector.",
        ),
        Mutant(
            whole_tensor_at_once,
            "You took one length for the whole tensor: sum the squares along `dim` only.",
        ),
        Mutant(
            first_axis,
            "You took the length along axis 0, across the images of the batch. A vector lies along `dim`.",
        ),
        Mutant(dim_ignored, "You always use the last axis: `dim` says along which axis a vector lies."),
        Mutant(mean_for_sum, "You took the mean of the squares. A length is the root of their sum."),
        Mutant(keepdim_missing, "The sum lost its axis, so it no longer lines up with s: pass keepdim=True."),
        Mutant(no_eps, "Without eps " + _NO_EPS),
        Mutant(
            eps_outside_the_root,
            "The values are right, yet the gradient at the zero vector is NaN: the slope of √x at 0 is infinite. "
            "eps belongs inside the square root.",
        ),
        Mutant(relu_first, "You cut off negative numbers before squashing. A pose may point in any direction."),
        Mutant(length_detached, "The length is cut off from the gradient: look for .detach() or torch.no_grad()."),
        Mutant(
            in_place,
            "You changed s in place (`*=`, `/=`, `s[...] =`): whoever holds s now holds something else.",
        ),
        Mutant(only_the_length, "You return the new lengths. Multiply them by the unit vectors s/‖s‖."),
    ),
    hints=(
        "You need two things of each vector: its direction, a vector of length 1, and its new length, one number.",
        "Compute the squared length once, `(s * s).sum(dim, keepdim=True)`. keepdim lets it divide s. Where you take "
        "its square root, add eps under the root.",
        "`n2 = (s * s).sum(dim, keepdim=True)`; the factor is `n2 / (1 + n2)`, the unit vector is `s` over "
        "`(n2 + eps).sqrt()`. Return their product.",
    ),
    minutes=10,
    difficulty=2,
    importance=5,
)


# --- exponential squash -----------------------------------------------------------------------------------


def grows_for_ever(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return (n.exp() - 1) * s / n


def minus_sign_forgotten(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return (1 - n.exp()) * s / n


def exponent_of_each_number(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return (1 - (-s).exp()) * s / n


def numbers_without_a_direction(s, dim=-1, eps=1e-8):
    return 1 - (-s).exp()


def one_over_e_to_the_n(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return (1 - 1 / n.exp()) * s / n


def decays(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return (-n).exp() * s / n


def squared_exponent(s, dim=-1, eps=1e-8):
    n2 = _n2(s, dim)
    return (1 - (-n2).exp()) * s / (n2 + eps).sqrt()


def no_unit_vector_exponential(s, dim=-1, eps=1e-8):
    n = (_n2(s, dim) + eps).sqrt()
    return (1 - (-n).exp()) * s


def each_number_exponential(s, dim=-1, eps=1e-8):
    return (1 - (-s.abs()).exp()) * s.sign()


def rational_squash(s, dim=-1, eps=1e-8):
    return functional.squash(s, dim, eps)


def no_eps_exponential(s, dim=-1, eps=1e-8):
    n = _n2(s, dim).sqrt()
    return (1 - (-n).exp()) * s / n


def eps_outside_exponential(s, dim=-1, eps=1e-8):
    n = _n2(s, dim).sqrt()
    return (1 - (-n).exp()) * s / (n + eps)


def dim_ignored_exponential(s, dim=-1, eps=1e-8):
    return functional.exponential_squash(s, -1, eps)


def keepdim_missing_exponential(s, dim=-1, eps=1e-8):
    n = ((s * s).sum(dim) + eps).sqrt()
    return (1 - (-n).exp()) * s / n


EXPONENTIAL_SQUASH = Exercise(
    id="02-exponential-squash",
    goal=(
        "Write `exponential_squash(s, dim=-1, eps=1e-8)` from scratch: same direction, the length 1 − e^(−‖s‖). "
        "The traps of squash are all here again."
    ),
    reference=functional.exponential_squash,
    oracle=oracles.exponential_squash,
    axes=("",),
    cases=_squash_cases,
    properties=(_longer_than_one, _turned),
    mutants=(
        Mutant(
            grows_for_ever, "Your length is e^‖s‖ − 1, which grows without end: the exponent is negative, 1 − e^(−‖s‖)."
        ),
        Mutant(
            minus_sign_forgotten,
            "You wrote 1 − e^‖s‖, without the minus in the exponent: it is negative and turns every vector round.",
        ),
        Mutant(
            exponent_of_each_number,
            "You put s itself into the exponent, so that each number gets a factor of its own. "
            "It holds ‖s‖, one number per vector.",
        ),
        Mutant(
            numbers_without_a_direction,
            "You return 1 − e^(−s), number by number. Put the length ‖s‖ into the exponent, then multiply by s/‖s‖.",
        ),
        Mutant(
            one_over_e_to_the_n,
            "1/e^‖s‖ is right on paper, but e^‖s‖ overflows at a length of 1000, and the gradient there is NaN. "
            "Write torch.exp(-n).",
        ),
        Mutant(decays, "Your length is e^(−‖s‖): long for weak vectors, short for strong ones. Subtract it from 1."),
        Mutant(squared_exponent, "The exponent holds ‖s‖², but the formula has ‖s‖: this squash starts with slope 1."),
        Mutant(no_unit_vector_exponential, "You scale s itself. The factor 1 − e^(−‖s‖) is for the unit vector s/‖s‖."),
        Mutant(
            each_number_exponential, "You treat each number on its own. There is one length, ‖s‖, for the whole vector."
        ),
        Mutant(rational_squash, "This is the squash of 2017. The new length is now 1 − e^(−‖s‖)."),
        Mutant(no_eps_exponential, "Without eps " + _NO_EPS),
        Mutant(
            eps_outside_exponential,
            "The values are right, yet the gradient at the zero vector is NaN, as it was with squash: "
            "eps belongs inside the square root.",
        ),
        Mutant(dim_ignored_exponential, "You always use the last axis: `dim` says along which axis a vector lies."),
        Mutant(
            keepdim_missing_exponential, "The length lost its axis and no longer lines up with s: pass keepdim=True."
        ),
    ),
    hints=(
        "Only the new length differs from squash; direction, axis and the zero vector are treated alike.",
        "First `n`, the length with its axis kept and eps under the root. Then the unit vector `s / n`.",
        "`n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()`; return `(1 - torch.exp(-n))` times the unit vector.",
    ),
    minutes=6,
    difficulty=2,
    importance=3,
)


# --- the slope of squash ----------------------------------------------------------------------------------


def squash_slope(n: Tensor) -> Tensor:
    """g′(n) for g(n) = n²/(1 + n²): how much longer v gets when s gets longer. (…) → (…)"""
    # g′(n) = 2n / (1 + n²)²
    return 2 * n / (1 + n**2) ** 2


def _slope_by_autograd(n: Tensor) -> Tensor:
    n = n if n.requires_grad else n.detach().requires_grad_()
    return torch.autograd.grad((n * n / (1 + n * n)).sum(), n, create_graph=True)[0]


def _slope_cases() -> list[Case]:
    return [
        case("the lengths 0, 0.5, 1 and 3", torch.tensor([0.0, 0.5, 1.0, 3.0])),
        case("a (2, 5) tensor of lengths", numbers(2, 5).abs()),
        case("very long vectors", torch.tensor([10.0, 100.0, 1000.0])),
        case("float64", numbers(4, seed=1).abs().double()),
    ]


def inner_derivative_forgotten(n):
    return 1 / (1 + n**2) ** 2


def denominator_not_squared(n):
    return 2 * n / (1 + n**2)


def quotient_rule_backwards(n):
    return -2 * n / (1 + n**2) ** 2


def numerator_and_denominator_apart(n):
    return 2 * n / (2 * n + (n == 0))


def the_length_itself(n):
    return n**2 / (1 + n**2)


def chord_not_slope(n):
    return n / (1 + n**2)


def slope_of_a_sigmoid(n):
    g = n**2 / (1 + n**2)
    return g * (1 - g)


def length_forgotten(n):
    return 2 / (1 + n**2) ** 2


def autograd_did_it(n):
    return torch.autograd.grad((n**2 / (1 + n**2)).sum(), n)[0]


def slope_of_the_exponential(n):
    return torch.exp(-n)


SQUASH_SLOPE = Exercise(
    id="02-squash-slope",
    goal="Differentiate g(n) = n²/(1+n²) on paper, then write `squash_slope(n)`, the slope g′(n).",
    reference=squash_slope,
    oracle=_slope_by_autograd,
    axes=("",),
    cases=_slope_cases,
    mutants=(
        Mutant(inner_derivative_forgotten, "The outer derivative is right, but n² has a derivative of its own: 2n."),
        Mutant(denominator_not_squared, "In the quotient rule the denominator is squared: (1 + n²)²."),
        Mutant(
            quotient_rule_backwards,
            "Your slope is negative, but a longer s gives a longer v. Mind the order in the quotient rule.",
        ),
        Mutant(
            numerator_and_denominator_apart,
            "You differentiated top and bottom apart. A quotient needs the quotient rule.",
        ),
        Mutant(the_length_itself, "That is g(n), the new length itself. The question is how fast it grows: g′(n)."),
        Mutant(
            chord_not_slope,
            "That is n/(1 + n²). Did you write `*2` for `**2` in the denominator? "
            "Or is it g(n)/n, the slope of the line from the origin? The slope of the curve is g′(n).",
        ),
        Mutant(slope_of_a_sigmoid, "g·(1 − g) is the slope of a sigmoid. This g is n²/(1+n²): use the quotient rule."),
        Mutant(length_forgotten, "The derivative of n² is 2n. You wrote 2."),
        Mutant(
            autograd_did_it,
            "You let autograd differentiate (or cut the gradient with .detach()). Autograd is to test your formula "
            "below: write the one that you found on paper.",
        ),
        Mutant(slope_of_the_exponential, "e^(−n) is the slope of the exponential squash. Here g(n) = n²/(1+n²)."),
    ),
    hints=(
        "Write g as 1 − 1/(1+n²): then only one simple term is left to differentiate.",
        "The derivative of −1/x is 1/x². Put x = 1+n² and do not forget the derivative of x.",
        "The outer derivative 1/(1+n²)² times the inner one, 2n. In code: `2 * n / (1 + n**2) ** 2`.",
    ),
    minutes=6,
    difficulty=2,
    importance=3,
)

EXERCISES = (SQUASH, SQUASH_SLOPE, EXPONENTIAL_SQUASH)

QUESTIONS = {
    "02-length-one": {
        "a": "A vector of length 1 would keep its length only if squash merely clipped. Run the next cell.",
        "b": "Yes: 1²/(1+1²) = 1/2. A length of 1 going in is “undecided”.",
        "c": "0.73 is the sigmoid of 1, a good guess for a scalar neuron. Squash is another curve: run the next cell.",
    },
    "02-steepest": {
        "a": "A sigmoid is steepest at 0. Squash is flat there: its curve begins like n². Look at the next picture.",
        "b": "Yes, at 1/√3 ≈ 0.577, where the new length is 1/4. The next picture shows it.",
        "c": "At 1 the curve is already bending over. Look at the next picture.",
    },
    "02-zero": {
        "a": "No exception: 0/0 is a legal floating-point operation. That is what makes it dangerous.",
        "b": "0 would be the sensible answer, but the computer does not simplify n²·s/n before it divides.",
        "c": "Yes: 0/0 is NaN, and NaN times anything is NaN.",
    },
}
