"""Write `capsule_loss(v, target, image, decoder)`, what one training step minimises: the margin loss of all the
lengths, plus the reconstruction loss of what the decoder draws from the capsule of the true class. `decoder` is a
function from (b, j·z) to (b, pixels)."""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, one_hot

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers, uniform
from capsule_tutor.exercises.lesson01.lengths import oracle as slow_lengths
from capsule_tutor.exercises.lesson05.margin_loss import never_negative
from capsule_tutor.exercises.lesson05.margin_loss import oracle as slow_margin_loss
from capsule_tutor.exercises.lesson05.mask_capsules import oracle as slow_mask_capsules
from capsule_tutor.exercises.lesson05.reconstruction_loss import oracle as slow_reconstruction_loss

EFFORT = {"minutes": 6, "difficulty": 2, "importance": 5}
HINTS = (
    "Two losses, added: one of the lengths of all the capsules, one of the picture that a single capsule makes.",
    "The first: `margin_loss` of `lengths(v)`. The second: mask v by `target`, decode, compare with `image`.",
    "`reconstruction = decoder(mask_capsules(v, ...))`: which class does training keep? Then two losses, of "
    "`lengths(v)` and of two pictures, with a plus between them.",
)


def capsule_loss(v: Tensor, target: Tensor, image: Tensor, decoder) -> Tensor:
    """The loss of one step. v (b, j, z), target (b,), image (b, 1, h, w), decoder: (b, j·z) → (b, h·w) → scalar"""
    # L = margin loss of all lengths + 0.0005 Σ (reconstruction from the TRUE class's capsule − image)²
    reconstruction = decoder(functional.mask_capsules(v, target))
    return functional.margin_loss(functional.lengths(v), target) + functional.reconstruction_loss(reconstruction, image)


reference = capsule_loss


def oracle(v, target, image, decoder):
    drawn = decoder(slow_mask_capsules(v, target))
    return slow_margin_loss(slow_lengths(v), target) + slow_reconstruction_loss(drawn, image)


def linear_decoder(inputs: int, pixels: int):
    """A decoder in which every pixel hangs on every number. (b, inputs) → (b, pixels)"""
    weight = 3 * numbers(inputs, pixels, seed=9)

    def decoder(masked):
        return masked @ weight.to(masked.dtype)

    return decoder


def cases():
    v = functional.squash(numbers(2, 3, 6))
    v[1] = v[1].flip(0)  # the longest is not the same class in both images
    worst, best = functional.lengths(v).argmin(1), functional.lengths(v).argmax(1)
    images, decoder = uniform(2, 1, 5, 7), linear_decoder(18, 35)
    other = functional.squash(numbers(3, 4, 2, seed=3, scale=0.5))
    return [
        case("two images that the network takes for something else", v, worst, images, decoder),
        case("two images that it gets right", v, best, images, decoder),
        case(
            "three images of four classes",
            other,
            torch.tensor([3, 0, 2]),
            images.new_ones(3, 1, 2, 4),
            linear_decoder(8, 8),
        ),
        case("a batch of 1", v[:1], best[:1], images[:1], decoder),
        case(
            "an image whose lengths need no more change",
            torch.tensor([[[0.03, 0.04], [0.76, 0.57], [0.04, -0.03]]]),  # lengths 0.05, 0.95, 0.05
            torch.tensor([1]),
            uniform(1, 1, 2, 4, seed=5),
            linear_decoder(6, 8),
        ),
        case("float64 capsules", v.double(), worst, images.double(), decoder),
    ]


properties = (never_negative,)


def _parts(v, target, image, decoder, masked=None):
    masked = functional.mask_capsules(v, target) if masked is None else masked
    margin = functional.margin_loss(functional.lengths(v), target)
    return margin, functional.reconstruction_loss(decoder(masked), image)


class right:
    def in_steps(v, target, image, decoder):
        margin = functional.margin_loss(v.norm(dim=2), target)
        keep = torch.eye(v.shape[1], dtype=v.dtype)[target]
        drawn = decoder(torch.einsum("bjz,bj->bjz", v, keep).flatten(1))
        return margin + 0.0005 * ((drawn - image.flatten(1)) ** 2).sum() / len(v)

    def in_one_step(v, target, image, decoder):
        margin = functional.margin_loss(torch.sqrt((v * v).sum(-1) + 1e-8), target)
        return margin + 0.0005 * mse_loss(
            decoder((v * one_hot(target, v.shape[1])[..., None]).flatten(1)), image.flatten(1), reduction="sum"
        ) / len(image)


class wrong:
    def masked_by_the_prediction(v, target, image, decoder):
        """You let the network's own guess choose the capsule that is decoded. In training the class is known: pass
        `target` to mask_capsules. The guess of an untrained network is right one time in ten."""
        return sum(_parts(v, target, image, decoder, functional.mask_capsules(v)))

    def nothing_masked(v, target, image, decoder):
        """You gave all the capsules to the decoder. It would read the class from any of them; mask all but the true
        class."""
        return sum(_parts(v, target, image, decoder, v.flatten(1)))

    def decoder_fed_one_pose(v, target, image, decoder):
        """You gave the decoder one bare pose, (b, z). It expects (b, j·z), with zeros for the other classes: their
        place says which class this is."""
        return sum(_parts(v, target, image, decoder, v[torch.arange(len(v)), target]))

    def margin_alone(v, target, image, decoder):
        """Your loss holds no reconstruction, so nothing teaches the decoder. Add the second loss."""
        return _parts(v, target, image, decoder)[0]

    def reconstruction_alone(v, target, image, decoder):
        """Your loss holds no margin loss, so nothing teaches the lengths. Add it."""
        return _parts(v, target, image, decoder)[1]

    def weighted_twice(v, target, image, decoder):
        """You multiplied the reconstruction loss by 0.0005. That factor is already inside it."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin + 0.0005 * reconstruction

    def capsules_cut_off_from_the_decoder(v, target, image, decoder):
        """The value is right, but the reconstruction sends no gradient into the capsules: they learn nothing from it.
        Look for .detach() or torch.no_grad() around the mask or the decoder."""
        return sum(_parts(v, target, image, decoder, functional.mask_capsules(v, target).detach()))

    def margin_of_the_poses(v, target, image, decoder):
        """You gave margin_loss the capsules v, (b, j, z). It takes their lengths, (b, j): `lengths(v)`."""
        return functional.margin_loss(v, target) + _parts(v, target, image, decoder)[1]

    def mean_squared_error(v, target, image, decoder):
        """You took the plain mean of the squared errors for the second loss. It is 0.0005 times the SUM over the
        pixels, averaged over the images: use reconstruction_loss."""
        margin, drawn = _parts(v, target, image, decoder)[0], decoder(functional.mask_capsules(v, target))
        return margin + mse_loss(drawn, image.flatten(1))

    def weighted_mean_squared_error(v, target, image, decoder):
        """You took the mean over the pixels for the second loss, and weighed it by 0.0005. That weight is meant for the
        SUM over the pixels: use reconstruction_loss."""
        margin, drawn = _parts(v, target, image, decoder)[0], decoder(functional.mask_capsules(v, target))
        return margin + 0.0005 * mse_loss(drawn, image.flatten(1))

    def mean_weighted_for_28_by_28(v, target, image, decoder):
        """You took 0.392 × the mean for the second loss, which equals 0.0005 × the sum on 28×28 images only. Use
        reconstruction_loss."""
        margin, drawn = _parts(v, target, image, decoder)[0], decoder(functional.mask_capsules(v, target))
        return margin + 0.392 * mse_loss(drawn, image.flatten(1))

    def decoder_fed_the_image(v, target, image, decoder):
        """You gave the image to the decoder. It should draw it without having seen it, from one capsule: give it
        mask_capsules(v, target)."""
        margin = functional.margin_loss(functional.lengths(v), target)
        return margin + functional.reconstruction_loss(decoder(image), image)

    def decoder_fed_unmasked_poses(v, target, image, decoder):
        """You gave the decoder a tensor (b, j, z). It expects what mask_capsules(v, target) returns: all but the true
        class set to zero, and flattened to (b, j·z)."""
        return sum(_parts(v, target, image, decoder, v))

    def decoder_fed_the_flat_image(v, target, image, decoder):
        """You gave the pixels to the decoder, (b, pixels), and it expects (b, j·z). It should draw the image without
        having seen it, from one capsule: give it mask_capsules(v, target)."""
        margin = functional.margin_loss(functional.lengths(v), target)
        return margin + functional.reconstruction_loss(decoder(image.flatten(1)), image)

    def drawing_summed_over_the_batch(v, target, image, decoder):
        """Your second loss is summed over the images, so that it counts more in a larger batch. It is a mean over them:
        use reconstruction_loss."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin + len(image) * reconstruction

    def cross_entropy_of_the_lengths(v, target, image, decoder):
        """You took the cross-entropy of the lengths. It makes the classes compete through a softmax; capsules have the
        margin loss, where each class stands for itself."""
        margin = torch.nn.functional.cross_entropy(functional.lengths(v), target)
        return margin + _parts(v, target, image, decoder)[1]

    def margin_of_masked_capsules(v, target, image, decoder):
        """You took the lengths after masking. The absent classes are zero there, whatever the network said: take the
        lengths of v itself."""
        masked = functional.mask_capsules(v, target)
        margin = functional.margin_loss(functional.lengths(masked.view_as(v)), target)
        return margin + functional.reconstruction_loss(decoder(masked), image)

    def softmax_of_the_lengths(v, target, image, decoder):
        """You took a softmax of the lengths before the margin loss. Its margins are meant for lengths, and a softmax of
        ten lengths never exceeds 0.232: use them as they are."""
        margin = functional.margin_loss(functional.lengths(v).softmax(1), target)
        return margin + _parts(v, target, image, decoder)[1]

    def squared_lengths(v, target, image, decoder):
        """Your margin loss gets squared lengths. It wants the lengths themselves, `lengths(v)`."""
        return functional.margin_loss((v * v).sum(2), target) + _parts(v, target, image, decoder)[1]

    def sums_for_lengths(v, target, image, decoder):
        """You summed the entries of a pose. Its length is the root of the sum of squares: `lengths(v)`."""
        return functional.margin_loss(v.sum(2), target) + _parts(v, target, image, decoder)[1]

    def reconstruction_subtracted(v, target, image, decoder):
        """You subtracted the reconstruction loss: the network would learn to draw badly. Add it."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin - reconstruction

    def halved(v, target, image, decoder):
        """You took half of the two losses, as their mean does. Add them: the weight of the second is inside it
        already."""
        return sum(_parts(v, target, image, decoder)) / 2

    def multiplied(v, target, image, decoder):
        """You multiplied the two losses: where one is 0 the other is not heard. Add them."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin * reconstruction

    def larger_of_the_two(v, target, image, decoder):
        """You return only the larger of the two losses, so the other one teaches nothing. Add them."""
        return torch.maximum(*_parts(v, target, image, decoder))

    def prediction_taken_for_the_target(v, target, image, decoder):
        """Your margin loss takes the network's own answer for the truth: it would only get surer of it. Pass
        `target`."""
        margin = functional.margin_loss(functional.lengths(v), functional.lengths(v).argmax(1))
        return margin + _parts(v, target, image, decoder)[1]

    def reconstruction_cut_off(v, target, image, decoder):
        """The value is right, but no gradient flows back through the drawing, so neither decoder nor capsules learn
        from it. Look for .item(), .detach() or torch.no_grad() around the decoder or its loss."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin + reconstruction.detach()

    def lengths_cut_off(v, target, image, decoder):
        """The value is right, but the margin loss sends no gradient into the capsules. Look for .detach() or
        torch.no_grad() around the lengths."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin.detach() + reconstruction

    def squared_lengths_and_prediction(v, target, image, decoder):
        """There are two mistakes. Your margin loss gets squared lengths: it wants `lengths(v)`. And you let the
        network's guess choose the capsule that is decoded: pass `target` to mask_capsules."""
        drawn = decoder(functional.mask_capsules(v))
        return functional.margin_loss((v * v).sum(2), target) + functional.reconstruction_loss(drawn, image)

    def squashed_once_more(v, target, image, decoder):
        """You squashed v once more before taking its lengths. v has been through squash: take `lengths(v)`."""
        margin = functional.margin_loss(functional.lengths(functional.squash(v)), target)
        return margin + _parts(v, target, image, decoder)[1]

    def ten_times_the_drawing(v, target, image, decoder):
        """The drawing counts ten times as much as it should. Is a factor 10 before reconstruction_loss, or a 0.005 of
        your own? Its 0.0005 is inside it already: add it as it is."""
        margin, reconstruction = _parts(v, target, image, decoder)
        return margin + 10 * reconstruction
