"""Write a test, `competition_test(route)`, that tells a softmax over the parents from one over the children without
seeing a coupling. `route(u_hat, iterations)` takes votes (b, i, j, z) and gives the poses v (b, j, z), no more. Your
test is silent where the parents compete for the children: whichever parent's votes change, every other parent moves. It
fails by `assert` where one does not: with a softmax over the children, say, or where the couplings stay equal. Right
routings may have another squash or other updates."""

import torch
from torch import Tensor

from capsule_tutor import functional

EFFORT = {"minutes": 12, "difficulty": 4, "importance": 5}
HINTS = (
    "Change something that a parent can hear of only by way of the children's choice. Then look at that parent.",
    "Leave the votes for one parent as they are and change those for another, so that the children like that one "
    "better. Where parents compete, the pose of the first moves. Rounding moves it, too, by a millionth.",
    "Let `other` be a clone of the votes with new ones for parent k. Then `(route(other, 3) - route(u_hat, 3)).abs()` "
    "is (b, j, z). Which parents j should have moved, and by how much at least? Ask for every k.",
)


def competition_test(route):
    u_hat = 2 * torch.randn(2, 5, 3, 6)  # (b, i, j, z)
    for courted in range(3):
        other = u_hat.clone()
        other[:, :, courted] = 3.0  # all children agree on this parent now; the votes for the others stay
        moved = (route(other, 3) - route(u_hat, 3)).abs().amax(dim=(0, 2))  # (j,)
        assert moved.min() > 1e-3, f"a parent does not notice that the children have turned to parent {courted}"


reference = competition_test


def _routing(u_hat: Tensor, iterations: int, coupling, squash=functional.squash, update: float = 1.0) -> Tensor:
    """Dynamic routing with another way from logits (b, i, j) to couplings."""
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        v = squash(torch.einsum("bij,bijz->bjz", coupling(logits), u_hat))
        logits = logits + update * torch.einsum("bijz,bjz->bij", u_hat, v)
    return v


def _over_parents(logits):
    return logits.softmax(dim=2)


class sound:
    def as_in_the_package(u_hat, iterations=3):
        """dynamic routing as it should be"""
        return functional.dynamic_routing(u_hat, iterations)[0]

    def exponential_squash(u_hat, iterations=3):
        """a right routing with the exponential squash"""
        return _routing(u_hat, iterations, _over_parents, functional.exponential_squash)

    def cautious(u_hat, iterations=3):
        """a right routing that takes half of each agreement"""
        return _routing(u_hat, iterations, _over_parents, update=0.5)

    def one_more_place(u_hat, iterations=3):
        """a right routing whose children may also keep a share (the authors' `leaky`)"""
        return _routing(u_hat, iterations, lambda b: torch.nn.functional.pad(b, (0, 1)).softmax(dim=2)[..., :-1])


class broken:
    def over_the_children(u_hat, iterations=3):
        """a softmax over the children. What should a parent do when the children turn to another one?"""
        return _routing(u_hat, iterations, lambda logits: logits.softmax(dim=1))

    def over_the_children_and_rounded(u_hat, iterations=3):
        """a softmax over the children, rounded in another way in each call: its parents move by a ten-millionth. How
        large a move do you ask for?"""
        v = _routing(u_hat, iterations, lambda logits: logits.softmax(dim=1))
        return v * (1 + 1e-6 * u_hat.mean().sin())

    def over_the_images(u_hat, iterations=3):
        """a softmax over the images of the batch. No parent hears of another."""
        return _routing(u_hat, iterations, lambda logits: logits.softmax(dim=0))

    def sigmoids(u_hat, iterations=3):
        """a sigmoid for every coupling: a child may give a whole unit to each parent."""
        return _routing(u_hat, iterations, torch.sigmoid)

    def never_updated(u_hat, iterations=3):
        """equal couplings in every iteration: nobody negotiates. Do you keep all parents, and change only the votes for
        one? With one parent fewer, even equal couplings change."""
        return _routing(u_hat, iterations, _over_parents, update=0.0)

    def first_parent_first(u_hat, iterations=3):
        """a routing in which parent 0 takes what it likes, and the others divide what is left. Parent 0 hears nobody:
        do you look at every parent?"""

        def coupling(logits):
            first = torch.sigmoid(logits[..., :1])
            return torch.cat([first, (1 - first) * logits[..., 1:].softmax(dim=2)], dim=2)

        return _routing(u_hat, iterations, coupling)


class right:
    def one_pair_after_the_other(route):
        for seed in range(2):
            votes = 1.5 * torch.randn(1, 6, 4, 5, generator=torch.Generator().manual_seed(seed))
            before = route(votes, 4)
            for k in range(4):
                courted = votes.clone()
                courted[0, :, k] = torch.tensor([2.0, -2.0, 2.0, 1.0, 0.0])
                after = route(courted, 4)
                for j in set(range(4)) - {k}:
                    assert torch.norm(after[0, j] - before[0, j]) > 1e-3, (j, k)

    def by_silencing(route):
        votes = 2 * torch.randn(3, 7, 3, 4)
        v = route(votes, 3)
        for k in range(3):
            silent = votes.clone()
            silent[:, :, k] = 0
            others = [j for j in range(3) if j != k]
            assert not torch.allclose(route(silent, 3)[:, others[0]], v[:, others[0]], atol=1e-3)
            assert not torch.allclose(route(silent, 3)[:, others[1]], v[:, others[1]], atol=1e-3)


def _moved(route, courted, iterations=3):
    """How far each parent moves when the children agree on parent `courted`. → (j,)"""
    u_hat = 2 * torch.randn(2, 5, 3, 6)
    other = u_hat.clone()
    other[:, :, courted] = 3.0
    return (route(other, iterations) - route(u_hat, iterations)).abs().amax(dim=(0, 2))


class wrong:
    def one_iteration(route):
        """Your test fails on everything, right code too. Is what it demands true of a right routing? If so: how many
        iterations do you ask for? In the first the couplings are all alike, and no parent can hear of another. Or do
        you ask for too large a move? Or did you change the very tensor that you compare with, because there is no
        clone()? Or did you write `v, c = route(…)`? `route` gives v alone, and that line takes a batch of two images
        apart."""
        for courted in range(3):
            assert _moved(route, courted, iterations=1).min() > 1e-3

    def parent_that_was_courted(route):
        """Your test lets everything pass. What do you change? It should be the votes for one parent, `[:, :, j]`. And
        at whose pose do you look? New votes for a parent move its own pose in any routing: look at the others."""
        for courted in range(3):
            assert _moved(route, courted)[courted] > 1e-3

    def one_direction(route):
        """A routing in which one parent hears nobody gets past your test. Competition goes in all directions: change
        the votes for every parent in turn, and each time ask every OTHER one whether it moved."""
        assert _moved(route, 0)[1] > 1e-3

    def any_difference_at_all(route):
        """Your test asks for any difference at all, and rounding makes one. Ask for a move that is larger than
        rounding, say a thousandth."""
        for courted in range(3):
            assert _moved(route, courted).min() > 0

    def the_other_way_round(route):
        """Your test is silent where the parents do not compete, and fails where they do. Turn your `assert` round: in a
        right routing the others do move."""
        for courted in range(3):
            moved = _moved(route, courted)
            assert all(moved[j] < 1e-3 for j in range(3) if j != courted)

    def compared_with_the_package(route):
        """Your test compares with the numbers of another routing. Right ones may differ in their squash and in their
        updates: compare a routing with itself, before and after a change."""
        u_hat = 2 * torch.randn(2, 5, 3, 6)
        assert torch.allclose(route(u_hat, 3), functional.dynamic_routing(u_hat, 3)[0], atol=1e-4)

    def returned(route):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert condition, "what is
        wrong"`; whoever runs it does not look at what it returns."""
        return bool(_moved(route, 0).min() > 1e-3)
