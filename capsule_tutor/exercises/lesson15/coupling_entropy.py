"""Write `coupling_entropy(c)`: how undecided the children are. For each child H_i = −Σ_j c_ij ln c_ij, divided by its
largest possible value ln J (J parents), and then the mean over all children and images: a tensor of shape (), 1 if all
shares are equal, 0 if every child gave all to one parent. c is (b, i, j) and sums to 1 over j. A share of 0 must not
give NaN."""

import math

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 4}
HINTS = (
    "Sum over the parents first, then one mean over all that is left. And 0 · ln 0 counts as 0.",
    "Torch says that 0 · ln 0 is NaN. `torch.special.entr(c)` is −c ln c with 0 for 0; `torch.xlogy` or a clamp inside "
    "the logarithm would do, too.",
    "`h = torch.special.entr(c).sum(dim=…)` is (b, i); the result is `h.mean() / math.log(c.shape[…])`.",
)
AXES = ("",)
GRADIENT = False


def coupling_entropy(c: Tensor) -> Tensor:
    """Mean entropy of the children's shares, as a part of the largest possible. c (b, i, j) → ()"""
    # H_i = −Σ_j c_ij ln c_ij
    h = torch.special.entr(c).sum(dim=2)  # (b, i)
    return h.mean() / math.log(c.shape[2])


reference = coupling_entropy


def oracle(c):
    b, i, j = c.shape
    total = 0.0
    for n in range(b):
        for k in range(i):
            total -= sum(float(x) * math.log(float(x)) for x in c[n, k] if x > 0) / math.log(j)
    return c.new_tensor(total / (b * i))


def cases():
    shares = (2 * numbers(3, 5, 4)).softmax(dim=2)
    return [
        case("shares (3, 5, 4)", shares),
        case("a batch of 1 with ten parents", numbers(1, 6, 10, seed=1).softmax(dim=2)),
        case("equal shares", torch.full((2, 3, 4), 0.25)),
        case("children who gave all to one parent", torch.eye(4)[torch.tensor([[0, 3, 1], [2, 2, 0]])]),
        case(
            "one child who gave all to one parent, beside others",
            torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.4, 0.3, 0.2, 0.1]]]),
        ),
        case("sharp shares, 7 children", (9 * numbers(2, 7, 3, seed=2)).softmax(dim=2)),
        case("float64 shares", numbers(2, 5, 3, seed=3).double().softmax(dim=2)),
    ]


def _between_zero_and_one(item, value):
    if value < -1e-4:
        return f"the result is {value.item():.3f}. Logarithms of shares are negative: is the minus missing?"
    if value <= 1.0001:
        return None
    return f"the result is {value.item():.3f}; equal shares should give 1, and nothing is more undecided than they are."


properties = (_between_zero_and_one,)


class right:
    def by_xlogy(c):
        return -torch.xlogy(c, c).sum(-1).mean() / math.log(c.size(-1))

    def by_clamp(c):
        return -(c * c.clamp(min=1e-12).log()).sum(2).mean() / math.log(c.shape[2])

    def in_bits(c):
        h = -(c * torch.where(c > 0, c, 1.0).log2()).sum(2)
        return (h / math.log2(c.shape[2])).mean()

    def by_distribution(c):
        b, i, j = c.shape
        return torch.special.entr(c).sum() / (b * i * math.log(j))


class wrong:
    def zero_gives_nan(c):
        """A share of 0 gives NaN: 0 · ln 0 is 0 · (−∞) for torch. A parent that gets nothing adds nothing: use
        torch.special.entr, or keep 0 away from the logarithm."""
        return -(c * c.log()).sum(dim=2).mean() / math.log(c.shape[2])

    def children_with_a_zero_left_out(c):
        """You left out every child that has a share of 0, and the most decided ones are among them. 0 · ln 0 counts as
        0, and the child counts, too: use torch.special.entr, or nansum over the parents."""
        return (-(c * c.log()).sum(dim=2)).nanmean() / math.log(c.shape[2])

    def over_the_children(c):
        """You added up over the children. Each CHILD divides one unit among the parents: sum over j, axis 2."""
        return torch.special.entr(c).sum(dim=1).mean() / math.log(c.shape[2])

    def over_the_children_twice(c):
        """You treated each parent's column as the shares. A column does not sum to 1; each child's row does: sum over
        j, axis 2, and divide by ln of the number of parents."""
        return torch.special.entr(c).sum(dim=1).mean() / math.log(c.shape[1])

    def not_normalised(c):
        """You did not divide by ln J. Without it ten equal shares give 2.303 and three give 1.099, and networks of
        different sizes cannot be compared."""
        return torch.special.entr(c).sum(dim=2).mean()

    def number_of_children(c):
        """You divided by the logarithm of the number of children. A child divides among the PARENTS: ln J, with
        J = c.shape[2]."""
        return torch.special.entr(c).sum(dim=2).mean() / math.log(c.shape[1])

    def number_of_images(c):
        """You divided by the logarithm of the number of images, `len(c)`. A child divides among the PARENTS: ln J, with
        J = c.shape[2]."""
        images = torch.tensor(float(len(c)), dtype=c.dtype)
        return torch.special.entr(c).sum(dim=2).mean() / images.log()

    def ln_of_ten(c):
        """Your result is the entropy divided by ln 10. Did you divide by ln 10, as if there were always ten parents, or
        take log₁₀ and leave ln J out? Divide by the largest entropy of J shares: ln J, with J = c.shape[2]."""
        return torch.special.entr(c).sum(dim=2).mean() / math.log(10)

    def divided_by_j(c):
        """Your result is the entropy divided by J. Did you divide by J, or take the mean over the parents and forget ln
        J? Sum over j, and divide by ln J, the largest possible entropy of J shares."""
        return torch.special.entr(c).sum(dim=2).mean() / c.shape[2]

    def mixed_logarithms(c):
        """Your two logarithms have different bases: ln above and log₂ below. Any base will do if it is the same in
        both."""
        return torch.special.entr(c).sum(dim=2).mean() / math.log2(c.shape[2])

    def bits_over_nats(c):
        """Your two logarithms have different bases: log₂ above and ln below. Any base will do if it is the same in
        both."""
        return torch.special.entr(c).sum(dim=2).mean() / math.log(2) / math.log(c.shape[2])

    def number_of_all_couplings(c):
        """You divided by the logarithm of children times parents. A child divides among the PARENTS: ln J, with
        J = c.shape[2]."""
        return torch.special.entr(c).sum(dim=2).mean() / math.log(c[0].numel())

    def largest_that_occurs(c):
        """You divided by the largest entropy that occurs in c. The largest POSSIBLE one is ln J, whatever c holds."""
        h = torch.special.entr(c).sum(dim=2)
        return h.mean() / h.max()

    def largest_that_occurs_or_zero(c):
        """You divided by the largest entropy that occurs in c, and where that is 0 you return 0. The largest POSSIBLE
        one is ln J, whatever c holds."""
        h = torch.special.entr(c).sum(dim=2)
        return h.mean() / h.max().clamp(min=1e-12)

    def nan_and_the_children(c):
        """Two things: a share of 0 gives NaN (use torch.special.entr), and the largest entropy is ln J of the PARENTS,
        J = c.shape[2]."""
        return -(c * c.log()).sum(dim=2).mean() / math.log(c.shape[1])

    def summed_over_the_children(c):
        """You added up over the children as well. The result should not grow with their number: only the parents are
        summed, over children and images you take the mean."""
        return torch.special.entr(c).sum(dim=(1, 2)).mean() / math.log(c.shape[2])

    def minus_forgotten_and_not_normalised(c):
        """Two things: the minus is missing, and you did not divide by ln J."""
        return -torch.special.entr(c).sum(dim=2).mean()

    def mean_over_the_parents(c):
        """You took the mean over the parents, too. An entropy is a SUM over j; only children and images are
        averaged."""
        return torch.special.entr(c).mean() / math.log(c.shape[2])

    def summed_over_all(c):
        """You added up over children and images. The result should not grow with the batch: take their mean."""
        return torch.special.entr(c).sum() / math.log(c.shape[2])

    def one_per_image(c):
        """You return one number for each image. Take the mean over the images as well: one number is wanted."""
        return torch.special.entr(c).sum(dim=2).mean(dim=1) / math.log(c.shape[2])

    def one_per_child(c):
        """You return one number for each child. Take the mean over children and images: one number is wanted."""
        return torch.special.entr(c).sum(dim=2) / math.log(c.shape[2])

    def minus_forgotten(c):
        """The minus is missing. Logarithms of shares are negative, and the entropy is not."""
        return -torch.special.entr(c).sum(dim=2).mean() / math.log(c.shape[2])

    def of_the_mean_couplings(c):
        """You averaged the couplings first, and then took the entropy. Two images that are both decided, one for A and
        one for B, then look undecided. Entropy first, mean afterwards."""
        return torch.special.entr(c.mean(dim=(0, 1))).sum() / math.log(c.shape[2])

    def of_the_mean_child(c):
        """You averaged the couplings over the children first. Two children who are both decided, one for A and one for
        B, then look undecided. Entropy first, mean afterwards."""
        return torch.special.entr(c.mean(dim=1)).sum(dim=1).mean() / math.log(c.shape[2])

    def of_the_mean_image(c):
        """You averaged the couplings over the images first. Children who decide differently from image to image then
        look undecided, and those are just the ones that routing is about. Entropy first, mean afterwards."""
        return torch.special.entr(c.mean(dim=0)).sum(dim=1).mean() / math.log(c.shape[2])

    def a_large_epsilon(c):
        """A number of about 0.01 that is added inside the logarithm changes the result. Use something like 1e-12, or
        torch.special.entr."""
        return -(c * (c + 1e-2).log()).sum(dim=2).mean() / math.log(c.shape[2])

    def a_smaller_epsilon(c):
        """The number that you added inside the logarithm, about a thousandth, still changes the result. Use something
        like 1e-12, or torch.special.entr."""
        return -(c * (c + 1e-3).log()).sum(dim=2).mean() / math.log(c.shape[2])

    def one_added_inside(c):
        """You took ln(1 + c). That does no harm at 0, but everywhere else it is not ln c. −c ln c is wanted, and 0 for
        a share of 0: torch.special.entr(c) gives both."""
        return -(c * torch.log1p(c)).sum(dim=2).mean() / math.log(c.shape[2])

    def a_high_clamp(c):
        """The number at which you cut off the logarithm is so large that it changes the result. Use something like
        1e-12, or torch.special.entr."""
        return -(c * c.clamp(min=1e-2).log()).sum(dim=2).mean() / math.log(c.shape[2])

    def softmax_first(c):
        """You sent c through a softmax. It holds shares already, and a second softmax makes them nearly equal."""
        return coupling_entropy(c.softmax(dim=2))

    def logarithm_alone(c):
        """You averaged −ln c. In an entropy every logarithm is weighed with its share: −c ln c."""
        return -c.clamp(min=1e-12).log().mean() / math.log(c.shape[2])

    def share_of_the_largest(c):
        """That is the mean of the largest share, another measure of how decided children are. It is not the entropy
        −Σ_j c_ij ln c_ij."""
        return c.max(dim=2).values.mean()

    def one_minus_the_largest(c):
        """That is 1 minus the mean of the largest share, another measure of how undecided children are. It is not the
        entropy −Σ_j c_ij ln c_ij."""
        return 1 - c.max(dim=2).values.mean()

    def complement(c):
        """You return 1 minus the entropy, how DECIDED the children are. Here equal shares should give 1."""
        return 1 - coupling_entropy(c)
