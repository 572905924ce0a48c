"""Write `masked_share(objective, images)`: the share of the images at which the gradient of `objective` is exactly
zero in every pixel, so that a gradient attack sees nothing. `objective(images)` gives one number for each image,
(b,). Return a number from 0 to 1."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, uniform
from capsule_tutor.exercises.lesson13.fgsm import WEIGHT, fgsm, first_row, hill, plane

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "You have the gradient from your `fgsm`. What must be true of an image's part of it?",
    "First one answer for each image: are ALL its pixels' gradients equal to 0? Then the mean of the answers.",
    "`(gradient.flatten(1) == 0)` is (b, pixels). Reduce it to (b,), make it float, and take its mean.",
)
GRADIENT = False


def masked_share(objective, images: Tensor) -> float:
    """How much of the data a gradient attack cannot see. objective: images (b, c, h, w) → (b,)

    Gradient masking: Athalye, Carlini, Wagner 2018 (arXiv 1802.00420).
    """
    x = images.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(objective(x).sum(), x)[0]
    return (gradient.flatten(1) == 0).all(dim=1).float().mean().item()


reference = masked_share


def oracle(objective, images):
    masked = 0
    for image in images:
        x = image[None].clone().requires_grad_()
        objective(x).sum().backward()
        masked += all(number == 0 for number in x.grad.flatten().tolist())
    return masked / len(images)


def _flat_below(images: Tensor) -> Tensor:
    """Flat where the plane is low, and never 0."""
    return (plane(images) + 1.5).relu() + 2


def _flat_above(images: Tensor) -> Tensor:
    return (plane(images) + 1.2).clamp(max=0).square()


def _balanced(images: Tensor) -> Tensor:
    """Rises with the first half of the pixels and falls with the second: its gradient sums to zero."""
    first = (torch.arange(12) < 6).to(images)
    return (images.flatten(1) * (2 * first - 1)).sum(dim=1)


def _falling(images: Tensor) -> Tensor:
    """Falls with the first pixels, and does not see the others: no slope is above 0."""
    return -images.flatten(1)[:, :4].sum(dim=1)


def _faint(images: Tensor) -> Tensor:
    return 1e-20 * _flat_below(images)


_AT_THE_EDGE = (WEIGHT > 0).float().view(1, 1, 4, 3)  # `plane` pushes each pixel beyond paper or ink


def _last_pixel(images: Tensor) -> Tensor:
    return 2 * images.flatten(1)[:, -1]


def _two_pixels(images: Tensor) -> Tensor:
    """Rises with one pixel and falls with another: where the two are alike, more ink for both changes nothing."""
    flat = images.flatten(1)
    return flat[:, 0] - flat[:, 1]


def cases():
    return [
        case("an objective that is flat for some images", _flat_below, uniform(7, 1, 4, 3, seed=2)),
        case("an objective that is 0 where it is flat", _flat_above, uniform(9, 1, 4, 3, seed=3)),
        case("an objective that sees the first row alone", first_row, uniform(5, 1, 4, 3)),
        case("a gradient whose sum is zero", _balanced, uniform(4, 1, 4, 3)),  # also if it is divided by 4
        case("a gradient of about 1e-20", _faint, uniform(7, 1, 4, 3, seed=2)),
        case("slopes of 0 and below", _falling, uniform(4, 1, 4, 3)),
        case("an objective that sees the last pixel alone", _last_pixel, uniform(4, 1, 4, 3)),
        case(
            "an objective that rises with one pixel and falls with another", _two_pixels, torch.full((4, 1, 4, 3), 0.5)
        ),
        case("a hill, nowhere flat", hill, uniform(4, 1, 4, 3)),
        case("pixels at 0 and 1 that are pushed outward", plane, torch.cat([_AT_THE_EDGE, uniform(2, 1, 4, 3)])),
        case("an image without any slope", _flat_below, (WEIGHT < 0).float().view(1, 1, 4, 3)),
    ]


def _gradient(objective, images):
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(x).sum(), x)[0].flatten(1)


class right:
    def by_loop(objective, images):
        count = 0
        for image in images:
            x = image.unsqueeze(0).clone().requires_grad_()
            (gradient,) = torch.autograd.grad(objective(x)[0], x)
            if not gradient.any():
                count += 1
        return count / len(images)

    def by_the_largest(objective, images):
        x = images.clone()
        x.requires_grad_()
        objective(x).sum().backward()
        return (x.grad.abs().amax(dim=(1, 2, 3)) == 0).double().mean().item()

    def by_counting(objective, images):
        return 1 - torch.count_nonzero(_gradient(objective, images).ne(0).any(1)).item() / images.shape[0]


class wrong:
    def of_the_pixels(objective, images):
        """You count pixels. An attack is blind to an image only if all its pixels have no gradient: first one
        answer for each image."""
        return (_gradient(objective, images) == 0).float().mean().item()

    def any_pixel(objective, images):
        """You ask whether ANY pixel has no gradient. A border of paper has none in many networks, and the attack still
        has all the others: ask for all pixels."""
        return (_gradient(objective, images) == 0).any(dim=1).float().mean().item()

    def sum_is_zero(objective, images):
        """You add up the gradient. Rising and falling pixels cancel, and the attack could use both: ask pixel by
        pixel."""
        return (_gradient(objective, images).sum(dim=1).abs() < 1e-6).float().mean().item()

    def sum_is_exactly_zero(objective, images):
        """You ask whether an image's slopes add up to 0. Those that rise cancel those that fall, though an attack could
        use both: ask for each pixel whether its slope is 0."""
        return (_gradient(objective, images).sum(dim=1) == 0).float().mean().item()

    def largest_is_zero(objective, images):
        """You ask whether the LARGEST slope is 0, or whether no slope is above 0. Slopes below 0 count, too: an attack
        makes those pixels paler. Ask for each pixel whether its slope is exactly 0."""
        return (_gradient(objective, images).amax(dim=1) == 0).float().mean().item()

    def with_a_tolerance(objective, images):
        """You call a small gradient zero. The sign of 1e-20 is as large as the sign of 1, so the attack sees it:
        compare with exactly 0, which `torch.allclose` does not."""
        return (_gradient(objective, images).abs() < 1e-6).all(dim=1).float().mean().item()

    def objective_is_zero(objective, images):
        """You ask whether the objective is zero. What an attack follows is its gradient: a plateau may have any
        height."""
        return (objective(images) == 0).float().mean().item()

    def count(objective, images):
        """You return how many. The share is that divided by the number of images."""
        return float((_gradient(objective, images) == 0).all(dim=1).sum())

    def seen(objective, images):
        """That is the share of images that the attack does see. The masked ones are the others."""
        return (_gradient(objective, images) != 0).any(dim=1).float().mean().item()

    def all_or_nothing(objective, images):
        """Your share is 1 or 0, and nothing between. Ask each image by itself, not the whole batch; and divide the
        count by `/`, since `//` rounds down."""
        return float((_gradient(objective, images) == 0).all())

    def all_or_nearly_nothing(objective, images):
        """You ask the whole batch at once, and `torch.allclose` takes what is small for zero. Ask for each image
        whether all of its numbers are exactly 0, and take the mean."""
        gradient = _gradient(objective, images)
        return float(torch.allclose(gradient, torch.zeros_like(gradient)))

    def by_the_picture(objective, images):
        """You ask whether an attack changes the picture. Ink of 1 that should get darker stays at 1, though its
        gradient is there: ask the gradient itself."""
        return (fgsm(objective, images, 0.1) == images).flatten(1).all(dim=1).float().mean().item()

    def more_ink_for_all(objective, images):
        """Did you change the ink of all pixels alike, and ask whether the objective moves? Pixels that raise it cancel
        those that lower it, and an attack could use both: take the gradient, and ask for each pixel whether it is 0."""
        return (objective(images + 1e-3) == objective(images)).float().mean().item()

    def of_the_largest(objective, images):
        """You took the gradient of one image's number, as `max()` does. Then all other images seem to have none: add up
        the numbers of the batch, `.sum()`, and then ask for the gradient."""
        x = images.detach().clone().requires_grad_()
        gradient = torch.autograd.grad(objective(x).max(), x)[0]
        return (gradient.flatten(1) == 0).all(dim=1).float().mean().item()

    def of_the_first(objective, images):
        """You took the gradient of the first image's number alone. Then all other images seem to have none: add up the
        numbers of the batch, `.sum()`, and then ask for the gradient."""
        x = images.detach().clone().requires_grad_()
        gradient = torch.autograd.grad(objective(x)[0], x)[0]
        return (gradient.flatten(1) == 0).all(dim=1).float().mean().item()

    def of_the_rows(objective, images):
        """You have one answer for each row of pixels. One for each image is wanted, whether the gradient is 0 in ALL of
        its pixels: `flatten(1)` first, and then `all(dim=1)`."""
        gradient = _gradient(objective, images).view_as(images)
        return (gradient == 0).all(dim=3).float().mean().item()

    def of_the_columns(objective, images):
        """You have one answer for each column of pixels. One for each image is wanted, whether the gradient is 0 in ALL
        of its pixels: `flatten(1)` first, and then `all(dim=1)`."""
        gradient = _gradient(objective, images).view_as(images)
        return (gradient == 0).all(dim=2).float().mean().item()
