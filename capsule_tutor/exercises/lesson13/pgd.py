"""Write `pgd(objective, images, eps, steps, step)`: `steps` steps of size `step` in the direction of the sign of the
gradient, each from where the last one ended. After every step come back into the ball (no pixel farther than eps from
where it was in `images`) and into the range of ink, 0 to 1. Start at `images`, and leave them
as they were; what you return is detached from the graph."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, uniform
from capsule_tutor.exercises.lesson13.fgsm import first_row, hill, hinge, plane, slopes

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "Your `fgsm` in a loop. Two things matter in it: where the gradient is taken, and around what the ball is drawn.",
    "The gradient belongs to the picture as it is now, the ball to the picture as it was at first. The way back into "
    "the ball is a clamp of the difference between the two.",
    "In the loop: `attacked = attacked + step * ...`, then `attacked = images + (attacked - images).clamp(...)`, then "
    "the range of ink.",
)
GRADIENT = False


def pgd(objective, images: Tensor, eps: float, steps: int, step: float) -> Tensor:
    """Many small steps, each projected back into the ball. Madry et al. 2018 (arXiv 1706.06083), section 2.1."""
    attacked = images
    for _ in range(steps):
        x = attacked.detach().clone().requires_grad_()
        gradient = torch.autograd.grad(objective(x).sum(), x)[0]
        # x ← Π(x + step · sign ∇_x objective), Π onto the ball of eps around the image, and onto [0, 1]
        attacked = attacked + step * gradient.sign()
        attacked = (images + (attacked - images).clamp(-eps, eps)).clamp(0, 1)
    return attacked


reference = pgd


def oracle(objective, images, eps, steps, step):
    start, now = images.flatten().tolist(), images.double()
    for _ in range(steps):
        pixels = []
        for x0, x, slope in zip(start, now.flatten().tolist(), slopes(objective, now).flatten().tolist(), strict=True):
            moved = x if abs(slope) < 1e-6 else x + step if slope > 0 else x - step
            pixels.append(min(1.0, x0 + eps, max(0.0, x0 - eps, moved)))
        now = torch.tensor(pixels, dtype=torch.float64).view(images.shape)
    return now.to(images)


def cases():
    edges = torch.cat([uniform(1, 1, 4, 3), torch.ones(1, 1, 4, 3), torch.zeros(1, 1, 4, 3)])
    return [
        case("a slope that is the same everywhere", plane, uniform(2, 1, 4, 3), eps=0.1, steps=5, step=0.06),
        case("a single step", hill, uniform(2, 1, 4, 3, seed=6), eps=0.2, steps=1, step=0.05),
        case("a hill inside the ball", hill, uniform(3, 1, 4, 3, seed=1), eps=0.3, steps=7, step=0.09),
        case("pixels of 0 and 1", plane, edges, eps=0.2, steps=4, step=0.07),
        case(
            "an objective that is flat for some images", hinge, uniform(6, 1, 4, 3, seed=2), eps=0.1, steps=3, step=0.04
        ),
        case("an objective that sees the first row alone", first_row, uniform(2, 1, 4, 3), eps=0.1, steps=4, step=0.03),
        case("steps larger than the ball", hill, uniform(2, 1, 4, 3, seed=7), eps=0.05, steps=3, step=0.07),
        case("float64, a batch of 1", hill, uniform(1, 1, 4, 3, seed=4).double(), eps=0.15, steps=6, step=0.04),
        # near the top pixels go back and forth, and a step too few looks like one too many: here most are far from it
        case("a few short steps up a hill", hill, uniform(2, 1, 4, 3, seed=8), eps=0.3, steps=3, step=0.03),
    ]


def _within_reach(item, value):
    steps, step = item.kwargs["steps"], item.kwargs["step"]
    farthest = (value - item.args[1]).abs().max().item()
    if farthest <= steps * step + 1e-5:
        return None
    if farthest > item.kwargs["eps"] + 1e-5:
        return (
            f"a pixel has moved by {farthest:.3g}, and eps is {item.kwargs['eps']}. What should come back is `images` "
            "plus a change, and only the change is clamped to (−eps, eps)."
        )
    return (
        f"a pixel has moved by {farthest:.3g}, and steps={steps} of {step} reach no farther than {steps * step:.3g}. "
        "Do you start at a random place of the ball? Here the start is `images`."
    )


properties = (_within_reach,)


def _gradient(objective, images):
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(x).sum(), x)[0]


def _climb(objective, images, eps, steps, step, back, direction=torch.sign):
    attacked = images
    for _ in range(steps):
        attacked = back(attacked + step * direction(_gradient(objective, attacked)), attacked)
    return attacked


class right:
    def by_the_change(objective, images, eps, steps, step):
        change = torch.zeros_like(images)
        for _ in range(steps):
            change = (change + step * _gradient(objective, images + change).sign()).clamp(-eps, eps)
            change = (images + change).clamp(0, 1) - images
        return images + change

    def by_two_bounds(objective, images, eps, steps, step):
        low, high = (images - eps).clamp(min=0), (images + eps).clamp(max=1)
        x = images.clone()
        for _ in range(steps):
            x.requires_grad_(True)
            objective(x).sum().backward()
            with torch.no_grad():
                x = torch.max(torch.min(x + step * x.grad.sign(), high), low)
        return x

    def clipped_first(objective, images, eps, steps, step):
        back = lambda x, _: images + (x.clamp(0, 1) - images).clamp(-eps, eps)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back)


class wrong:
    def no_ball(objective, images, eps, steps, step):
        """You never come back into the ball: after many steps a pixel may be anywhere. Clamp its distance from `images`
        to eps."""
        return _climb(objective, images, eps, steps, step, lambda x, _: x.clamp(0, 1))

    def ball_around_the_last(objective, images, eps, steps, step):
        """Your ball moves along: you clamp the distance from the LAST picture. Measure it from `images`."""
        back = lambda x, last: (last + (x - last).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back)

    def range_forgotten(objective, images, eps, steps, step):
        """You stay in the ball, but some pixels are below 0 or above 1. There is no such ink: clip that, too."""
        return _climb(objective, images, eps, steps, step, lambda x, _: images + (x - images).clamp(-eps, eps))

    def clipped_to_minus_one(objective, images, eps, steps, step):
        """You clip to [−1, 1]. Ink runs from 0 to 1."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(-1, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back)

    def back_at_the_end(objective, images, eps, steps, step):
        """You come back only once, after the last step. Until then the gradient is taken outside the ball, and
        steps are made there that lead nowhere: come back after every step."""
        free = _climb(objective, images, eps, steps, step, lambda x, _: x)
        return (images + (free - images).clamp(-eps, eps)).clamp(0, 1)

    def old_gradient(objective, images, eps, steps, step):
        """You take every gradient at `images`. The slope changes on the way: take it at the picture as it is now."""
        change = steps * step * _gradient(objective, images).sign()
        return (images + change.clamp(-eps, eps)).clamp(0, 1)

    def clipped_at_the_end(objective, images, eps, steps, step):
        """You clip to the range of ink only once, after the last step. Until then a pixel wanders through ink that
        does not exist, and has to come back from there: clip after every step."""
        back = lambda x, _: images + (x - images).clamp(-eps, eps)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back).clamp(0, 1)

    def picture_in_the_ball(objective, images, eps, steps, step):
        """You clamp the picture itself to (−eps, eps). It is the CHANGE that may be no larger: clamp the difference
        from `images`, and add it to them."""
        return _climb(objective, images, eps, steps, step, lambda x, _: x.clamp(-eps, eps).clamp(0, 1))

    def images_not_added(objective, images, eps, steps, step):
        """You clamp the difference from `images`, and go on with the difference. Add it to `images` again, in every
        step."""
        return _climb(objective, images, eps, steps, step, lambda x, _: (x - images).clamp(-eps, eps).clamp(0, 1))

    def leaf_of_the_first_step(objective, images, eps, steps, step):
        """From the second step on your picture is the result of a computation, and torch fills `.grad` only for
        tensors that are none. Begin each step with `x = attacked.detach().clone().requires_grad_()`."""
        x = images.detach().clone().requires_grad_()
        for _ in range(steps):
            objective(x).sum().backward()
            gradient = x.grad if x.is_leaf else None  # as `x.grad` is, but without torch's warning
            x = (images + (x + step * gradient.sign() - images).clamp(-eps, eps)).clamp(0, 1)
        return x

    def step_is_eps(objective, images, eps, steps, step):
        """Your steps are as large as eps. Then the second one can only go back and forth between the edges: use
        `step`."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, eps, back)

    def without_sign(objective, images, eps, steps, step):
        """You move by `step` times the gradient. Take its sign, so that every pixel moves by `step`."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back, direction=lambda g: g)

    def downhill(objective, images, eps, steps, step):
        """You subtract the step, as training does, so the objective falls. An attack wants it to rise."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, -step, back)

    def one_step_too_few(objective, images, eps, steps, step):
        """You make one step too few."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps - 1, step, back)

    def one_step_too_many(objective, images, eps, steps, step):
        """You make one step too many. `range(steps)` makes `steps` of them."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps + 1, step, back)

    def a_part_of_eps(objective, images, eps, steps, step):
        """You make steps of eps/steps. Then a pixel reaches the edge only if it never turns round: use `step`."""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, eps / steps, back)

    def returned_in_the_loop(objective, images, eps, steps, step):
        """No pixel gets farther than one `step`, whatever `steps` says. A `return` inside the loop does that, a step
        that begins at `images` and not where the last one ended, a `step` that is divided by `steps`. Or have you
        exchanged eps and step?"""
        back = lambda x, _: (images + (x - images).clamp(-eps, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, 1, step, back)

    def added_gradients(objective, images, eps, steps, step):
        """Each of your steps follows the sum of all gradients so far. `.backward()` adds to `.grad`: take a new copy,
        or `torch.autograd.grad`, in every step."""
        attacked, total = images, torch.zeros_like(images)
        for _ in range(steps):
            total = total + _gradient(objective, attacked)
            attacked = (images + (attacked + step * total.sign() - images).clamp(-eps, eps)).clamp(0, 1)
        return attacked

    def no_lower_edge(objective, images, eps, steps, step):
        """Your ball has an upper edge alone: ink becomes paler by more than eps. Clamp to (−eps, eps)."""
        back = lambda x, _: (images + (x - images).clamp(max=eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back)

    def round_ball(objective, images, eps, steps, step):
        """Your ball is round: you shorten the whole change to length eps (L2). In the L∞ ball every pixel has its own
        limit: clamp each one."""

        def back(x, _):
            change = (x - images).flatten(1)
            length = change.norm(dim=1, keepdim=True).clamp(min=1e-12)
            return (images + (change * (eps / length).clamp(max=1)).view_as(images)).clamp(0, 1)

        return _climb(objective, images, eps, steps, step, back)

    def half_the_ball(objective, images, eps, steps, step):
        """Your change is never below 0: ink may become paler, too. Clamp to (−eps, eps)."""
        back = lambda x, _: (images + (x - images).clamp(0, eps)).clamp(0, 1)  # noqa: E731
        return _climb(objective, images, eps, steps, step, back)
