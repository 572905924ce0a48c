"""Write `reconstruction_loss(reconstruction, image)`: 0.0005 × the sum of the squared pixel differences of an image,
averaged over the batch. The reconstruction may be flat, (b, pixels), while the images are (b, 1, height, width), of any
size."""

import torch
from torch.nn.functional import binary_cross_entropy, mse_loss

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 5, "difficulty": 1, "importance": 4}
HINTS = (
    "Bring both tensors to the shape (b, pixels), then there is one difference per pixel.",
    "`.flatten(1)` keeps axis b and joins all the others. Square, sum over axis 1, then average over the batch.",
    "`difference = reconstruction.flatten(1) - image.flatten(1)`, squared; then over which axis the sum, over which "
    "the mean, and the factor.",
)

reference = functional.reconstruction_loss


def oracle(reconstruction, image):
    images = zip(reconstruction.flatten(1), image.flatten(1), strict=True)
    per_image = [0.0005 * sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for x, y in images]
    return sum(per_image) / len(per_image)


def cases():
    flat, images = uniform(2, 35, seed=1), uniform(2, 1, 5, 7, seed=2)
    grey = torch.full((1, 1, 4, 6), 0.5)
    return [
        case("two images of shape (2, 1, 5, 7)", uniform(2, 1, 5, 7), images),
        case("a flat reconstruction (2, 35) of images (2, 1, 5, 7)", flat, images),
        case("images of another size, (3, 1, 3, 4)", uniform(3, 12, seed=3), uniform(3, 1, 3, 4, seed=4)),
        case("one grey image against a black one", grey, torch.zeros_like(grey)),
        case("float64 images", uniform(2, 8, seed=5).double(), uniform(2, 1, 2, 4, seed=6).double()),
    ]


class right:
    def by_mse(reconstruction, image):
        return (
            0.0005
            * mse_loss(reconstruction.view(len(image), -1), image.view(len(image), -1), reduction="sum")
            / len(image)
        )

    def by_mean(reconstruction, image):
        pixels = image[0].numel()
        return 0.0005 * pixels * ((reconstruction.reshape(image.shape) - image) ** 2).mean()

    def per_image(reconstruction, image):
        losses = [((r.flatten() - x.flatten()) ** 2).sum() for r, x in zip(reconstruction, image, strict=True)]
        return torch.stack(losses).mean() * 5e-4


class wrong:
    def mean_for_sum(reconstruction, image):
        """You multiplied the MEAN over the pixels by 0.0005. The 0.0005 is for their sum: on 28×28 images your loss is
        784 times too weak."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().mean()

    def factor_forgotten(reconstruction, image):
        """You forgot the factor 0.0005. Unscaled, the pixels drown the margin loss."""
        return (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).mean()

    def plain_mean_squared_error(reconstruction, image):
        """This is the plain mean squared error. The paper's weight is 0.0005 times the SUM over the pixels."""
        return (reconstruction.flatten(1) - image.flatten(1)).square().mean()

    def factor_of_28_by_28(reconstruction, image):
        """0.392 × the mean equals 0.0005 × the sum on 28×28 images only (0.0005 · 784). Other images have another
        number of pixels; use the sum."""
        return 0.392 * (reconstruction.flatten(1) - image.flatten(1)).square().mean()

    def summed_over_the_batch(reconstruction, image):
        """You summed over the images as well, so a larger batch gives a larger loss. Sum over the pixels, then take the
        mean over the batch."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum()

    def absolute_difference(reconstruction, image):
        """You took absolute differences. This loss squares them."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).abs().sum(1).mean()

    def root_of_the_sum(reconstruction, image):
        """You took the root of the sum: a distance. This loss is the squared distance."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).sqrt().mean()

    def root_of_the_mean(reconstruction, image):
        """You took the root of the mean square. This loss is 0.0005 × the SUM of the squares: there is no mean over the
        pixels, and no root."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().mean(1).sqrt().mean()

    def square_of_the_sum(reconstruction, image):
        """You squared the sum of the differences, where one pixel too bright cancels one too dark. Square each
        difference, then sum."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).sum(1).square().mean()

    def last_axis_only(reconstruction, image):
        """You summed over the last axis alone, the pixels of one row, and averaged over the rows. Flatten each image to
        (b, pixels) before you sum."""
        return 0.0005 * (reconstruction.view_as(image) - image).square().sum(-1).mean()

    def shapes_as_they_come(reconstruction, image):
        """You subtracted the tensors as they came: a flat (b, pixels) does not line up with (b, 1, height, width).
        Flatten both from axis 1 on."""
        return 0.0005 * (reconstruction - image).square().sum() / len(image)

    def image_pressed_into_one_row(reconstruction, image):
        """You flattened the images without keeping the batch axis, so that they became one long row. Use `.flatten(1)`,
        which starts at axis 1."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten()).square().sum(1).mean()

    def half_the_square(reconstruction, image):
        """Your loss is half of what it should be. Is there a ½, as in smooth_l1_loss, or a 2 typed in that you divide
        by? 0.0005 × the sum, averaged over the images, is all."""
        return 0.5 * 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).mean()

    def two_images_typed_in(reconstruction, image):
        """Your loss is right for two images only. Is a 2 typed in? Take the mean over the batch, or divide by
        len(image)."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum() / 2

    def cross_entropy_of_pixels(reconstruction, image):
        """You took the cross-entropy of the pixels. It is used elsewhere; this loss is the squared difference."""
        per_pixel = binary_cross_entropy(reconstruction.flatten(1), image.flatten(1), reduction="none")
        return 0.0005 * per_pixel.sum(1).mean()

    def factor_of_36_by_36(reconstruction, image):
        """0.648 × the mean equals 0.0005 × the sum on 36×36 images only (0.0005 · 1296). Other images have another
        number of pixels; use the sum."""
        return 0.648 * (reconstruction.flatten(1) - image.flatten(1)).square().mean()

    def ten_times_too_much(reconstruction, image):
        """Your loss is ten times too large. Is the factor 0.005? It is 0.0005: one zero more."""
        return 0.005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).mean()

    def factor_inside_the_square(reconstruction, image):
        """Your loss is next to nothing. Is the 0.0005 inside the square, so that it is squared, too? Square the
        differences first, then multiply by 0.0005."""
        return (0.0005 * (reconstruction.flatten(1) - image.flatten(1))).square().sum(1).mean()

    def divided_by_the_batch_twice(reconstruction, image):
        """Your loss is divided by the number of images twice: a mean over the batch does it already."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).mean() / len(image)

    def mean_absolute_difference(reconstruction, image):
        """This is the mean absolute difference. The loss squares the differences, sums them over the pixels, and has
        the factor 0.0005."""
        return (reconstruction.flatten(1) - image.flatten(1)).abs().mean()

    def not_squared(reconstruction, image):
        """You summed the differences without squaring them, so one pixel too bright cancels one too dark."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).sum(1).mean()

    def one_side_clamped(reconstruction, image):
        """You count only the pixels that are too bright, as after a clamp or a ReLU. Too dark is wrong as well: square,
        and no clamp."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).clamp(min=0).square().sum(1).mean()

    def worst_pixel(reconstruction, image):
        """You took the worst pixel. The loss adds up all of them."""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().amax(1).mean()
