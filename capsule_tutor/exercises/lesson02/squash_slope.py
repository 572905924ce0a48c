"""Differentiate g(n) = n²/(1+n²) on paper, then write `squash_slope(n)`, the slope g′(n), without autograd."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 6, "difficulty": 2, "importance": 3}
HINTS = (
    "Write g as 1 − 1/(1+n²): then only one simple term is left to differentiate.",
    "The derivative of −1/x is 1/x². Put x = 1+n² and do not forget the derivative of x.",
    "The outer derivative 1/(1+n²)² times the inner one, 2n. Put them together in code.",
)


def squash_slope(n: Tensor) -> Tensor:
    """g′(n) for g(n) = n²/(1 + n²): how much longer v gets when s gets longer. (…) → (…)"""
    # g′(n) = 2n / (1 + n²)²
    return 2 * n / (1 + n**2) ** 2


reference = squash_slope

_AUTOGRAD = (
    "The numbers are right, but autograd found them. It is there to test your formula below: write the one that you "
    "found on paper."
)
NOT_BY = tuple(
    (function, _AUTOGRAD)
    for function in (
        torch.autograd.grad,
        torch.autograd.backward,
        torch.autograd.functional.jacobian,
        torch.Tensor.backward,
        torch.autograd.forward_ad.make_dual,
    )
) + tuple(
    (getattr(torch.func, name), _AUTOGRAD) for name in ("grad", "grad_and_value", "jacrev", "jacfwd", "jvp", "vjp")
)


def oracle(n):
    n = n if n.requires_grad else n.detach().requires_grad_()
    return torch.autograd.grad((n * n / (1 + n * n)).sum(), n, create_graph=True)[0]


def cases():
    return [
        case("the lengths 0, 0.5, 1 and 3", torch.tensor([0.0, 0.5, 1.0, 3.0])),
        case("a (2, 5) tensor of lengths", numbers(2, 5).abs()),
        case("very long vectors", torch.tensor([10.0, 100.0, 1000.0])),
        case("float64", numbers(4, seed=1).abs().double()),
    ]


def _exact(item, value):
    off = (value - squash_slope(item.args[0])).abs().max().item()
    rounding = 1e-12 if value.dtype == torch.float64 else 2e-5
    if not rounding < off < 5e-3:
        return None
    return (
        f"the slope is nearly right, but off by {off:.1e}, which is more than rounding. A difference quotient is only "
        "near the slope: write the formula that you found on paper."
    )


properties = (_exact,)


class right:
    def by_quotient_rule(n):
        return (2 * n * (1 + n.square()) - n.square() * 2 * n) / (1 + n.square()).square()

    def in_steps(n):
        bottom = 1 + n * n
        return 2 * n / bottom / bottom

    def by_negative_power(n):
        return 2 * n * (1 + n**2) ** -2


class wrong:
    def inner_derivative_forgotten(n):
        """The outer derivative is right, but n² has a derivative of its own: 2n."""
        return 1 / (1 + n**2) ** 2

    def factor_two_forgotten(n):
        """The factor 2 is missing: the derivative of n² is 2n, not n."""
        return n / (1 + n**2) ** 2

    def plus_in_the_quotient_rule(n):
        """You added the two products. The quotient rule subtracts them: (top′·bottom − top·bottom′)/bottom²."""
        return (2 * n * (1 + n**2) + n**2 * 2 * n) / (1 + n**2) ** 2

    def derivative_of_the_bottom_forgotten(n):
        """In the quotient rule the second product is top·bottom′, and yours is n² alone. The derivative of the
        denominator belongs in it: n² · 2n."""
        return (2 * n * (1 + n**2) - n**2) / (1 + n**2) ** 2

    def second_fraction_not_squared(n):
        """Your slope is 2n/(1 + n²) − n² · 2n/(1 + n²). Only the first fraction is right: top·bottom′ is divided by the
        square of the denominator, (1 + n²)²."""
        return 2 * n / (1 + n**2) - n**2 * 2 * n / (1 + n**2)

    def quotient_rule_without_the_division(n):
        """You wrote the numerator of the quotient rule alone. Divide it by (1 + n²)²."""
        return 2 * n * (1 + n**2) - n**2 * 2 * n

    def difference_quotient(n):
        """You took a difference quotient, which is only near the slope. Write the formula that you found on paper."""
        g = lambda n: n**2 / (1 + n**2)  # noqa: E731
        return (g(n + 1e-3) - g(n - 1e-3)) / 2e-3

    def denominator_not_squared(n):
        """In the quotient rule the denominator is squared: (1 + n²)²."""
        return 2 * n / (1 + n**2)

    def doubled_for_squared(n):
        """Your result is 4n/(1 + n²). Did you write `* 2` for `** 2` after the denominator? That doubles the whole
        quotient. The denominator should be squared: (1 + n²)²."""
        return 2 * n / (1 + n**2) * 2

    def two_counted_twice(n):
        """Your slope is twice what it should be. The derivative of n² is 2n, and its 2 counts once."""
        return 4 * n / (1 + n**2) ** 2

    def quotient_rule_over_the_denominator(n):
        """Your numerator is that of the quotient rule. The denominator is squared, too: (1 + n²)²."""
        return (2 * n * (1 + n**2) - n**2 * 2 * n) / (1 + n**2)

    def top_and_bottom_apart_with_nan(n):
        """You differentiated top and bottom apart, which gives 2n/2n and, at 0, NaN. A quotient needs the quotient
        rule."""
        return 2 * n / (2 * n)

    def inner_function_itself(n):
        """That is −1/(1 + n²), a part of g itself (g = 1 − 1/(1 + n²)). Differentiate it."""
        return -1 / (1 + n**2)

    def quotient_rule_backwards(n):
        """Your slope is negative, but a longer s gives a longer v. Mind the order in the quotient rule."""
        return -2 * n / (1 + n**2) ** 2

    def numerator_and_denominator_apart(n):
        """You differentiated top and bottom apart. A quotient needs the quotient rule."""
        return 2 * n / (2 * n + (n == 0))

    def the_length_itself(n):
        """That is g(n), the new length itself. The question is how fast it grows: g′(n)."""
        return n**2 / (1 + n**2)

    def chord_not_slope(n):
        """That is n/(1 + n²). Did you write `*2` for `**2` in the denominator? Or is it g(n)/n, the slope of the line
        from the origin? The slope of the curve is g′(n)."""
        return n / (1 + n**2)

    def slope_of_a_sigmoid(n):
        """g·(1 − g) is the slope of a sigmoid. This g is n²/(1+n²): use the quotient rule."""
        g = n**2 / (1 + n**2)
        return g * (1 - g)

    def length_forgotten(n):
        """The derivative of n² is 2n. You wrote 2."""
        return 2 / (1 + n**2) ** 2

    def autograd_did_it(n):
        """You let autograd differentiate (or cut the gradient with .detach()). Autograd is to test your formula below:
        write the one that you found on paper."""
        return torch.autograd.grad((n**2 / (1 + n**2)).sum(), n)[0]

    def slope_of_the_exponential(n):
        """e^(−n) is the slope of the exponential squash. Here g(n) = n²/(1+n²)."""
        return torch.exp(-n)

    def negative_and_without_the_two(n):
        """Your slope is negative, but a longer s gives a longer v. A factor 2 is missing, too: the derivative of n² is
        2n."""
        return -n / (1 + n**2) ** 2

    def denominator_cubed(n):
        """Your denominator has the power 3. In the quotient rule it is squared: (1 + n²)²."""
        return 2 * n / (1 + n**2) ** 3

    def n_not_squared_in_the_denominator(n):
        """You wrote 1 + n in the denominator. It is that of g, squared: (1 + n²)²."""
        return 2 * n / (1 + n) ** 2

    def slope_of_another_g(n):
        """That is the slope of n/(1 + n). Here both n are squared: g(n) = n²/(1 + n²)."""
        return 1 / (1 + n) ** 2

    def n_squared_on_top(n):
        """You have n² on top. The derivative of n² is 2n: one power less."""
        return 2 * n**2 / (1 + n**2) ** 2

    def brackets_forgotten(n):
        """You left out the brackets: `2 * n / 1 + n**2 ** 2` is 2n + n⁴. Write `2 * n / (1 + n**2) ** 2`."""
        return 2 * n / 1 + n**2**2

    def multiplied_by_the_denominator(n):
        """You multiplied by the denominator. The quotient rule divides by its square: (1 + n²)²."""
        return 2 * n * (1 + n**2)

    def second_derivative(n):
        """That is the second derivative, g″(n). Differentiate once."""
        return (2 - 6 * n**2) / (1 + n**2) ** 3

    def brackets_of_the_square_forgotten(n):
        """Your denominator is 1 + n⁴: `n**2**2` squares n² alone. Square all of it: `(1 + n**2) ** 2`."""
        return 2 * n / (1 + n**2**2)
