"""Write `fgsm(objective, images, eps)`: move every pixel by eps, up or down, so that `objective` rises; where its
gradient is zero the pixel stays. `objective(images)` gives one number for each image, (b,). Ink stays between 0 and 1.
Return images of the same shape, detached from the graph, and leave `images` as they were."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers, uniform

EFFORT = {"minutes": 7, "difficulty": 2, "importance": 5}
HINTS = (
    "In a training step the weights follow a gradient. Here the weights are left alone. Who has the gradient now?",
    "A copy of the images that requires gradients, the sum of the objective over the batch, `torch.autograd.grad`. Of "
    "the gradient you need no size, only the direction of each pixel.",
    "`x = images.detach().clone().requires_grad_()`, `gradient = torch.autograd.grad(objective(x).sum(), x)[0]`; then "
    "images plus `eps * ...`, and `clamp`.",
)
GRADIENT = False


def fgsm(objective, images: Tensor, eps: float) -> Tensor:
    """One step to the edge of the ball. objective: images (b, c, h, w) → (b,). Goodfellow 2015, section 4."""
    x = images.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(objective(x).sum(), x)[0]
    # x' = x + eps · sign ∇_x objective
    return (images + eps * gradient.sign()).clamp(0, 1)


reference = fgsm


def slopes(objective, images: Tensor, h: float = 1e-4) -> Tensor:
    """The gradient without autograd: every pixel up and down a little, in float64."""
    images = images.detach().double()
    gradient = torch.zeros_like(images)
    with torch.no_grad():
        for k in range(images[0].numel()):
            nudge = torch.zeros_like(images).flatten(1)
            nudge[:, k] = h
            nudge = nudge.view_as(images)
            rise = objective(images + nudge) - objective(images - nudge)  # (b,)
            gradient.flatten(1)[:, k] = rise / (2 * h)
    return gradient


def oracle(objective, images, eps):
    attacked = images.clone()
    for place, slope in enumerate(slopes(objective, images).flatten().tolist()):
        step = 0.0 if abs(slope) < 1e-6 else eps if slope > 0 else -eps
        attacked.flatten()[place] = min(1.0, max(0.0, images.flatten()[place].item() + step))
    return attacked


WEIGHT, PLACE = numbers(12), uniform(12, seed=5)


def plane(images: Tensor) -> Tensor:
    """Σ w x: the same slope everywhere."""
    return (images.flatten(1) * WEIGHT.to(images)).sum(dim=1)


def hill(images: Tensor) -> Tensor:
    """Highest at one picture, from where it falls to all sides."""
    return -(images.flatten(1) - PLACE.to(images)).square().sum(dim=1)


def hinge(images: Tensor) -> Tensor:
    """Flat below a threshold, like the margin loss where the network is sure."""
    return (plane(images) + 1.5).relu()


def first_row(images: Tensor) -> Tensor:
    """Looks at the first row alone."""
    return plane(images * (torch.arange(images.shape[2]) < 1).to(images)[:, None])


def cases():
    bright = torch.cat([uniform(1, 1, 4, 3), torch.ones(1, 1, 4, 3), torch.zeros(1, 1, 4, 3)])
    return [
        case("a slope that is the same everywhere", plane, uniform(2, 1, 4, 3), eps=0.1),
        case("a hill", hill, uniform(3, 1, 4, 3, seed=1), eps=0.05),
        case("pixels of 0 and 1", plane, bright, eps=0.2),
        case("an objective that is flat for some images", hinge, uniform(6, 1, 4, 3, seed=2), eps=0.1),
        case("an objective that sees the first row alone", first_row, uniform(2, 1, 4, 3, seed=3), eps=0.1),
        case("images of two colours", hill, uniform(3, 2, 2, 3, seed=8), eps=0.1),
        case("float64, a batch of 1", hill, uniform(1, 1, 4, 3, seed=4).double(), eps=0.3),
    ]


def _gradient(objective, images):
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(x).sum(), x)[0]


class right:
    def by_backward(objective, images, eps):
        x = images.clone()
        x.requires_grad = True
        objective(x).sum().backward()
        with torch.no_grad():
            return torch.clip(x + eps * torch.sign(x.grad), 0.0, 1.0)

    def image_by_image(objective, images, eps):
        attacked = []
        for image in images:
            x = image[None].detach().clone().requires_grad_()
            up = torch.autograd.grad(objective(x)[0], x)[0]
            attacked.append((x.detach() + eps * (up > 0).to(x) - eps * (up < 0).to(x)).clamp(0, 1))
        return torch.cat(attacked)

    def of_the_mean(objective, images, eps):
        with torch.enable_grad():
            x = images.detach().requires_grad_()
            objective(x).mean().backward()
        return torch.minimum(torch.maximum(images + eps * x.grad.sign(), torch.zeros(()).to(x)), torch.ones(()).to(x))


class wrong:
    def downhill(objective, images, eps):
        """You subtract the step, as training does, so the objective falls. An attack wants it to rise."""
        return (images - eps * _gradient(objective, images).sign()).clamp(0, 1)

    def without_sign(objective, images, eps):
        """You move by eps times the gradient. Then most pixels hardly move: take its sign, so that each goes to the
        edge of what it may."""
        return (images + eps * _gradient(objective, images)).clamp(0, 1)

    def flat_goes_up(objective, images, eps):
        """Where the gradient is zero your pixels go up. There they should stay: torch.sign of 0 is 0."""
        gradient = _gradient(objective, images)
        return (images + eps * torch.where(gradient >= 0, 1.0, -1.0)).clamp(0, 1)

    def clamped_gradient(objective, images, eps):
        """You clamp the gradient to eps. A slope of 0.01 then moves its pixel by 0.01, and each could go the whole way:
        take the sign."""
        return (images + _gradient(objective, images).clamp(-eps, eps)).clamp(0, 1)

    def unit_length(objective, images, eps):
        """You divide the gradient by its length. That is the step in the L2 ball. Here each pixel has its own limit
        eps: take the sign."""
        gradient = _gradient(objective, images)
        length = gradient.flatten(1).norm(dim=1).clamp(min=1e-12).view(-1, 1, 1, 1)
        return (images + eps * gradient / length).clamp(0, 1)

    def unit_length_of_all(objective, images, eps):
        """You divide the gradient by one length, that of the whole batch. Then an image's attack hangs on its
        companions, and most pixels hardly move: take the sign."""
        gradient = _gradient(objective, images)
        return (images + eps * gradient / gradient.norm()).clamp(0, 1)

    def unit_length_over_the_colours(objective, images, eps):
        """You divide the gradient by its length along axis 1. With one colour that is the sign, with two it is not:
        take the sign itself."""
        gradient = _gradient(objective, images)
        return (images + eps * torch.nn.functional.normalize(gradient, dim=1)).clamp(0, 1)

    def over_the_largest(objective, images, eps):
        """You divide the gradient by its largest entry. Then one pixel moves by eps and the others by less: take the
        sign, so that each goes the whole way."""
        gradient = _gradient(objective, images)
        largest = gradient.flatten(1).abs().amax(dim=1).clamp(min=1e-12).view(-1, 1, 1, 1)
        return (images + eps * gradient / largest).clamp(0, 1)

    def not_added_up(objective, images, eps):
        """`objective` gives one number for each image, and torch goes back from a single one. Add them up, `.sum()`:
        each image's pixels get their own gradient all the same."""
        x = images.detach().clone().requires_grad_()
        objective(x).backward()
        return (images + eps * x.grad.sign()).clamp(0, 1)

    def not_clipped(objective, images, eps):
        """Some of your pixels are below 0 or above 1. There is no such ink: clip, after the step."""
        return images + eps * _gradient(objective, images).sign()

    def downhill_and_not_clipped(objective, images, eps):
        """There are two mistakes. You subtract the step, as training does, so the objective falls, and an attack wants
        it to rise. And some of your pixels are below 0 or above 1: clip, after the step."""
        return images - eps * _gradient(objective, images).sign()

    def clipped_to_minus_one(objective, images, eps):
        """You clip to [−1, 1]. Ink runs from 0 to 1, so half of that range is not a picture."""
        return (images + eps * _gradient(objective, images).sign()).clamp(-1, 1)

    def clipped_to_eps(objective, images, eps):
        """You clip the picture to (−eps, eps). It is the change that eps limits, and one step of eps is no more than
        that. The picture needs ink from 0 to 1."""
        return (images + eps * _gradient(objective, images).sign()).clamp(-eps, eps)

    def only_the_step(objective, images, eps):
        """You return the step alone. Add it to the images, then clip."""
        return (eps * _gradient(objective, images).sign()).clamp(0, 1)

    def no_zero(objective, images, eps):
        """Where the gradient is zero your pixels move nevertheless. Zero says nothing about the direction, and `sign`
        of 0 is 0."""
        return (images + torch.where(_gradient(objective, images) > 0, eps, -eps)).clamp(0, 1)

    def sign_of_the_sum(objective, images, eps):
        """You take one sign for the whole image. Every pixel has a direction of its own."""
        up = _gradient(objective, images).flatten(1).sum(dim=1).sign().view(-1, 1, 1, 1)
        return (images + eps * up).clamp(0, 1)

    def first_image_alone(objective, images, eps):
        """Only one image of your batch is attacked. A `[0]` or a `max()` can do that: add the objective up over the
        batch, and then ask for the gradient."""
        x = images.detach().clone().requires_grad_()
        gradient = torch.autograd.grad(objective(x)[0], x)[0]
        return (images + eps * gradient.sign()).clamp(0, 1)
