"""Write a test, `attack_test(attack)`: no pixel is moved by more than eps, all ink is between 0 and 1, and the
images that were handed in are as before. `attack(objective, images, eps, steps)` gives attacked images;
`objective` takes images (b, c, h, w) and gives (b,). Silent when all of that is so, `assert` when not. Allow 1e-5 for
rounding, no more. The check hands you twelve broken attacks and some right ones, among them one that does nothing."""

import torch
from torch import Tensor

from capsule_tutor.exercises.lesson13.pgd import pgd

EFFORT = {"minutes": 15, "difficulty": 4, "importance": 5}
HINTS = (
    "First three asserts. Then the harder half: which images, how many steps and which objective would bring a hidden "
    "mistake to light?",
    "A picture in mid-grey cannot leave the range, and a picture of pure ink can hide that it left the ball: have both "
    "kinds of pixels, in more than one image. A slope that does not change as the picture moves, but differs from "
    "pixel to pixel, and many steps push an attack as far as it can go. Keep a copy of the images.",
    "`images = torch.rand(3, 1, 6, 5)` with some pixels set to 0 and some to 1, `weight = torch.randn(1, 6, 5)`, "
    "`objective = lambda x: (weight * x).sum(dim=(1, 2, 3))`, then `attack(objective, images, 0.1, 20)` and three "
    "asserts that allow 1e-5 for rounding.",
)


def attack_test(attack):
    images = torch.rand(3, 1, 6, 5)
    images[:, :, :2], images[:, :, 2:4] = 0.0, 1.0  # paper and ink, and two rows of grey
    weight, before = torch.randn(1, 6, 5), images.clone()
    for eps in (0.02, 0.1):
        attacked = attack(lambda x: (weight * x).sum(dim=(1, 2, 3)), images, eps, 20)
        assert torch.equal(images, before), "the images themselves were changed"
        farthest = (attacked - images).abs().max().item()
        assert farthest <= eps + 1e-5, f"a pixel was moved by {farthest:.3f}, with {eps} allowed"
        assert attacked.min() >= -1e-5, f"ink of {attacked.min().item():.3f}"
        assert attacked.max() <= 1 + 1e-5, f"ink of {attacked.max().item():.3f}"


reference = attack_test


def _up(objective, images: Tensor) -> Tensor:
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(x).sum(), x)[0]


def _loop(objective, images, eps, steps, back, start=None, direction=torch.sign):
    attacked = images if start is None else start
    for _ in range(steps):
        attacked = back(attacked + eps / 4 * direction(_up(objective, attacked)), attacked)
    return attacked


def _back(images, eps):
    return lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)


class sound:
    def in_many_steps(objective, images, eps, steps):
        """a right attack in many steps"""
        return pgd(objective, images, eps, steps, eps / 4)

    def rounded(objective, images, eps, steps):
        """a right attack whose pixels are off by a millionth, from rounding"""
        attacked = pgd(objective, images, eps, steps, eps / 4)
        return attacked + 1e-6 * (attacked - images).sign()

    def from_a_random_start(objective, images, eps, steps):
        """a right attack that begins at a random place in the ball"""
        start = (images + eps * (2 * torch.rand_like(images) - 1)).clamp(0, 1)
        return _loop(objective, images, eps, steps, _back(images, eps), start)

    def that_keeps_the_best(objective, images, eps, steps):
        """a right attack that keeps the best picture of each image"""
        best = images
        for _ in range(steps):
            tried = _back(images, eps)(best + eps / 4 * _up(objective, best).sign(), best)
            better = objective(tried) > objective(best)
            if better.numel() != len(images):
                asked = f"one number for each of {len(images)} images was wanted"
                raise ValueError(f"objective(images) has the shape {tuple(better.shape)}: {asked}")
            best = torch.where(better.view(-1, 1, 1, 1), tried, best)
        return best

    def that_goes_half_of_the_way(objective, images, eps, steps):
        """a right attack that goes only half as far as it may"""
        return pgd(objective, images, eps / 2, steps, eps / 8)

    def that_gives_up(objective, images, eps, steps):
        """an attack that finds nothing, and hands back the images"""
        return images.clone()


class broken:
    def without_a_ball(objective, images, eps, steps):
        """an attack without a ball. Are there grey pixels, enough steps to go far, and an objective with a slope? Does
        a pixel that went down count, too?"""
        return _loop(objective, images, eps, steps, lambda x, _: x.clamp(0, 1))

    def ball_around_the_last(objective, images, eps, steps):
        """an attack whose ball moves along with the picture. In a single step nobody can see that."""
        back = lambda x, last: (last + (x - last).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _loop(objective, images, eps, steps, back)

    def without_a_range(objective, images, eps, steps):
        """an attack that never clips. Are there pixels at 0 and at 1?"""
        return _loop(objective, images, eps, steps, lambda x, _: images + (x - images).clamp(-eps, eps))

    def clipped_to_minus_one(objective, images, eps, steps):
        """an attack that clips to [−1, 1]. Is there paper, and does your objective push some of it down?"""
        return _loop(objective, images, eps, steps, lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(-1, 1))

    def above_one(objective, images, eps, steps):
        """an attack that clips below, and not above. Do you look at both ends?"""
        return _loop(objective, images, eps, steps, lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(min=0))

    def clipped_after_normalising(objective, images, eps, steps):
        """an attack that normalises, (x − 0.13)/0.31, and clips to [−1, 1] there: strong ink comes back pale. How
        far may a pixel of 1 go?"""
        attacked = pgd(objective, images, eps, steps, eps / 4)
        return ((attacked - 0.13) / 0.31).clamp(-1, 1) * 0.31 + 0.13

    def stretched_to_the_range(objective, images, eps, steps):
        """an attack that brings back its pixels by stretching the whole picture to 0 … 1, instead of clipping."""
        free = _loop(objective, images, eps, steps, lambda x, _: images + (x - images).clamp(-eps, eps))
        low, high = free.amin(dim=(1, 2, 3), keepdim=True), free.amax(dim=(1, 2, 3), keepdim=True)
        return (free - low) / (high - low).clamp(min=1e-6)

    def round_ball(objective, images, eps, steps):
        """an attack in a round ball (L2) of eps·√n: a few pixels go far, and most hardly move. Is your objective
        steeper in some pixels than in others?"""
        n = images[0].numel()

        def back(x, _):
            change = (x - images).flatten(1)
            length = change.norm(dim=1, keepdim=True).clamp(min=1e-12)
            return (images + (change * (eps * n**0.5 / length).clamp(max=1)).view_as(images)).clamp(0, 1)

        return _loop(objective, images, eps, steps, back, direction=lambda g: g / g.abs().mean().clamp(min=1e-12))

    def a_little_too_far(objective, images, eps, steps):
        """an attack whose ball is three hundredths too large. How much do you allow for rounding?"""
        return pgd(objective, images, 1.03 * eps, steps, eps / 4)

    def a_little_beyond_the_range(objective, images, eps, steps):
        """an attack that clips to −0.01 … 1.01. How much do you allow for rounding?"""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(-0.01, 1.01)  # noqa: E731
        return _loop(objective, images, eps, steps, back)

    def written_into_its_input(objective, images, eps, steps):
        """an attack that writes into the images that it is given. With what do you compare?"""
        images.copy_(pgd(objective, images.clone(), eps, steps, eps / 4))
        return images

    def first_image_alone(objective, images, eps, steps):
        """an attack that brings back the first image alone. Are there several in your batch, and do you look at all of
        them?"""
        back = _back(images, eps)
        free = _loop(objective, images, eps, steps, lambda x, _: x)
        return torch.cat([back(free, free)[:1], free[1:]])


class right:
    def by_bounds(attack):
        images = torch.rand(4, 1, 8, 8).mul(3).sub(1).clamp(0, 1)  # a third paper, a third ink
        slope, eps = torch.randn(images.shape[1:]), 0.05
        kept = images.clone()
        attacked = attack(lambda x: (x * slope).flatten(1).sum(1), images, eps, 30)
        assert (images == kept).all()
        assert (attacked >= (kept - eps).clamp(min=0) - 1e-4).all()
        assert (attacked <= (kept + eps).clamp(max=1) + 1e-4).all()

    def one_kind_after_the_other(attack):
        slope = torch.linspace(-3, 3, 12).view(1, 4, 3)
        for level in (0.0, 0.5, 1.0):
            images = torch.full((2, 1, 4, 3), level)
            images[0, 0, 0, 0] = 0.3
            before = images.clone()
            attacked = attack(lambda x: (x * slope).sum(dim=(1, 2, 3)), images, 0.08, 40)
            assert torch.equal(before, images)
            assert attacked.min() >= -1e-4
            assert attacked.max() <= 1.0001
            assert (attacked - before).abs().max() < 0.0801


def _attacked(attack, ink=lambda x: (3 * x - 1).clamp(0, 1), steps=20):
    """A third paper, a third ink, the rest grey; then attacked. → the images afterwards, as they were, attacked"""
    images, weight = ink(torch.rand(3, 1, 6, 5)), torch.randn(1, 6, 5)
    before = images.clone()
    return images, before, attack(lambda x: (weight * x).sum(dim=(1, 2, 3)), images, 0.1, steps)


class wrong:
    def compared_with_itself(attack):
        """An attack that writes into its images gets past your test. Keep a copy, `images.clone()`, and ask afterwards
        whether `images` are still equal to it. (`images[:]`, or a second name, is no copy.)"""
        images, _, attacked = _attacked(attack)
        assert (attacked - images).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def without_tolerance(attack):
        """Your test demands eps to the last bit. `(x + 0.1) − x` is not always 0.1: allow 1e-5 for rounding."""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert (attacked - images).abs().max() <= 0.1
        assert attacked.min() >= 0
        assert attacked.max() <= 1

    def with_a_large_tolerance(attack):
        """Your test allows for too much: a fifth of eps is not rounding. Rounding is about 1e-7, so 1e-5 is enough."""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert (attacked - images).abs().max() <= 0.1 + 2e-2
        assert attacked.min() >= -2e-2
        assert attacked.max() <= 1 + 2e-2

    def one_step(attack):
        """Your test asks for a single step. A ball that moves along, or none at all, shows only after many."""
        images, before, attacked = _attacked(attack, steps=1)
        assert torch.equal(images, before)
        assert (attacked - images).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def grey_images(attack):
        """Ink below 0 and above 1 gets past your test. Do you ask for both ends of the range? Are there pixels at 0 and
        at 1? From mid-grey no attack with a small eps gets that far. And do you look at what came back as it is,
        without a clamp of your own?"""
        images, before, attacked = _attacked(attack, lambda x: 0.4 + 0.2 * x)
        assert torch.equal(images, before)
        assert (attacked - images).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def range_alone(attack):
        """Your test never notices that a pixel left the ball. Do you ask EVERY pixel how far it went, and is your
        eps so small that it could go farther? Eps = 1 forbids nothing."""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def mean_distance(attack):
        """Your test looks at the mean distance. A few pixels that go far vanish in it: every pixel has the limit
        eps, so take the largest."""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert (attacked - images).abs().mean() <= 0.1
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def length_of_the_change(attack):
        """Your test gives an alarm for every right attack that changes something, even if it goes only half as far as
        it may. Do you add up the changes of all pixels, as `norm()` and `sum()` do? Each pixel has the limit eps for
        itself: take the largest `abs()` of the change. Or do you compare with a smaller eps than the one you hand in,
        or want the attacked images to be equal to the old ones?"""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert (attacked - images).norm() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def upward_alone(attack):
        """Your test asks only how far ink went up. It must not go farther down, either: take `abs()` first."""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert (attacked - images).max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def one_number_for_all(attack):
        """Your objective gives one number for the whole batch. An attack may need one for each image, (b,): add up over
        the axes 1, 2 and 3, and leave axis 0."""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: (weight * x).sum(), images, 0.1, 20)
        assert torch.equal(images, before)
        assert (attacked - images).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5

    def must_change(attack):
        """Your test demands that the attack changes something. An attack may find nothing; what it must not do is
        cheat."""
        images, before, attacked = _attacked(attack)
        assert torch.equal(images, before)
        assert 0 < (attacked - images).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
