"""Write `lengths(v, eps=1e-8)`: the length √(Σ v²) of every vector along the last axis, so that (b, j, z) becomes (b,
j). Put `eps` under the root, so that the gradient at a zero vector is finite. (PyTorch's own norm will do, too.)"""

import torch

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 5, "difficulty": 1, "importance": 5}
HINTS = (
    "Pythagoras, with as many sides as the vector has entries.",
    "Square, sum along the last axis, take the root. The sum takes that axis away, which is what you want here.",
    "`v * v` is (…, z). Which `dim` does the sum take away? Then eps, and only then `.sqrt()`.",
)

AXES = ("b j",)

reference = functional.lengths


def oracle(v, eps=1e-8):
    rows = [torch.sqrt(sum(x * x for x in row) + eps) for row in v.reshape(-1, v.shape[-1])]
    return torch.stack(rows).reshape(v.shape[:-1])


def cases():
    return [
        case("capsules of shape (b=2, j=3, z=6)", numbers(2, 3, 6)),
        case("the two vectors (-3, 4) and (0.3, -0.4)", torch.tensor([[-3.0, 4.0], [0.3, -0.4]])),
        case("a batch of 1", numbers(1, 3, 6, seed=1)),
        # √(0 + eps) is 0.0001 with our eps, and 0 for those who treat zero apart
        case(
            "capsules of 16 numbers with a zero vector among them",
            torch.cat([numbers(1, 3, 16), torch.zeros(1, 3, 16)]),
            atol=1.1e-4,
        ),
        case("vectors of length about 0.01", numbers(2, 3, 16, seed=4, scale=0.0025), atol=1e-6),
        case("vectors of length about 10", numbers(2, 3, 6, seed=2, scale=4.0)),
        case("float64 vectors", numbers(2, 3, 6, seed=3).double()),
        # what a length is here, `_eps_as_it_is_given` says: √(n² + eps), or n for those who treat zero apart
        case(
            "short vectors and a zero vector",
            torch.cat([numbers(1, 3, 5, seed=5, scale=0.05), torch.zeros(1, 3, 5)]),
            eps=0.01,
            atol=0.11,
            gradient_atol=1.1,
        ),
    ]


def _between_the_largest_and_the_sum(item, value):
    if "eps" in item.kwargs:
        return None
    v = item.args[0].abs()
    slack = 1e-3 * (1 + v.sum(-1))
    if bool((value < v.amax(-1) - slack).any()):
        return "a length is smaller than one of the entries of its vector, which cannot be."
    return (
        "a length is greater than all its entries laid end to end." if bool((value > v.sum(-1) + slack).any()) else None
    )


def _eps_as_it_is_given(item, value):
    eps = item.kwargs.get("eps")
    n2 = (item.args[0] ** 2).sum(-1)
    if eps is None or value.shape != n2.shape:
        return None
    if any(torch.allclose(value, n, atol=1e-5) for n in ((n2 + eps).sqrt(), n2.sqrt())):
        return None
    n, got = n2.amax().sqrt().item(), value.flatten()[n2.argmax()].item()
    return (
        f"a vector of length {n:.3g} gets the length {got:.3g}, and {(n * n + eps) ** 0.5:.3g} is the root of Σ v² + "
        "eps. Use the argument `eps` as it is handed in: add it once, under the root."
    )


def _little_is_added_under_the_root(item, value):
    if "eps" in item.kwargs:
        return None
    n2 = (item.args[0].double() ** 2).sum(-1)
    if value.shape != n2.shape or (n2.max() > 1 and n2.min() > 0):
        return None
    added = (value.double() ** 2 - n2).flatten()[n2.argmin()].item()
    if 5e-8 < added < 1e-2:
        z = item.args[0].shape[-1]
        n, got = n2.min().sqrt().item(), value.flatten()[n2.argmin()].item()
        return (
            f"a vector of length {n:.3g} gets the length {got:.3g}: "
            f"its square is {added:.1e} more than Σ v². Use `eps` as it is given, 1e-8, and add it once, under the "
            f"root and after the sum; added to every entry it counts {z} times."
        )
    return None


properties = (_between_the_largest_and_the_sum, _little_is_added_under_the_root, _eps_as_it_is_given)


class right:
    def by_norm(v, eps):
        return v.norm(dim=-1)

    def by_einsum(v, eps=1e-10):
        return torch.sqrt(torch.einsum("...z,...z->...", v, v) + eps)

    def by_power(v, eps):
        return (v.pow(2).sum(-1) + eps) ** 0.5

    def by_loop(v, eps):
        total = torch.zeros_like(v[..., 0])
        for z in range(v.shape[-1]):
            total = total + v[..., z] ** 2
        return (total + eps).sqrt()


class wrong:
    def no_root(v, eps):
        """You return the squared length. Pythagoras ends with a square root."""
        return (v * v).sum(-1) + eps

    def root_of_eps_alone(v, eps):
        """You return the squared length plus 0.0001, which is the root of 1e-8. Does your root reach eps alone? Python
        takes a power before it adds: put the sum of the squares and eps into brackets, and take the root of both
        together."""
        return (v * v).sum(-1) + eps**0.5

    def half_the_square(v, eps):
        """You return half of the squared length. Did you write `**1/2`? Python reads it as (…**1)/2. The last step is a
        root: `**0.5`, or `.sqrt()`."""
        return ((v * v).sum(-1) + eps) ** 1 / 2

    def squared_in_place(v, eps):
        """The lengths are right, but you changed v in place (`*=`, `**=`, or a method that ends in `_`): whoever holds
        v now holds something else. Write `v * v`."""
        v *= v
        return (v.sum(-1) + eps).sqrt()

    def batch_axis(v, eps):
        """You summed along axis 0: that mixes different images. The entries of one vector are along the last axis."""
        return ((v * v).sum(0) + eps).sqrt()

    def capsule_axis(v, eps):
        """You summed along axis 1, over the capsules: that mixes different things. The entries of one vector are along
        the last axis, dim=-1."""
        return ((v * v).sum(1) + eps).sqrt()

    def capsule_axis_and_no_root(v, eps):
        """You summed along axis 1, over the capsules, and left out the root. The entries of one vector are along the
        last axis, dim=-1, and Pythagoras ends with a square root."""
        return (v * v).sum(1) + eps

    def capsule_axis_and_eps_too_late(v, eps):
        """There are two mistakes. You summed along axis 1, over the capsules; the entries of one vector are along the
        last axis, dim=-1. And eps is not under the root: left out, or added after it, it does nothing for the
        gradient."""
        return (v * v).sum(1).sqrt() + eps

    def always_axis_2(v, eps):
        """You always sum along axis 2. The vectors may come as (b, j, z) or as (j, z): count from the end, dim=-1."""
        return ((v * v).sum(2) + eps).sqrt()

    def one_length_for_all(v, eps):
        """You took one length for everything. Sum along the last axis only: dim=-1."""
        return ((v * v).sum() + eps).sqrt()

    def keepdim_left(v, eps):
        """Your lengths still carry an axis of size 1: (b, j, 1) where (b, j) is wanted. Is there a keepdim=True, or an
        unsqueeze? Leave it out."""
        return ((v * v).sum(-1, keepdim=True) + eps).sqrt()

    def sum_of_absolutes(v, eps):
        """You add up the sizes of the entries, as a taxi drives. Did you take absolute values, or the root before the
        sum? The length is the straight line: squares, their sum, and only then the root."""
        return v.abs().sum(-1)

    def sum_of_entries(v, eps):
        """You added the entries, so that −3 and 4 give 1. Square them first: a length does not care about signs."""
        return v.sum(-1)

    def square_of_the_sum(v, eps):
        """Your result is the size of the SUM of the entries, so that −3 and 4 give 1. Square each entry before you add:
        then no sign is left to cancel."""
        return (v.sum(-1) ** 2 + eps).sqrt()

    def largest_entry(v, eps):
        """You took the largest entry (in size). Every entry of a vector adds to its length."""
        return v.abs().amax(-1)

    def root_mean_square(v, eps):
        """You took the mean of the squares, so that a vector with more entries counts for less. Take their sum."""
        return ((v * v).mean(-1) + eps).sqrt()

    def eps_typed_in(v, eps):
        """Your eps is too large: a short vector comes out much longer than it is, and the zero vector with a length of
        0.01. Use the argument `eps`, which is 1e-8."""
        return ((v * v).sum(-1) + 1e-4).sqrt()

    def eps_not_used(v, eps):
        """With a large eps your lengths are not √(Σ v² + eps). Is a number of your own in its place, or is eps outside
        the root? Add `eps` as it is handed in to the sum of the squares."""
        return ((v * v).sum(-1) + 1e-8).sqrt()

    def eps_squared(v, eps):
        """You squared eps. Under the root it is added as it is, next to the squares of the entries."""
        return ((v * v).sum(-1) + eps**2).sqrt()

    def eps_as_a_floor(v, eps):
        """You took eps for a floor, with clamp or maximum: below it every length is the same, and the gradient is 0.
        Add it to the sum of the squares."""
        return (v * v).sum(-1).clamp(min=eps).sqrt()

    def eps_for_every_entry(v, eps):
        """You add eps to every entry, so that it is counted once for each number of the vector. Add it once, after the
        sum."""
        return (v * v + eps).sum(-1).sqrt()

    def eps_added_to_v(v, eps):
        """You add eps to the entries before you square them. The zero vector then has a length and a slope that nobody
        asked for: add it once, to the sum of the squares."""
        return ((v + eps) ** 2).sum(-1).sqrt()

    def root_without_eps(v, eps):
        """The values are right, but at a zero vector the gradient is NaN: the slope of √x at 0 is infinite. Add eps
        under the root; added after it, it comes too late."""
        return (v * v).sum(-1).sqrt()
